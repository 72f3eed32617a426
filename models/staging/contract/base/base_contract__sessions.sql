{#
    Every raw session, typed and judged. Without consent nobody is known.
#}

with

raw_rows as {{ inlined(reads_places=true) }} (

    select * from {{ raw_texts('contract', 'sessions', with_time_zone=true) }}

),

typed as {{ inlined(reads_places=true) }} (

    select
        -- keys
        property,
        session_id,
        user_id,
        campaign_id,

        -- timestamps
        {{ utc_timestamp('started_at', 'time_zone') }} as started_at,
        {{ utc_timestamp('ended_at', 'time_zone') }} as ended_at,
        ended_at as raw_ended_at,

        -- attributes
        channel,
        source,
        medium,
        campaign,
        landing_url,
        referrer,
        gclid,
        fbclid,
        msclkid,
        ttclid,
        market,
        device,
        geo_network,
        user_grouping,
        social_engagement,
        lower(traffic_type) as traffic_type,
        partner,
        user_agent,
        {{ consent('has_consent') }} as has_consent,
        {{ flag('is_bounce') }} as is_bounce,
        upper(currency) as currency,

        -- measures
        {{ whole_number('visit_number') }} as visit_number,
        {{ amount('session_cost', 6, digits=7) }} as session_cost,
        session_cost as raw_session_cost,

        -- the row as it came
        source_row

    from raw_rows

),

judged as {{ inlined(reads_places=true) }} (

    select
        *,
        case
            when session_id is null then 'session_id is missing'
            when started_at is null then 'started_at is not a timestamp'
            when raw_ended_at is not null and ended_at is null
                then 'ended_at is not a timestamp'
            when raw_session_cost is not null and session_cost is null
                then 'session_cost is not an amount'
        end as fault

    from typed

),

{{ copies_numbered(
    ['property', 'session_id'],
    order_by=[
        'user_id',
        'started_at',
        'ended_at',
        'channel',
        'source',
        'medium',
        'campaign',
        'campaign_id',
        'landing_url',
        'referrer',
        'gclid',
        'fbclid',
        'msclkid',
        'ttclid',
        'market',
        'device',
        'geo_network',
        'user_grouping',
        'social_engagement',
        'traffic_type',
        'partner',
        'user_agent',
        'has_consent',
        'is_bounce',
        'visit_number',
        'session_cost',
        'currency',
        'source_row',
    ],
) }},

final as (

    select
        -- keys
        property,
        session_id,
        case when has_consent is not false then user_id end as user_id,
        campaign_id,

        -- timestamps
        started_at,
        ended_at,

        -- attributes
        channel,
        source,
        medium,
        campaign,
        landing_url,
        referrer,
        gclid,
        fbclid,
        msclkid,
        ttclid,
        market,
        device,
        geo_network,
        user_grouping,
        social_engagement,
        traffic_type,
        partner,
        user_agent,
        has_consent,
        is_bounce,
        currency,

        -- measures
        visit_number,
        session_cost,

        -- rejection
        coalesce(
            fault,
            case when copy_number > 1 then 'session_id is repeated' end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
