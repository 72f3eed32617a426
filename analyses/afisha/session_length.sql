-- How long is a session, by device?
--
-- One row per property and device, `(all)` together first. Lengths are in seconds.
-- Mean, median, mode and the longest are of timed sessions only; a session that ends
-- before it starts or has no end is untimed and counted apart. Where a source gives
-- whole minutes, so does the mode, and sessions of 0 seconds are those that ended in
-- the minute they began. Of several modes the shortest is shown. A mean far above the
-- median says that a few long sessions make it: judge by the median.

with

sessions as (

    select
        *,
        coalesce(device, '(unknown)') as known_device
    from {{ ref('fct_sessions') }}

),

lengths as (

    select
        property,
        coalesce(known_device, '(all)') as device,
        duration_seconds,
        count(*) as session_count

    from sessions

    group by property, duration_seconds, rollup(known_device)

),

-- the length that most sessions have, of several the shortest
modes as (

    select
        property,
        device,
        duration_seconds,
        session_count,
        row_number() over (
            partition by property, device
            order by session_count desc, duration_seconds asc
        ) as place

    from lengths

    where duration_seconds is not null

),

medians as (

    select
        property,
        coalesce(known_device, '(all)') as device,
        median(cast(duration_seconds as double)) as median_seconds

    from sessions

    group by property, rollup(known_device)

),

devices as (

    select
        property,
        device,
        sum(session_count) as session_count,
        coalesce(sum(session_count) filter (where duration_seconds is not null), 0)
            as timed_session_count,
        coalesce(sum(session_count) filter (where duration_seconds = 0), 0)
            as sessions_of_0_seconds,
        sum(duration_seconds * session_count) as seconds,
        max(duration_seconds) as longest_seconds

    from lengths

    group by property, device

),

final as (

    select
        -- keys
        devices.property,
        devices.device,

        -- measures
        devices.session_count,
        devices.timed_session_count,
        devices.session_count - devices.timed_session_count as untimed_session_count,
        {{ ratio('devices.seconds', 'devices.timed_session_count') }} as mean_seconds,
        round(medians.median_seconds, 9) as median_seconds,
        modes.duration_seconds as mode_seconds,
        {{ ratio('modes.session_count', 'devices.timed_session_count') }}
            as share_with_mode,
        devices.sessions_of_0_seconds,
        devices.longest_seconds

    from devices

    inner join medians
        on devices.property = medians.property
        and devices.device = medians.device

    left join modes
        on devices.property = modes.property
        and devices.device = modes.device
        and modes.place = 1

)

select * from final
order by
    property asc,
    case when device = '(all)' then 0 else 1 end asc,
    session_count desc,
    device asc
