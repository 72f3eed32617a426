"""Who came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from reference.days import PERIODS, first_day
from reference.facts import ALL, UNKNOWN, Cells, Session
from reference.numbers import quotient


def numbers(sessions: Sequence[Session]) -> dict[str, int]:
    """Count up the sessions of each user, "by (started_at, session_id), from 1"."""
    counts: dict[str, int] = defaultdict(int)
    found = {}
    for session in sorted(sessions, key=lambda s: (s.started_at, s.session_id)):
        if session.user_id:
            counts[session.user_id] += 1
            found[session.session_id] = counts[session.user_id]
    return found


def reported(sessions: Sequence[Session]) -> Cells:
    """Tell fct_sessions.

    Returns:
        session_id -> user, start (UTC), local day, channel, whether that is direct,
        campaign, market, device, bounce, number, seconds, cost.
    """
    numbered = numbers(sessions)
    return {
        (s.session_id,): (
            s.user_id,
            s.started_at,
            s.day,
            s.channel,
            s.is_direct,
            s.campaign_id,
            s.market,
            s.device,
            s.is_bounce,
            numbered.get(s.session_id),
            s.seconds,
            s.cost,
        )
        for s in sessions
    }


def daily(sessions: Sequence[Session]) -> Cells:
    """Tell rpt_sessions_daily.

    Returns:
        (day, channel, device, market) -> sessions, users, bounces, sessions of which
        it is known whether they were one, seconds, sessions whose duration is known,
        cost.
    """
    groups: dict[tuple, list[Session]] = defaultdict(list)
    for s in sessions:
        groups[s.day, s.channel, s.device or UNKNOWN, s.market or UNKNOWN].append(s)
    found: Cells = {}
    for key, rows in groups.items():
        timed = [s.seconds for s in rows if s.seconds is not None]
        found[key] = (
            len(rows),
            len({s.user_id for s in rows if s.user_id}),
            sum(s.is_bounce is True for s in rows),
            sum(s.is_bounce is not None for s in rows),
            sum(timed, Decimal(0)),
            len(timed),
            sum((s.cost or Decimal(0) for s in rows), Decimal(0)),
        )
    return found


def active_users(sessions: Sequence[Session]) -> Cells:
    """Tell rpt_active_users: who came in each day, ISO week and month.

    "Stickiness is the mean day over the period. Days before the property's first
    session and after its last do not count, days without sessions do."

    Returns:
        (period, first day, device) -> users, sessions, mean daily users, stickiness.
    """
    if not sessions:
        return {}
    first, last = min(s.day for s in sessions), max(s.day for s in sessions)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    groups: dict[tuple[str, date, str], list[Session]] = defaultdict(list)
    for session in (*sessions, *(replace(s, device=ALL) for s in sessions)):
        for period in PERIODS:
            start = first_day(period, session.day)
            groups[period, start, session.device or UNKNOWN].append(session)
    found: Cells = {}
    for (period, start, device), rows in groups.items():
        users = {s.user_id for s in rows if s.user_id}
        inside = [day for day in days if first_day(period, day) == start]
        total = len({(s.day, s.user_id) for s in rows if s.user_id})
        means = (None, None)
        if period != "day":
            means = (
                quotient(total, len(inside)),
                quotient(total, len(inside) * len(users)),
            )
        found[period, start, device] = (len(users), len(rows), *means)
    return found
