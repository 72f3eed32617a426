{#
    The sessions that led to each conversion, in order. Provided journeys are taken as
    they are, whoever the user is; the others are the user's own sessions within the
    lookback.
#}

-- columns come with a var, whose indents a linter cannot follow
-- noqa: disable=LT02,LT09
with

conversions as (

    select
        *
        {%- if var('new_journey_after_conversion') %},
        max(case when is_counted then converted_at end) over (
            partition by property, journey_user_id
            order by converted_at, conversion_id
            rows between unbounded preceding and 1 preceding
        ) as previous_converted_at
        {%- endif %}
    from {{ ref('int_conversions') }}
    where is_refund is not true {{ of_changed_units('and') }}

),

sessions as {{ inlined() }} (

    select * from {{ ref('int_sessions') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

provided_journeys as (

    select * from {{ ref('int_provided_journeys') }}

),

-- a touch after the conversion counts as at the conversion
provided_touches as (

    select
        conversions.property,
        conversions.conversion_id,
        conversions.conversion_key,
        conversions.converted_at,
        sessions.session_id,
        least(sessions.started_at, conversions.converted_at) as touched_at,
        case
            when sessions.started_at > conversions.converted_at
                then conversions.conversion_date
            else sessions.session_date
        end as touch_date,
        sessions.channel,
        sessions.campaign_id,
        sessions.is_direct,
        sessions.started_at > conversions.converted_at as is_after_conversion,
        (sessions.user_id is distinct from conversions.journey_user_id)
            as is_other_user,
        provided_journeys.provided_weight

    from provided_journeys

    inner join conversions
        on provided_journeys.property = conversions.property
        and provided_journeys.conversion_id = conversions.conversion_id

    inner join sessions
        on provided_journeys.property = sessions.property
        and provided_journeys.session_id = sessions.session_id

),

provided_touches_numbered as (

    select
        *,
        row_number() over (
            partition by conversion_key
            order by touched_at, session_id
        ) as touch_number,
        count(*) over (partition by conversion_key) as touch_count,
        count(*) over (partition by conversion_key, channel) as channel_touch_count,
        max(touched_at) over (partition by conversion_key) as last_touched_at

    from provided_touches

),

-- both ends of the window as defined: a session at the very instant of the conversion
-- counts, one exactly as old as the lookback does not
touches_within_lookback as (

    select
        conversions.property,
        conversions.conversion_id,
        conversions.conversion_key,
        conversions.converted_at,
        sessions.session_id,
        sessions.session_number,
        sessions.started_at,
        sessions.session_date,
        sessions.channel,
        sessions.campaign_id,
        sessions.is_direct

    from conversions

    inner join properties
        on conversions.property = properties.property
        and not properties.has_provided_journeys

    inner join sessions
        on conversions.property = sessions.property
        and conversions.journey_user_id = sessions.user_id
        and conversions.converted_at >= sessions.started_at
        and {{ days_before('conversions.converted_at', var('lookback_days')) }}
        < sessions.started_at
        {%- if var('new_journey_after_conversion') %}
        and sessions.started_at
        > coalesce(conversions.previous_converted_at, timestamp '1970-01-01')
        {%- endif %}

),

-- sessions of one user in one span of time have numbers without a gap: those of touches
-- follow from them, and nothing has to be sorted again
journeys as (

    select
        conversion_key,
        min(session_number) as first_session_number,
        count(*) as touch_count,
        max(started_at) as last_touched_at

    from touches_within_lookback

    group by conversion_key

),

-- counted where a model of var attribution_models shares by it
channels as (

    select
        conversion_key,
        channel,
        count(*) as touch_count

    from touches_within_lookback

    where {{ are_channels_counted() }}

    group by conversion_key, channel

),

touches_within_lookback_numbered as (

    select
        touches.*,
        touches.session_number - journeys.first_session_number + 1 as touch_number,
        journeys.touch_count,
        channels.touch_count as channel_touch_count,
        journeys.last_touched_at

    from touches_within_lookback as touches

    inner join journeys
        on touches.conversion_key = journeys.conversion_key

    left join channels
        on touches.conversion_key = channels.conversion_key
        and touches.channel = channels.channel

),

final as (

    select
        -- keys
        property,
        conversion_id,
        conversion_key,
        session_id,
        touch_number,
        touch_count,
        channel_touch_count,

        -- timestamps
        touched_at,
        last_touched_at,
        touch_date,
        converted_at,

        -- attributes
        channel,
        campaign_id,
        is_direct,
        is_after_conversion,
        is_other_user,

        -- measures
        provided_weight
    from provided_touches_numbered

    union all

    select
        -- keys
        property,
        conversion_id,
        conversion_key,
        session_id,
        touch_number,
        touch_count,
        channel_touch_count,

        -- timestamps
        started_at as touched_at,
        last_touched_at,
        session_date as touch_date,
        converted_at,

        -- attributes
        channel,
        campaign_id,
        is_direct,
        false as is_after_conversion,
        false as is_other_user,

        -- measures
        cast(null as decimal(38, 18)) as provided_weight
    from touches_within_lookback_numbered

)

select * from final
