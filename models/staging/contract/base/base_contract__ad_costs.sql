{#
    Every billed row, typed and judged. There is no declared key: rows of one campaign
    and day add up. Clicks that cannot be read are unknown; the money is not refused for
    them.
#}

with

raw_rows as (

    select * from {{ raw_texts('contract', 'ad_costs', with_time_zone=true) }}

),

typed as (

    select
        -- keys
        property,
        campaign_id,

        -- timestamps
        {{ local_day_of('cost_date', 'time_zone') }} as cost_date,

        -- attributes
        platform,
        upper(currency) as currency,

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
            when cost_date is null then 'cost_date is not a date'
            when cost is null then 'cost is not an amount'
        end as fault

    from typed

),

final as (

    select
        -- keys
        property,
        campaign_id,

        -- timestamps
        cost_date,

        -- attributes
        platform,
        raw_clicks is not null and clicks is null as is_clicks_unreadable,
        currency,

        -- measures
        cost,
        clicks,

        -- rejection
        fault as rejection_reason,
        case when fault is not null then {{ struct_as_json('source_row') }} end
            as raw_row

    from judged

)

select * from final
