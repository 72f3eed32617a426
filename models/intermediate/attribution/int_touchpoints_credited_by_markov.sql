{#
    What each touch earned under the Markov model, as int_touchpoints_credited says it of
    the rules. A single new journey changes all of it.
#}

with

touchpoints as {{ inlined() }} (

    select * from {{ ref('int_touchpoints') }}

),

counted_conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

{{ touches_credited(markov_models()) }}

select * from credited
{% if not markov_models() -%}
-- var attribution_models does not ask for it
where false
{%- endif %}
