{#
    {{ surrogate_key(['property', 'raw_table']) }} as rejected_row_id

    A stable text key over the given columns. A null part is spelt out, or it would be
    skipped and ('a', null) would equal ('a'); parts are kept apart by a character that
    no text holds.
#}
{% macro surrogate_key(columns) -%}
    md5(concat_ws(
        chr(31),
        {%- for column in columns %}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), '<null>')
        {{- ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
