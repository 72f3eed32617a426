{#
    Each page view with the session it belongs to. A session ends with silence, and where
    a view brings a campaign other than that of the session. Of views at one instant those
    with a campaign come first: they are what opened the site.
#}

with

page_views as {{ inlined() }} (

    select * from {{ ref('stg_contract__page_views') }}

),

click_ids as (

    select * from {{ ref('click_ids') }}

),

known_click_ids as (

    select {{ ordered_list('click_id', 'click_id') }} as names from click_ids

),

addresses_read as (

    select
        page_views.property,
        page_views.page_view_id,
        page_views.visitor_id,
        page_views.viewed_at,
        page_views.page_url,
        {{ url_parameter('page_views.page_url', 'utm_source') }} as utm_source,
        {{ url_parameter('page_views.page_url', 'utm_medium') }} as utm_medium,
        {{ url_parameter('page_views.page_url', 'utm_campaign') }} as utm_campaign,
        {{ last_parameter_of('page_views.page_url', 'known_click_ids.names') }}
            as click_id

    from page_views

    cross join known_click_ids

),

campaigns_read as (

    select
        *,
        case
            when coalesce(utm_source, utm_medium, utm_campaign, click_id) is not null
                then {{ surrogate_key([
                    'utm_source', 'utm_medium', 'utm_campaign', 'click_id'
                ]) }}
        end as campaign_key

    from addresses_read

),

-- what decides is numbered alone and joined back: to sort whole rows takes longer
placed as (

    select
        property,
        page_view_id,
        visitor_id,
        viewed_at,
        campaign_key,
        row_number() over visitor_views as view_number,
        lag(viewed_at) over visitor_views as previous_viewed_at

    from campaigns_read

    window visitor_views as (
        partition by property, visitor_id
        order by
            viewed_at asc nulls last,
            campaign_key is null asc,
            page_url asc nulls last,
            page_view_id asc nulls last
    )

),

silences_flagged as (

    select
        property,
        page_view_id,
        visitor_id,
        campaign_key,
        view_number,
        coalesce(
            {{ seconds_between('previous_viewed_at', 'viewed_at') }}
            >= 60 * {{ var('session_timeout_minutes') }},
            true
        ) as is_after_silence

    from placed

),

silences_counted as (

    select
        *,
        count_if(is_after_silence) over (
            partition by property, visitor_id
            order by view_number
            rows between unbounded preceding and current row
        ) as silence_number

    from silences_flagged

),

campaigns_compared as (

    select
        *,
        is_after_silence
        or (
            campaign_key is not null
            and {{ last_value_so_far('campaign_key') }} over (
                partition by property, visitor_id, silence_number
                order by view_number
                rows between unbounded preceding and 1 preceding
            ) is distinct from campaign_key
        ) as is_first_view

    from silences_counted

),

sessions_counted as (

    select
        *,
        count_if(is_first_view) over (
            partition by property, visitor_id
            order by view_number
            rows between unbounded preceding and current row
        ) as visit_number

    from campaigns_compared

),

final as (

    select
        -- keys
        page_views.property,
        page_views.page_view_id,
        page_views.visitor_id,
        page_views.user_id,

        -- timestamps
        page_views.viewed_at,

        -- attributes
        sessions_counted.visit_number,
        sessions_counted.view_number,
        sessions_counted.is_first_view,
        page_views.page_url,
        page_views.referrer,
        page_views.market,
        page_views.device,
        page_views.user_agent,
        page_views.has_consent

    from page_views

    inner join sessions_counted
        on page_views.property = sessions_counted.property
        and page_views.page_view_id = sessions_counted.page_view_id

)

select * from final
