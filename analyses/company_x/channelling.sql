-- Is channelling sound, are sessions per channel stable?
--
-- One row per property and channel, `(all)` together first, then by sessions.
-- spellings lists the names the source uses for the channel, with their sessions: more
-- than one is a tag spelt in several ways. is_unmapped channels are in no mapping and
-- keep their own name. cv is the coefficient of variation of the channel's daily share
-- of sessions (of the daily sessions for `(all)`), spike_days lie far from their
-- weekday's median, on missing_days nothing came. status is `unstable` where cv exceeds
-- var max_daily_variation, else `spikes`, `missing_days` or `stable`.

with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

stability as (

    select * from {{ ref('rpt_stability') }}
    where measure = 'sessions'

),

spelling_counts as (

    select
        property,
        channel,
        channel_group,
        source_channel,
        count(*) as session_count,
        count(*) - count(user_id) as userless_session_count

    from sessions

    group by property, channel, channel_group, source_channel

),

channels as (

    select
        property,
        coalesce(channel, '(all)') as channel,
        case when grouping(channel) = 0 then max(channel_group) end as channel_group,
        max(channel_group = '(unmapped)') as is_unmapped,
        count(distinct source_channel) as spelling_count,
        case
            when grouping(channel) = 0
                then
                    string_agg(
                        coalesce(source_channel, '(empty)')
                        || ' (' || session_count || ')',
                        '; '
                        order by session_count desc, source_channel asc
                    )
        end as spellings,
        sum(session_count) as session_count,
        sum(userless_session_count) as userless_session_count

    from spelling_counts

    group by property, rollup(channel)

),

totals as (

    select * from channels
    where channel = '(all)'

),

final as (

    select
        -- keys
        channels.property,
        channels.channel,

        -- attributes
        channels.channel_group,
        channels.is_unmapped,
        channels.spellings,
        stability.status,

        -- measures
        channels.spelling_count,
        channels.session_count,
        {{ ratio('channels.session_count', 'totals.session_count') }} as session_share,
        channels.userless_session_count,
        stability.day_count,
        stability.mean_daily,
        stability.cv,
        stability.spike_days,
        stability.missing_days

    from channels

    inner join totals
        on channels.property = totals.property

    left join stability
        on channels.property = stability.property
        and channels.channel = stability.channel

)

select * from final
order by
    property asc,
    case when channel = '(all)' then 0 else 1 end asc,
    session_count desc,
    channel asc
