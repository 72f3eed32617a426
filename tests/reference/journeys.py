"""Which sessions led to which conversion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from reference.facts import NO_TOUCH, Cells, Conversion, JourneyRow, Session

LOOKBACK = timedelta(days=90)


@dataclass(frozen=True)
class Touch:
    """A session on the way to a conversion, with the source's weight if it has one."""

    session_id: str
    touched_at: datetime
    channel: str
    is_direct: bool
    provided_weight: Fraction = Fraction(0)
    day: date | None = None
    campaign_id: str | None = None


# the touches of each conversion, in order; of some there are none
Journeys = dict[str, list[Touch]]


def touch_of(
    session: Session, conversion: Conversion, weight: Fraction = Fraction(0)
) -> Touch:
    """Make a touch of a session: "one after T counts as at T"."""
    is_late = session.started_at > conversion.converted_at
    return Touch(
        session.session_id,
        min(session.started_at, conversion.converted_at),
        session.channel,
        session.is_direct,
        weight,
        conversion.day if is_late else session.day,
        session.campaign_id,
    )


def in_order(touches: Iterable[Touch]) -> list[Touch]:
    """Sort touches by time, equal times by session."""
    return sorted(touches, key=lambda touch: (touch.touched_at, touch.session_id))


def from_sessions(
    conversions: Sequence[Conversion],
    sessions: Sequence[Session],
    lookback: timedelta = LOOKBACK,
) -> Journeys:
    """Give each conversion its journey.

    "The sessions of the conversion's user (the tracker's user_id, else the backend's)
    with T - lookback < started_at <= T, ordered by (started_at, session_id); each
    conversion of a user has its own journey." "A null user joins nothing."
    """
    by_user: dict[str | None, list[Session]] = defaultdict(list)
    for session in sessions:
        by_user[session.user_id].append(session)
    return {
        conversion.conversion_id: in_order(
            touch_of(s, conversion)
            for s in by_user[conversion.journey_user_id]
            if conversion.journey_user_id
            and conversion.converted_at - lookback
            < s.started_at
            <= conversion.converted_at
        )
        for conversion in conversions
    }


def provided(
    conversions: Sequence[Conversion],
    sessions: Sequence[Session],
    rows: Iterable[JourneyRow],
) -> Journeys:
    """Take the journeys that the source says.

    "Those rows are its touchpoints, whoever the user is, no lookback cut, no fallback
    for other conversions; rows with an unknown conversion or session are rejected."
    """
    known = {session.session_id: session for session in sessions}
    by_id = {conversion.conversion_id: conversion for conversion in conversions}
    found: Journeys = {key: [] for key in by_id}
    for row in rows:
        if row.conversion_id in by_id and row.session_id in known:
            touch = touch_of(
                known[row.session_id],
                by_id[row.conversion_id],
                Fraction(row.weight or 0),
            )
            found[row.conversion_id].append(touch)
    return {key: in_order(touches) for key, touches in found.items()}


def touchpoints(conversions: Sequence[Conversion], journeys: Journeys) -> Cells:
    """List the touches.

    Returns:
        (conversion_id, session_id) -> number, count, time, day, T, channel, campaign.
        "A conversion without touch has no row."
    """
    return {
        (conversion.conversion_id, touch.session_id): (
            place,
            len(journeys[conversion.conversion_id]),
            touch.touched_at,
            touch.day,
            conversion.converted_at,
            touch.channel,
            touch.campaign_id,
        )
        for conversion in conversions
        for place, touch in enumerate(journeys[conversion.conversion_id], start=1)
    }


def paths(conversions: Sequence[Conversion], journeys: Journeys) -> Cells:
    """Add up counted conversions by "the channels in order".

    Returns:
        path -> conversions, revenue in cents, touches.
    """
    sums: dict[tuple[str, ...], list[int]] = {}
    for conversion in conversions:
        if conversion.is_counted:
            channels = tuple(t.channel for t in journeys[conversion.conversion_id])
            row = sums.setdefault(channels, [0, 0])
            row[0] += 1
            row[1] += conversion.cents
    return {
        (" > ".join(channels) if channels else NO_TOUCH,): (*row, len(channels))
        for channels, row in sums.items()
    }


def unconverted_paths(
    conversions: Sequence[Conversion],
    sessions: Sequence[Session],
    lookback: timedelta = LOOKBACK,
) -> list[list[str]]:
    """List the channels of each user who never converted.

    "The null path is a user without counted conversions, of the sessions within the
    lookback of the last one."
    """
    counted = [c for c in conversions if c.is_counted]
    buyers = {c.journey_user_id for c in counted} | {c.user_id for c in counted}
    by_user: dict[str, list[Session]] = defaultdict(list)
    for session in sessions:
        if session.user_id and session.user_id not in buyers:
            by_user[session.user_id].append(session)
    found = []
    for visits in by_user.values():
        visits.sort(key=lambda visit: (visit.started_at, visit.session_id))
        begin = visits[-1].started_at - lookback
        found.append([visit.channel for visit in visits if visit.started_at > begin])
    return found
