{#
    One shape for what ad platforms billed in all layouts, with the row as it is shown where
    it is refused.
#}

with

company_x as (

    select
        property,
        campaign_id,
        cost_date,
        'adwords' as platform,
        is_clicks_unreadable,
        {{ null_text() }} as currency,
        cost,
        clicks,
        'api_adwords_costs' as raw_table,
        {{ struct_as_json(row_as_struct({
            'event_date': 'cost_date',
            'campaign_id': 'campaign_id',
            'cost': 'cost',
            'clicks': 'clicks',
        })) }} as raw_row

    from {{ ref('stg_company_x__api_adwords_costs') }}

),

afisha as (

    select
        property,
        source_id as campaign_id,
        cost_date,
        'source' as platform,
        false as is_clicks_unreadable,
        {{ null_text() }} as currency,
        cost,
        cast(null as bigint) as clicks,
        'costs' as raw_table,
        {{ struct_as_json(row_as_struct({
            'source_id': 'source_id',
            'dt': 'cost_date',
            'costs': 'cost',
        })) }} as raw_row

    from {{ ref('stg_afisha__costs') }}

),

contract as (

    select
        property,
        campaign_id,
        cost_date,
        coalesce(platform, '(unknown)') as platform,
        is_clicks_unreadable,
        currency,
        cost,
        clicks,
        'ad_costs' as raw_table,
        {{ struct_as_json(row_as_struct({
            'campaign_id': 'campaign_id',
            'cost_date': 'cost_date',
            'cost': 'cost',
            'platform': 'platform',
            'clicks': 'clicks',
            'currency': 'currency',
        })) }} as raw_row

    from {{ ref('stg_contract__ad_costs') }}

),

unioned as (

    select * from company_x
    union all
    select * from afisha
    union all
    select * from contract

)

select * from unioned
