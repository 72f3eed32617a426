{% set names = attribution_model_names() %}

with

weighted as (

    select * from {{ ref('int_touchpoints_weighted') }}

),

conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

property_models as (

    select * from {{ ref('int_property_attribution_models') }}

),

shares as (

    {%- for name in names %}
    select
        weighted.*,
        '{{ name }}' as attribution_model,
        weighted.{{ name }}_share_so_far as share_so_far,
        weighted.{{ name }}_share_before as share_before
    from weighted
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

touch_credits as (

    select
        shares.property,
        shares.attribution_model,
        shares.conversion_id,
        shares.touch_number,
        shares.session_id,
        shares.campaign_id,
        shares.user_group,
        shares.touch_date,
        shares.conversion_date,
        shares.channel,
        shares.market,
        shares.share_so_far - shares.share_before as credit_share,
        {{ cents_of_share('shares.share_so_far', 'shares.revenue') }}
        - {{ cents_of_share('shares.share_before', 'shares.revenue') }}
            as credited_cents

    from shares

    inner join property_models
        on shares.property = property_models.property
        and shares.attribution_model = property_models.attribution_model

),

journeys as (

    select
        property,
        conversion_id

    from weighted

    where touch_number = 1

),

-- what nobody's session led to is earned by nobody, not lost
untouched_credits as (

    select
        conversions.property,
        property_models.attribution_model,
        conversions.conversion_id,
        0 as touch_number,
        {{ null_text() }} as session_id,
        {{ null_text() }} as campaign_id,
        conversions.user_group,
        conversions.conversion_date as touch_date,
        conversions.conversion_date,
        '(no touchpoint)' as channel,
        conversions.market,
        1 as credit_share,
        {{ cents_of_share('1', 'conversions.revenue') }} as credited_cents

    from conversions

    inner join property_models
        on conversions.property = property_models.property

    left join journeys
        on conversions.property = journeys.property
        and conversions.conversion_id = journeys.conversion_id

    where journeys.conversion_id is null

),

credits as (

    select * from touch_credits
    union all
    select * from untouched_credits

),

final as (

    select
        -- keys
        property,
        attribution_model,
        conversion_id,
        cast(touch_number as bigint) as touch_number,
        session_id,
        campaign_id,
        user_group,

        -- timestamps
        touch_date,
        conversion_date,

        -- attributes
        channel,
        market,

        -- measures
        cast(credit_share as decimal(18, 12)) as credit_share,
        cast(cast(credited_cents as decimal(18, 0)) * 0.01 as decimal(18, 2))
            as credited_revenue

    from credits

)

select * from final
