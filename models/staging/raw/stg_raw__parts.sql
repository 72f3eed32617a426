{#
    What the rows of the largest raw tables come to, part by part, and which parts have
    changed since the last run that ended well. Rows of the sample are seeds, and compared
    like any others.
#}

with

{% for layout, raw_table, column, _, is_listed in raw_table_parts() -%}
{{ layout }}_{{ raw_table }} as (

    select * from {{ raw(layout, raw_table, with_time_zone=true) }}

),

-- by the value as it came, so that a day is read once, and not for each of its rows
{{ layout }}_{{ raw_table }}_summed as (

    select
        raw_rows.property,
        {{ text('raw_rows.' ~ column) }} as {{ column }},
        {%- if is_listed %}
        {{ part_text('raw_rows.' ~ column) }} as raw_value,
        {%- endif %}
        count(*) as row_count,
        {{ fingerprint('raw_rows') }} as fingerprint

    from {{ layout }}_{{ raw_table }} as raw_rows

    group by raw_rows.property, raw_rows.{{ column }}

),

{% endfor -%}

parts as (

    {% for layout, raw_table, _, part, is_listed in raw_table_parts() -%}
    select
        '{{ layout }}' as layout,
        '{{ raw_table }}' as raw_table,
        property,
        {{ part_text(part) }} as part,
        {%- if is_listed %}
        {{ ordered_list('raw_value', 'raw_value') }} as raw_values,
        {%- else %}
        null as raw_values,
        {%- endif %}
        cast(sum(row_count) as bigint) as row_count,
        cast(sum(fingerprint) as decimal(38, 0)) as fingerprint
    from {{ layout }}_{{ raw_table }}_summed
    group by property, {{ part_text(part) }}
    {{- '\n\n    union all\n\n    ' if not loop.last }}
    {%- endfor %}

),

last_parts as (

    {{ last_run(
        'parts',
        [
            'layout',
            'raw_table',
            'property',
            'part',
            'raw_values',
            'row_count',
            'fingerprint',
        ],
    ) }}

),

final as (

    {{ compared(
        'parts',
        'last_parts',
        ['layout', 'raw_table', 'property', 'part'],
        others=['parts.raw_values', 'parts.row_count'],
    ) }}

)

select * from final
