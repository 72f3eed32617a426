{#
    with

    touchpoints as (…),

    counted_conversions as (…),

    {{ touches_credited(rule_models()) }}

    select * from credited

    The steps from touches to what each has earned under each of the given models: its
    share and its cents. The tables of rules and of Markov credit stand on the same
    steps.
#}
{% macro touches_credited(models) -%}
{%- set names = models | map(attribute='name') | list -%}
{%- set revenue = credit_revenue('counted_conversions.') -%}
{{ touches_weighted(models) }},

journeys as (

    select conversion_key from touchpoints
    where touch_number = 1

),

touched as (

    select
        touchpoints.property,
        touchpoints.conversion_id,
        touchpoints.conversion_key,
        touchpoints.touch_number,
        touchpoints.session_id,
        touchpoints.campaign_id,
        counted_conversions.user_group,
        touchpoints.touch_date,
        counted_conversions.conversion_date,
        touchpoints.channel,
        counted_conversions.market
        {%- for name in names %},
        shared.{{ name }}_share_so_far - shared.{{ name }}_share_before as {{ name }}_share,
        {{ cents_of_share('shared.' ~ name ~ '_share_so_far', revenue) }}
        - {{ cents_of_share('shared.' ~ name ~ '_share_before', revenue) }}
            as {{ name }}_cents
        {%- endfor %}

    from shared

    inner join touchpoints
        on shared.conversion_key = touchpoints.conversion_key
        and shared.touch_number = touchpoints.touch_number

    inner join counted_conversions
        on shared.conversion_key = counted_conversions.conversion_key

),

-- what nobody's session led to is earned by nobody, not lost
untouched as (

    select
        counted_conversions.property,
        counted_conversions.conversion_id,
        counted_conversions.conversion_key,
        0 as touch_number,
        {{ null_text() }} as session_id,
        {{ null_text() }} as campaign_id,
        counted_conversions.user_group,
        counted_conversions.conversion_date as touch_date,
        counted_conversions.conversion_date,
        '(no touchpoint)' as channel,
        counted_conversions.market
        {%- for name in names %},
        1 as {{ name }}_share,
        {{ cents_of_share('1', revenue) }} as {{ name }}_cents
        {%- endfor %}

    from counted_conversions

    left join journeys
        on counted_conversions.conversion_key = journeys.conversion_key

    where journeys.conversion_key is null

),

all_touches as (

    select * from touched
    union all
    select * from untouched

),

credited as (

    select
        -- keys
        property,
        conversion_id,
        conversion_key,
        cast(touch_number as bigint) as touch_number,
        session_id,
        campaign_id,
        user_group,

        -- timestamps
        touch_date,
        conversion_date,

        -- attributes
        channel,
        market
        {%- for name in names %},

        cast({{ name }}_share as decimal(18, 12)) as {{ name }}_share,
        cast(cast({{ name }}_cents as decimal(18, 0)) * 0.01 as decimal(18, 2))
            as {{ name }}_revenue
        {%- endfor %}

    from all_touches

)
{%- endmacro %}
