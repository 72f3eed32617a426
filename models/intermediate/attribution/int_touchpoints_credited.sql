{#
    What each touch earned under each model, side by side: the steps between running
    shares, and between the whole cents that these come to. Reports add up these columns;
    fct_attribution_credits lays them one under the other.
#}

{% set names = attribution_model_names() %}

-- columns come from a loop, whose indents a linter cannot follow
-- noqa: disable=LT02
with

weighted as (

    select * from {{ ref('int_touchpoints_weighted') }}

),

conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

journeys as (

    select conversion_key from {{ ref('int_touchpoints') }}
    where touch_number = 1

),

touched as (

    select
        property,
        conversion_id,
        touch_number,
        session_id,
        campaign_id,
        user_group,
        touch_date,
        conversion_date,
        channel,
        market,
        {%- for name in names %}
        {{ name }}_share_so_far - {{ name }}_share_before as {{ name }}_share,
        {{ cents_of_share(name ~ '_share_so_far', 'revenue') }}
        - {{ cents_of_share(name ~ '_share_before', 'revenue') }} as {{ name }}_cents
        {{- ',' if not loop.last }}
        {%- endfor %}

    from weighted

),

-- what nobody's session led to is earned by nobody, not lost
untouched as (

    select
        conversions.property,
        conversions.conversion_id,
        0 as touch_number,
        {{ null_text() }} as session_id,
        {{ null_text() }} as campaign_id,
        conversions.user_group,
        conversions.conversion_date as touch_date,
        conversions.conversion_date,
        '(no touchpoint)' as channel,
        conversions.market,
        {%- for name in names %}
        1 as {{ name }}_share,
        {{ cents_of_share('1', credit_revenue('conversions.')) }} as {{ name }}_cents
        {{- ',' if not loop.last }}
        {%- endfor %}

    from conversions

    left join journeys
        on conversions.conversion_key = journeys.conversion_key

    where journeys.conversion_key is null

),

credited as (

    select * from touched
    union all
    select * from untouched

),

final as (

    select
        -- keys
        property,
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
        {%- for name in names %}
        cast({{ name }}_share as decimal(18, 12)) as {{ name }}_share,
        cast(cast({{ name }}_cents as decimal(18, 0)) * 0.01 as decimal(18, 2))
            as {{ name }}_revenue
        {{- ',' if not loop.last }}
        {%- endfor %}

    from credited

)

select * from final
