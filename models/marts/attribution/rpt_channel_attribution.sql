-- columns come from a loop, whose indents a linter cannot follow
-- noqa: disable=LT02
with

property_models as (

    select * from {{ ref('int_property_attribution_models') }}

),

-- summed once before it is laid out by model and date
{% for table, names in credit_tables() -%}
{{ table }}_summed as (

    select
        property,
        conversion_date,
        touch_date,
        channel,
        market,
        {%- for name in names %}
        sum({{ name }}_share) as {{ name }}_share,
        sum({{ name }}_revenue) as {{ name }}_revenue
        {{- ',' if not loop.last }}
        {%- endfor %}

    from {{ ref(table) }}

    group by property, conversion_date, touch_date, channel, market

),

{% endfor -%}

credits as (

    {% for table, names in credit_tables() -%}
    {{ a_row_per_model(table ~ '_summed', [
        'property', 'conversion_date', 'touch_date', 'channel', 'market'
    ], names) }}
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

credits_by_dates as (

    select credits.*

    from credits

    inner join property_models
        on credits.property = property_models.property
        and credits.attribution_model = property_models.attribution_model

),

-- every credit is counted once on the day of the sale and once on the day of the touch
credits_on_both_dates as (

    select
        property,
        attribution_model,
        'conversion' as date_basis,
        conversion_date as report_date,
        channel,
        market,
        credit_share,
        credited_revenue
    from credits_by_dates

    union all

    select
        property,
        attribution_model,
        'touch' as date_basis,
        touch_date as report_date,
        channel,
        market,
        credit_share,
        credited_revenue
    from credits_by_dates

),

final as (

    select
        -- keys
        property,
        attribution_model,
        date_basis,
        report_date,
        channel,
        coalesce(market, '(unknown)') as market,

        -- attributes
        {{ is_default_attribution() }} as is_default,

        -- measures
        cast(sum(credit_share) as decimal(38, 12)) as credited_conversions,
        cast(sum(credited_revenue) as decimal(18, 2)) as credited_revenue

    from credits_on_both_dates

    group by
        property,
        attribution_model,
        date_basis,
        report_date,
        channel,
        coalesce(market, '(unknown)')

)

select * from final
