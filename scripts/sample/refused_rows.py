"""Rows that no mart can hold: unreadable, repeated, or of something unknown.

Each row that cannot be read has an id of its own, so that refusing it changes no other
finding.
"""

from __future__ import annotations

from sample.raw import Row
from sample.shop import Shop

Damages = tuple[tuple[str, Row], ...]

SESSION_DAMAGES: Damages = (
    ("session_id is missing", {"session_id": ""}),
    ("event_date is not a date", {"event_date": "2021-02-30"}),
    ("event_date is not a date", {"event_date": "n/a", "event_time": "", "cpc": "n/a"}),
    ("event_time is not a time", {"event_time": "25:61:00"}),
    ("cpc is not an amount", {"cpc": "n/a"}),
)
CONVERSION_DAMAGES: Damages = (
    ("conv_id is missing", {"conv_id": ""}),
    ("conv_date is not a date", {"conv_date": "2021-02-30"}),
    ("conv_date is not a date", {"conv_date": "n/a"}),
    ("revenue is not an amount", {"revenue": "12,50 EUR"}),
)
COST_DAMAGES: Damages = (
    ("campaign_id is missing", {"campaign_id": ""}),
    ("event_date is not a date", {"event_date": "2021-02-30"}),
    ("cost is not an amount", {"cost": "n/a"}),
)


def unreadable_sessions(shop: Shop) -> None:
    """Break off a tag: no id, impossible dates and times, a price that is text."""
    models = shop.rng.sample(shop.sessions, len(SESSION_DAMAGES))
    for model, (reason, damage) in zip(models, SESSION_DAMAGES, strict=True):
        row = model | {"session_id": shop.new_id("session")} | damage
        shop.reject("session_sources", row, reason)


def repeated_sessions(shop: Shop) -> None:
    """Load a session twice, and classify another again after the fact.

    The first by all columns stays: the one that was there before.
    """
    direct = [row for row in shop.sessions if row["channel_name"] == "Direct Traffic"]
    copied, classified_again = shop.rng.sample(direct, 2)
    reason = "session_id is repeated"
    shop.reject("session_sources", copied.copy(), reason, note="loaded twice")
    other = classified_again | {"channel_name": "Referral"}
    shop.reject("session_sources", other, reason, note="other channel")


def unreadable_conversions(shop: Shop) -> None:
    """Pass a spreadsheet through: ids lost, dates broken, amounts with currency."""
    for table in ("conversions", "conversions_backend"):
        for reason, damage in CONVERSION_DAMAGES:
            model = shop.rng.choice(shop.untouched_conversions)
            shop.reject(
                table, model | {"conv_id": shop.new_id("conv")} | damage, reason
            )


def repeated_conversions(shop: Shop) -> None:
    """Deliver a row twice alike, and one with another market the second time.

    The first by all columns stays: the market that both sides agree on.
    """
    reason = "conv_id, user_id, conv_date is repeated"
    for table in ("conversions", "conversions_backend"):
        [copied] = shop.take_conversions(1)
        shop.reject(table, copied.copy(), reason, note="delivered twice")
        [changed] = shop.take_conversions(1, lambda row: row["market"] < "NL")
        shop.reject(table, changed | {"market": "NL"}, reason, note="other market")


def unreadable_costs(shop: Shop) -> None:
    """Export with footnotes: parts of a row are text, one row has no campaign."""
    for reason, damage in COST_DAMAGES:
        [model] = shop.take_campaign_days(1)
        shop.reject("api_adwords_costs", model | damage, reason)


def unreadable_clicks(shop: Shop) -> None:
    """Export clicks that are no number: the cost counts, the clicks are unknown."""
    for clicks in ("12.5", "many"):
        [row] = shop.take_campaign_days(1)
        row["clicks"] = clicks
        shop.found(
            "campaign_day_clicks_unreadable",
            "api_adwords_costs",
            row["campaign_id"],
            row["event_date"],
            note=f"clicks {clicks}",
        )


def unreadable_touches(shop: Shop) -> None:
    """Deliver weights that are no weights, and rows that lost a key.

    They come on top of sound journeys, whose weights still sum to 1 without them.
    """
    for ihc, note in (("n/a", "text"), ("nan", "text"), ("-0.0001", "negative")):
        touch = stray_touch(shop) | {"ihc": ihc}
        refuse_touch(shop, touch, "ihc is not a weight", note=note)
    touch = {"conv_id": "", "session_id": shop.new_id("session"), "ihc": "1.0"}
    refuse_touch(shop, touch, "conv_id is missing")
    refuse_touch(shop, stray_touch(shop) | {"session_id": ""}, "session_id is missing")


def repeated_touch(shop: Shop) -> None:
    """Deliver a touch without weight twice."""
    [row] = shop.take_conversions(
        1, lambda row: any(touch["ihc"] == "0.0" for touch in shop.journey_of(row))
    )
    touch = next(touch for touch in shop.journey_of(row) if touch["ihc"] == "0.0")
    refuse_touch(shop, touch.copy(), "conv_id, session_id is repeated")


def unknown_touches(shop: Shop) -> None:
    """Keep journeys longer than what they join: ids that are nowhere.

    One conversion is left without any touch; of two unknown ids the conversion's is
    said.
    """
    known_session = shop.journeys[0]["session_id"]
    unknown_session = shop.new_id("session")
    for session_id, note in (
        (known_session, "unknown conversion"),
        (unknown_session, "both unknown"),
    ):
        conv_id = shop.new_id("conv")
        touch = {"conv_id": conv_id, "session_id": session_id, "ihc": "1.0"}
        refuse_touch(shop, touch, "conversion_id is unknown", note=note)

    refuse_touch(shop, stray_touch(shop), "session_id is unknown", note="among others")
    [row] = shop.take_conversions(1, lambda row: not shop.journey_of(row))
    touch = {
        "conv_id": row["conv_id"],
        "session_id": shop.new_id("session"),
        "ihc": "1.0",
    }
    refuse_touch(shop, touch, "session_id is unknown", note="the only touch")


def stray_touch(shop: Shop) -> Row:
    """Make a touch without weight, of no known session, for a sound journey."""
    [row] = shop.take_conversions(1, lambda row: bool(shop.journey_of(row)))
    session_id = shop.new_id("session")
    return {"conv_id": row["conv_id"], "session_id": session_id, "ihc": "0.0"}


def refuse_touch(shop: Shop, touch: Row, reason: str, note: str = "") -> None:
    """Deliver a journey row that must be refused."""
    shop.reject("attribution_customer_journey", touch, reason, note)


REFUSED_ROWS = (
    unreadable_sessions,
    repeated_sessions,
    unreadable_conversions,
    repeated_conversions,
    unreadable_costs,
    unreadable_clicks,
    unreadable_touches,
    repeated_touch,
    unknown_touches,
)
