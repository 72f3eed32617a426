{#
    Every billed row of the ad account, typed and judged. There is no declared key: a
    campaign's day may come in several rows, which add up. Clicks that cannot be read
    are unknown; the money is not refused for them.
#}

with

raw_rows as (

    select * from {{ raw_texts('company_x', 'api_adwords_costs') }}

),

typed as (

    select
        -- keys
        property,
        campaign_id,
        {{ local_date('event_date') }} as cost_date,

        -- measures
        {{ amount('cost', 6) }} as cost,
        {{ whole_number('clicks', digits=12) }} as clicks,
        clicks as raw_clicks,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when campaign_id is null then 'campaign_id is missing'
            when cost_date is null then 'event_date is not a date'
            when cost is null then 'cost is not an amount'
        end as fault

    from typed

),

final as (

    select
        -- keys
        property,
        campaign_id,
        cost_date,

        -- measures
        cost,
        clicks,

        -- attributes
        raw_clicks is not null and clicks is null as is_clicks_unreadable,

        -- rejection
        fault as rejection_reason,
        case
            when fault is not null
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from judged

)

select * from final
