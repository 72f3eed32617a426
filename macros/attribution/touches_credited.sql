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
{%- set revenue = credit_revenue('counted_conversions.') -%}
{{ touches_weighted(models) }},

journeys as (

    select conversion_key from touchpoints
    where touch_number = 1

),

touches as (

    select
        counted_conversions.property,
        counted_conversions.conversion_id,
        shared.conversion_key,
        shared.touch_number,
        shared.session_id,
        shared.campaign_id,
        counted_conversions.user_group,
        shared.touch_date,
        counted_conversions.conversion_date,
        shared.channel,
        counted_conversions.market,
        {{ revenue }} as revenue
        {%- for model in models %}
        {%- set so_far = 'shared.' ~ model.name ~ '_share_so_far' %}
        {%- set before = 'shared.' ~ model.name ~ '_share_before' %},
        {{ so_far }} - {{ before }} as {{ model.name }}_share
        {%- if not gives_all_to_one(model) %},
        {{ so_far }},
        {{ before }},
        {{ cents_in_doubles(so_far, revenue) }} as {{ model.name }}_cents_so_far,
        {{ cents_in_doubles(before, revenue) }} as {{ model.name }}_cents_before
        {%- endif %}
        {%- endfor %}

    from shared

    inner join counted_conversions
        on shared.conversion_key = counted_conversions.conversion_key

),

touched as (

    select
        property,
        conversion_id,
        conversion_key,
        touch_number,
        session_id,
        campaign_id,
        user_group,
        touch_date,
        conversion_date,
        channel,
        market
        {%- for model in models %}
        {%- set name = model.name %},
        {{ name }}_share,
        {%- if gives_all_to_one(model) %}
        case when {{ name }}_share = 1 then revenue else 0 end as {{ name }}_revenue
        {%- else %}
        cast(
            {{ cents_of_share(
                name ~ '_share_so_far', 'revenue', name ~ '_cents_so_far'
            ) }}
            - {{ cents_of_share(
                name ~ '_share_before', 'revenue', name ~ '_cents_before'
            ) }} as decimal(18, 0)
        ) * 0.01 as {{ name }}_revenue
        {%- endif %}
        {%- endfor %}

    from touches

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
        {%- for model in models %},
        cast(1 as decimal(18, 12)) as {{ model.name }}_share,
        {{ revenue }} as {{ model.name }}_revenue
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
        {%- for model in models %},

        cast({{ model.name }}_share as decimal(18, 12)) as {{ model.name }}_share,
        cast({{ model.name }}_revenue as decimal(18, 2)) as {{ model.name }}_revenue
        {%- endfor %}

    from all_touches

)
{%- endmacro %}
