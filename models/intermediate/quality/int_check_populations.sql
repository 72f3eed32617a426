{#
    How many things each check has looked at, by kind of thing. A kind that a property
    does not have is not there: nothing is called sound that was never seen.
#}

with

populations as (

    {%- for table in raw_tables() %}
    select
        property,
        'raw_rows' as subject
    from {{ ref('stg_' ~ table.layout ~ '__' ~ table.name) }}
    union all
    {%- endfor %}
    select
        property,
        'raw_rows' as subject
    from {{ ref('int_staging_rejections') }}
    union all
    select
        property,
        'raw_tables' as subject
    from {{ ref('stg_raw__tables') }}
    union all
    select
        property,
        'csv_files' as subject
    from {{ ref('stg_raw__files') }}
    union all
    select
        property,
        'reconciled_conversions' as subject
    from {{ ref('int_conversions_reconciled') }}
    union all
    select
        conversions.property,
        'counted_conversions' as subject
    from {{ ref('int_conversions') }} as conversions
    where conversions.is_counted
    union all
    select
        conversions.property,
        'conversions_with_sessions' as subject
    from {{ ref('int_conversions') }} as conversions
    inner join {{ ref('int_properties') }} as properties
        on conversions.property = properties.property
        and properties.has_sessions
    where conversions.is_counted
    union all
    select
        property,
        'touchpoints' as subject
    from {{ ref('int_touchpoints') }}
    union all
    select
        property,
        'provided_journeys' as subject
    from {{ ref('int_provided_journeys') }}
    group by property, conversion_id
    union all
    select
        property,
        'billed_campaign_days' as subject
    from {{ ref('int_ad_costs') }}
    union all
    select
        campaign_days.property,
        'campaign_days' as subject
    from {{ ref('int_campaign_days') }} as campaign_days
    inner join {{ ref('int_properties') }} as properties
        on campaign_days.property = properties.property
        and properties.has_sessions
    union all
    select
        ad_costs.property,
        'billed_campaigns' as subject
    from {{ ref('int_ad_costs') }} as ad_costs
    inner join {{ ref('int_properties') }} as properties
        on ad_costs.property = properties.property
        and properties.has_sessions
    group by ad_costs.property, ad_costs.campaign_id
    union all
    select
        property,
        'cost_days' as subject
    from {{ ref('int_ad_costs') }}
    group by property, cost_date
    union all
    select
        property,
        'sessions' as subject
    from {{ ref('int_sessions') }}
    union all
    select
        property,
        'timed_sessions' as subject
    from {{ ref('int_sessions') }}
    where ended_at is not null
    union all
    select
        conversions.property,
        'buyers' as subject
    from {{ ref('int_conversions') }} as conversions
    inner join {{ ref('int_properties') }} as properties
        on conversions.property = properties.property
        and properties.has_sessions
    where conversions.is_counted and conversions.user_id is not null
    group by conversions.property, conversions.user_id
    union all
    select
        conversions.property,
        'orders_and_refunds' as subject
    from {{ ref('int_conversions') }} as conversions
    inner join {{ ref('int_properties') }} as properties
        on conversions.property = properties.property
    where
        properties.has_refunds
        or conversions.property in (
            select refunds.property from {{ ref('int_refunds') }} as refunds
        )
    union all
    select
        property,
        'linked_refunds' as subject
    from {{ ref('int_refunds_checked') }}
    where conversion_id is not null
    union all
    select
        property,
        'sessions_and_bots' as subject
    from {{ ref('int_sessions') }}
    union all
    select
        property,
        'sessions_and_bots' as subject
    from {{ ref('int_sessions_refused') }}
    union all
    select
        property,
        'amounts_with_currency' as subject
    from {{ ref('int_tracked_conversions_checked') }}
    where currency is not null
    union all
    select
        property,
        'amounts_with_currency' as subject
    from {{ ref('int_backend_conversions_checked') }}
    where currency is not null
    union all
    select
        property,
        'amounts_with_currency' as subject
    from {{ ref('int_refunds_unioned') }}
    where currency is not null
    union all
    select
        property,
        'amounts_with_currency' as subject
    from {{ ref('int_ad_costs_unioned') }}
    where currency is not null
    union all
    select
        property,
        'amounts_with_currency' as subject
    from {{ ref('int_sessions_unioned') }}
    where currency is not null and session_cost is not null
    union all
    select
        property,
        'amounts_with_currency' as subject
    from {{ ref('int_listings_unioned') }}
    where currency is not null and price is not null
    union all
    select
        property,
        'listings' as subject
    from {{ ref('int_listings') }}
    union all
    select
        property,
        'branded_listings' as subject
    from {{ ref('stg_vestiaire__listings') }}
    union all
    select
        property,
        'category_ids' as subject
    from {{ ref('stg_vestiaire__category') }}
    union all
    select
        property,
        'listing_events' as subject
    from {{ ref('int_listing_events') }}
    union all
    select
        property,
        'sales' as subject
    from {{ ref('int_sales') }}
    union all
    select
        property,
        'sold_lots' as subject
    from {{ ref('int_sales') }}
    where is_listing_known
    group by property, listing_id
    union all
    select
        property,
        'lots' as subject
    from {{ ref('stg_vivid_seats__ticket_listings') }}
    union all
    select
        property,
        'visitors' as subject
    from {{ ref('int_sessions') }}
    where traffic_type is not null and user_id is not null
    group by property, user_id
    union all
    -- without a key there is no hash, and nothing to compare
    select
        property,
        'contacts' as subject
    from {{ ref('int_sales') }}
    where contact_hash is not null
    group by property, contact_hash
    union all
    select
        property,
        'series_days' as subject
    from {{ ref('int_daily_measures_flagged') }}
    where channel = '(all)'
    union all
    select
        property,
        'experiments' as subject
    from {{ ref('int_experiments') }}

),

final as (

    select
        property,
        subject,
        count(*) as rows_checked

    from populations

    group by property, subject

)

select * from final
