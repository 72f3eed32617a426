{#
    What each touch earned under each rule, side by side: the steps between running
    shares, and between the whole cents that these come to. Reports add up these columns;
    fct_attribution_credits lays them one under the other.
#}

with

touchpoints as {{ inlined(is_of_changed_units=true) }} (

    select * from {{ ref('int_touchpoints') }}
    {{ of_changed_units() }}

),

counted_conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted {{ of_changed_units('and') }}

),

{{ touches_credited(rule_models()) }}

select * from credited
