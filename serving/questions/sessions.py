"""Sessions and product: who comes, how often, for how long."""

from __future__ import annotations

from typing import Any

from serving.charts import shapes
from serving.charts.theme import PURPLE
from serving.formats import shown
from serving.marts import Answer
from serving.questions.common import Question, leader
from serving.questions.numbers import NO_SESSIONS

MEASURES = """
    sum(session_count) as session_count,
    sum(session_count) / sum(sum(session_count)) over ()::double as session_share,
    sum(bounce_count) / nullif(sum(judged_session_count), 0)::double as bounce_rate,
    sum(duration_seconds_sum) / nullif(sum(timed_session_count), 0) / 60.0
        as minutes_mean
"""


def active(rows: Answer, _: str | None) -> str:
    """Say how many users were active in the last period and at most, by device."""
    found = rows.dicts()
    several = len(set(rows.column("device"))) > 1

    def said(row: dict[str, Any]) -> str:
        users = shown(row["active_users"], "count")
        return f"{users} by {row['device']}" if several else users

    top = max(found, key=lambda row: row["active_users"])
    last = [row for row in found if row["period"] == found[-1]["period"]]
    return (
        f"Most users from {top['period']}: {said(top)}; in the last period, from "
        f"{last[0]['period']}: {', '.join(map(said, last))}."
    )


def bounces(rows: Answer, _: str | None) -> str:
    """Say where people leave at once."""
    found = [row for row in rows.dicts() if row["bounce_rate"] is not None]
    worst = max(found, key=lambda row: row["bounce_rate"])
    return (
        f"Sessions of {worst['channel']} bounce most: "
        f"{shown(worst['bounce_rate'], 'share')} of "
        f"{shown(worst['judged_session_count'], 'count')}."
    )


def steady(rows: Answer, _: str | None) -> str:
    """Say how many series cannot be trusted blindly."""
    odd = [row for row in rows.dicts() if row["status"] != "stable"]
    return f"{len(odd)} of {len(rows.rows)} series are not stable."


active_users = Question(
    key="active_users",
    title="How many people come, and how often?",
    definition="Distinct users with a session in the day, ISO week or month. "
    "Stickiness is the mean day's users over the period's. Users of several periods or "
    "devices do not add up: with devices chosen there is a line for each, with dates "
    "chosen a period of which only some days are chosen is left out.",
    sql="""
        with known_days as (
            select min(period_start) as first_known, max(period_start) as last_known
            from marts.rpt_active_users
            where {filters} and period = 'day'
        ),
        periods as (
            select
                active_users.*,
                greatest(period_start, first_known) as begins_on,
                least(
                    case $grain
                        when 'day' then period_start
                        when 'week' then period_start + 6
                        else last_day(period_start)
                    end,
                    last_known
                ) as ends_on
            from marts.rpt_active_users as active_users
            cross join known_days
            where {filters: device} and period = $grain
                and (device = '(all)') = (len($device) = 0)
        )
        select
            period_start as period,
            device,
            active_users,
            session_count,
            stickiness
        from periods
        where {filters: dates=begins_on} and {filters: dates=ends_on}
        order by period, device
    """,
    missing="Nobody can be counted: no session says its user.",
    says=active,
    draw=lambda rows: shapes.lines(rows, "period", "active_users", "device"),
)

sessions_by_channel = Question(
    key="sessions_by_channel",
    title="Which channels bring the sessions?",
    definition="Sessions by channel. A bounce is what the source calls one, of the "
    "sessions of which it says so or not; minutes are the mean over sessions whose end "
    "is known. A dash is not known.",
    sql=f"""
        select channel, {MEASURES}
        from marts.rpt_sessions_daily
        where {{filters: dates=session_date, channel, market, device}}
        group by channel
        order by session_count desc, channel
    """,
    missing=NO_SESSIONS,
    says=leader("channel", "session_count", "{who} brings most: {amount}"),
    draw=lambda rows: shapes.bars(rows, "channel", "session_count"),
)

sessions_by_device = Question(
    key="sessions_by_device",
    title="Which devices do people use?",
    definition="Sessions by device, as the source names it.",
    sql=f"""
        select device, {MEASURES}
        from marts.rpt_sessions_daily
        where {{filters: dates=session_date, channel, market, device}}
        group by device
        qualify bool_or(device != '(unknown)') over ()
        order by session_count desc, device
    """,
    missing="No session here says its device.",
    says=leader("device", "session_count", "Most come by {who}: {amount}"),
    draw=lambda rows: shapes.bars(rows, "device", "session_count"),
)

bounce_by_channel = Question(
    key="bounce_by_channel",
    title="Where do people leave at once?",
    definition="Bounces over the sessions of which the source says whether they were "
    "one.",
    sql=f"""
        select channel, bounce_rate, judged_session_count
        from (
            select
                channel,
                sum(judged_session_count) as judged_session_count,
                {MEASURES}
            from marts.rpt_sessions_daily
            where {{filters: dates=session_date, channel, market, device}}
            group by channel
        )
        where bounce_rate is not null
        order by bounce_rate desc, channel
    """,
    missing="The source of these sessions does not say which of them bounced.",
    says=bounces,
    draw=lambda rows: shapes.bars(rows, "channel", "bounce_rate", colour=PURPLE),
)

stability = Question(
    key="stability",
    title="Can the daily numbers be trusted?",
    definition="A spike is a day far from the median of its weekday, a missing day one "
    "without rows. Unstable is a series whose variation (standard deviation over mean; "
    "of a channel's daily share) is above the threshold of the build.",
    sql="""
        select measure, channel, status, day_count, mean_daily, cv, spike_days,
            missing_days
        from marts.rpt_stability
        where {filters: channel}
        order by status = 'stable', measure, channel
    """,
    missing="There is no daily series here to look at.",
    says=steady,
)
