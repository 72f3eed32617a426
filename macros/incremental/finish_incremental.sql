{#
    on-run-end: ["{{ finish_incremental(results) }}"]

    What has changed counts as done when every model that keeps its rows was built in
    this run. A run that failed, was killed or built a part of them leaves its changes
    to the next.
#}
{% macro finish_incremental(results) -%}
    {%- if execute and is_kept_by_unit() -%}
        {%- set built = {} -%}
        {%- for result in results if result.status == 'success' -%}
            {%- do built.update({result.node.name: result.node.relation_name}) -%}
        {%- endfor -%}
        {%- set undone = [] -%}
        {%- for name, unit in incremental_models().items() -%}
            {%- if name not in built or unit.state not in built -%}
                {%- do undone.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not undone -%}
            {%- for name, unit in incremental_models().items() -%}
                {%- do finish_units(unit, built[unit.state], built[name]) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#
    A part of a raw table is compared and then read: where other rows were kept of it
    than were counted, somebody wrote to it in between, and it stays changed.
#}
{% macro finish_units(unit, state, kept) -%}
    {%- set of_model = ' and ' ~ unit.of if 'of' in unit else '' -%}
    {%- set gone -%}
    delete from {{ state }}
    where
        fingerprint is null {{ of_model }}
        {%- if 'of' in unit %}
        and (property, part) not in (
            select {{ unit.own_key | join(', ') }}
            from {{ kept }}
            where ({{ unit.own_key | join(', ') }}) in (
                select property, part from {{ state }}
                where fingerprint is null {{ of_model }}
            )
        )
        {%- endif %}
    {%- endset -%}
    {%- do run_query(gone) -%}
    {%- set finished -%}
    update {{ state }} set is_changed = false
    where
        is_changed {{ of_model }}
        {%- if 'of' in unit %}
        and (property, part, row_count) in (
            select {{ unit.own_key | join(', ') }}, count(*)
            from {{ kept }}
            where {{ is_in_changed_unit(unit, unit.own_key, state) }}
            group by {{ unit.own_key | join(', ') }}
        )
        {%- endif %}
    {%- endset -%}
    {%- do run_query(finished) -%}
{%- endmacro %}
