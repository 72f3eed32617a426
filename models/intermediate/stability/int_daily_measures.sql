{#
    Daily series: conversions and revenue over all channels, sessions over all and per
    channel. The level that is judged is the value itself; for a channel it is its share
    of the day, so that a busy day is not a channel's fault.
#}

with

sessions as (

    select * from {{ ref('int_sessions') }}

),

conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

channel_days as (

    select
        property,
        channel,
        session_date as report_date,
        count(*) as session_count

    from sessions

    group by property, channel, session_date

),

session_days as (

    select
        property,
        report_date,
        sum(session_count) as session_count

    from channel_days

    group by property, report_date

),

conversion_days as (

    select
        property,
        conversion_date as report_date,
        count(*) as conversion_count,
        sum(revenue) as revenue

    from conversions

    group by property, conversion_date

),

measures as (

    select
        property,
        'sessions' as measure,
        '(all)' as channel,
        report_date,
        cast(session_count as decimal(18, 2)) as daily_value,
        cast(session_count as double) as level
    from session_days

    union all

    select
        channel_days.property,
        'sessions' as measure,
        channel_days.channel,
        channel_days.report_date,
        cast(channel_days.session_count as decimal(18, 2)) as daily_value,
        cast(channel_days.session_count as double)
        / cast(session_days.session_count as double) as level
    from channel_days
    inner join session_days
        on channel_days.property = session_days.property
        and channel_days.report_date = session_days.report_date

    union all

    select
        property,
        'conversions' as measure,
        '(all)' as channel,
        report_date,
        cast(conversion_count as decimal(18, 2)) as daily_value,
        cast(conversion_count as double) as level
    from conversion_days

    union all

    select
        property,
        'revenue' as measure,
        '(all)' as channel,
        report_date,
        cast(revenue as decimal(18, 2)) as daily_value,
        cast(revenue as double) as level
    from conversion_days

)

select * from measures
