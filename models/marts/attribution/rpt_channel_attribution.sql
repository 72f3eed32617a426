-- columns come from a loop, whose indents a linter cannot follow
-- noqa: disable=LT02
with

property_models as (

    select * from {{ ref('int_property_attribution_models') }}

),

-- every credit is counted once on the day of the sale and once on the day of the touch
{% for table, names in credit_tables() -%}
{{ table }}_by_dates as (

    select
        property,
        conversion_date,
        touch_date,
        channel,
        coalesce(market, '(unknown)') as market,
        {{- credit_sums(names) }}

    from {{ ref(table) }}

    group by property, conversion_date, touch_date, channel, market

),

{{ table }}_by_date as (

    {%- for date_basis in ['conversion', 'touch'] %}
    select
        property,
        '{{ date_basis }}' as date_basis,
        {{ date_basis }}_date as report_date,
        channel,
        market,
        {{- credit_sums(names) }}

    from {{ table }}_by_dates

    group by property, {{ date_basis }}_date, channel, market
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

{% endfor -%}

credits as (

    {% for table, names in credit_tables() -%}
    {{ a_row_per_model(table ~ '_by_date', [
        'property', 'date_basis', 'report_date', 'channel', 'market'
    ], names) }}
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

credits_of_models as (

    select credits.*

    from credits

    inner join property_models
        on credits.property = property_models.property
        and credits.attribution_model = property_models.attribution_model

),

final as (

    select
        -- keys
        property,
        attribution_model,
        date_basis,
        report_date,
        channel,
        market,

        -- attributes
        {{ is_default_attribution() }} as is_default,

        -- measures
        cast(credit_share as decimal(38, 12)) as credited_conversions,
        cast(credited_revenue as decimal(18, 2)) as credited_revenue

    from credits_of_models

)

select * from final
