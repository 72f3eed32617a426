{#
    Each page view with the session it belongs to. A session ends with silence, and where
    a view brings a campaign other than that of the session. Of views at one instant those
    with a campaign come first: they are what opened the site.
#}

with

page_views as (

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
        page_views.*,
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

placed as (

    select
        *,
        row_number() over (
            partition by property, visitor_id
            order by
                viewed_at asc nulls last,
                campaign_key is null asc,
                page_url asc nulls last,
                page_view_id asc nulls last
        ) as view_number

    from campaigns_read

),

silences_flagged as (

    select
        *,
        coalesce(
            {{ seconds_between(
                'lag(viewed_at) over ('
                ~ 'partition by property, visitor_id order by view_number)',
                'viewed_at'
            ) }}
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
        property,
        page_view_id,
        visitor_id,
        user_id,

        -- timestamps
        viewed_at,

        -- attributes
        visit_number,
        view_number,
        is_first_view,
        page_url,
        referrer,
        market,
        device,
        user_agent,
        has_consent

    from sessions_counted

)

select * from final
