{#
    Every raw event, typed and judged. An event has no id of its own: its id is made of
    all that is said of it, and of which of its like it is. Source, medium and campaign
    are read side by side from each of the three places that may say them.
#}

with

raw_rows as (

    select * from {{ raw('ga4', 'events', with_time_zone=true) }}

),

parsed as (

    select
        *,
        {{ event_parameters('event_params') }} as parameters,
        {{ timestamp_of_microseconds(text('event_timestamp')) }} as occurred_at,

        -- the row as it came
        {{ row_as_struct(raw_columns('ga4', 'events')) }} as source_row

    from raw_rows

),

typed as (

    select
        -- keys
        property,
        {{ text('user_pseudo_id') }} as visitor_id,
        {{ text('user_id') }} as user_id,
        {{ event_parameter('parameters', 'ga_session_id') }} as ga_session_id,
        coalesce(
            {{ json_text('ecommerce', 'transaction_id') }},
            {{ event_parameter('parameters', 'transaction_id') }}
        ) as transaction_id,

        -- timestamps
        occurred_at,
        cast({{ to_local('occurred_at', 'time_zone') }} as date) as event_date,

        -- attributes
        {{ text('event_name') }} as event_name,
        {{ whole_number(text('batch_page_id')) }} as batch_page_id,
        {{ whole_number(text('batch_ordering_id')) }} as batch_ordering_id,
        {{ whole_number(text('batch_event_index')) }} as batch_event_index,
        {{ json_text('collected_traffic_source', 'manual_source') }}
            as collected_source,
        {{ json_text('collected_traffic_source', 'manual_medium') }}
            as collected_medium,
        {{ json_text('collected_traffic_source', 'manual_campaign_name') }}
            as collected_campaign,
        {{ event_parameter('parameters', 'source') }} as parameter_source,
        {{ event_parameter('parameters', 'medium') }} as parameter_medium,
        {{ event_parameter('parameters', 'campaign') }} as parameter_campaign,
        {{ json_text('session_traffic_source_last_click', 'manual_campaign.source') }}
            as reported_source,
        {{ json_text('session_traffic_source_last_click', 'manual_campaign.medium') }}
            as reported_medium,
        {{ json_text(
            'session_traffic_source_last_click', 'manual_campaign.campaign_name'
        ) }} as reported_campaign,
        case
            when
                coalesce(
                    {{ json_text('collected_traffic_source', 'gclid') }},
                    {{ event_parameter('parameters', 'gclid') }}
                ) is not null
                then 'gclid'
            when {{ json_text('collected_traffic_source', 'dclid') }} is not null
                then 'dclid'
            when {{ json_text('collected_traffic_source', 'srsltid') }} is not null
                then 'srsltid'
        end as click_id,
        {{ event_parameter('parameters', 'page_location') }} as page_url,
        {{ event_parameter('parameters', 'page_referrer') }} as referrer,
        {{ event_parameter('parameters', 'session_engaged') }} as session_engaged,
        {{ json_text('device', 'category') }} as device,
        {{ json_text('geo', 'country') }} as market,
        upper({{ event_parameter('parameters', 'currency') }}) as currency,

        -- measures
        {{ whole_number(event_parameter('parameters', 'ga_session_number')) }}
            as session_number,
        coalesce(
            {{ json_text('ecommerce', 'purchase_revenue') }},
            {{ event_parameter('parameters', 'value') }}
        ) as raw_revenue,

        -- what tells rows apart that are alike in all of that
        event_params,
        source_row

    from parsed

),

valued as (

    select
        *,
        case when event_name = 'purchase' then {{ amount('raw_revenue', 2) }} end
            as revenue,
        coalesce(event_name = 'purchase', false) as is_purchase,
        visitor_id is not null and ga_session_id is not null as has_session

    from typed

),

judged as (

    select
        *,
        case
            when event_name is null then 'event_name is missing'
            -- a purchase counts even so: somebody has bought
            when visitor_id is null and not is_purchase
                then 'user_pseudo_id is missing: the event belongs to no session'
            when ga_session_id is null and not is_purchase
                then 'ga_session_id is missing: the event belongs to no session'
            when occurred_at is null
                then 'event_timestamp is not in microseconds since 1970'
            when is_purchase and raw_revenue is not null and revenue is null
                then 'revenue is not an amount'
            when revenue < 0 then 'revenue is negative'
        end as fault,
        {{ surrogate_key([
            'visitor_id',
            'user_id',
            'occurred_at',
            'event_name',
            'batch_page_id',
            'batch_ordering_id',
            'batch_event_index',
            'event_params',
            'transaction_id',
            'raw_revenue',
        ]) }} as row_key

    from valued

),

-- numbering carries all columns: those that are as long as the row end here
shortened as (

    select
        {{ all_but(['event_params', 'source_row']) }},
        case when fault is not null then {{ struct_as_json('source_row') }} end
            as raw_row

    from judged

),

-- rows that are alike are told apart by number: it does not matter which is which
occurrences_numbered as (

    select
        *,
        row_number() over (
            partition by property, fault, row_key
            order by
                collected_source nulls last,
                collected_medium nulls last,
                collected_campaign nulls last,
                click_id nulls last,
                reported_source nulls last,
                device nulls last,
                market nulls last
        ) as occurrence_number

    from shortened

),

final as (

    select
        -- keys
        property,
        {{ surrogate_key(['row_key', 'occurrence_number']) }} as event_id,
        case when has_session then visitor_id || '.' || ga_session_id end as session_id,
        visitor_id,
        user_id,
        transaction_id,

        -- timestamps
        occurred_at,
        event_date,

        -- attributes
        event_name,
        is_purchase,
        batch_page_id,
        batch_ordering_id,
        batch_event_index,
        collected_source,
        collected_medium,
        collected_campaign,
        parameter_source,
        parameter_medium,
        parameter_campaign,
        reported_source,
        reported_medium,
        reported_campaign,
        click_id,
        page_url,
        referrer,
        session_engaged,
        device,
        market,
        currency,

        -- measures
        session_number,
        case when is_purchase then coalesce(revenue, 0) end as revenue,

        -- rejection
        fault as rejection_reason,
        raw_row

    from occurrences_numbered

)

select * from final
