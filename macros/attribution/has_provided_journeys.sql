{#
    {{ has_provided_journeys('presence') }} as has_provided_journeys

    Whether a property's journeys are those of its journey table: where there is one,
    unless var `journey_sources` says otherwise.
#}
{% macro has_provided_journeys(relation) -%}
    {%- set sources = var('journey_sources') -%}
    {%- if sources %}
    case {{ relation }}.property
        {%- for property, source in sources.items() %}
        when '{{ property }}' then {{ relation }}.has_journey_table and {{ source == 'provided' }}
        {%- endfor %}
        else {{ relation }}.has_journey_table
    end
    {%- else -%}
    {{ relation }}.has_journey_table
    {%- endif -%}
{%- endmacro %}
