"""What can be bought for an event, as it is published."""

from __future__ import annotations

from typing import Annotated

import duckdb
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from serving.api.documented import described, guarded, json_response
from serving.api.guard import GuardedRoute
from serving.api.marts import publications_of, published_by, require_property
from serving.api.problems import unknown
from serving.api.publication import Publication

ROUTER = APIRouter(prefix="/v1", tags=["Events"], route_class=GuardedRoute)
BEST = 10


class Offer(BaseModel):
    """A lot that can be bought of."""

    listing_id: str
    section: str | None
    row: str | None
    ticket_type: str | None
    quantity_left: int
    price: str | None = Field(description="Of one ticket; null where it is not said.")


class Tickets(BaseModel):
    """What can be bought for an event."""

    publication_id: str
    published_at: str
    property: str
    event_id: str
    event_name: str | None
    event_at: str | None
    venue: str | None
    lots_left: int
    tickets_left: int
    best: list[Offer]


@ROUTER.get(
    "/events/{event_id:path}/tickets",
    summary="Find tickets for an event",
    **described(Tickets, 200, 404, 503, 504),
    **guarded("read"),
)
async def find_tickets(
    request: Request,
    event_id: Annotated[str, Path(max_length=200, examples=["e01"])],
    property_name: Annotated[
        str | None,
        Query(
            alias="property",
            max_length=200,
            description="The marketplace; that of the inventory without it.",
        ),
    ] = None,
    section: Annotated[
        str | None, Query(max_length=200, description="Only lots of this section.")
    ] = None,
    quantity: Annotated[
        int,
        Query(ge=1, le=100_000, description="Only lots with so many tickets left."),
    ] = 1,
) -> Response:
    """Count the tickets left for an event, and list the ten cheapest lots.

    As of the last publication: what the inventory has sold since is not in it. Lots
    without a price come last.
    """
    publications = publications_of(request)
    publication = await publications.current()
    site = property_name or request.app.state.settings.property_name
    require_property(publication, site)
    listings = publication.mart("fct_listings").relation
    events = publication.mart("dim_events").relation

    def run(conn: duckdb.DuckDBPyConnection) -> tuple[list, list]:
        about = publication.known.get(("event", site, event_id))
        if about is None:
            about = conn.execute(
                "select event_name, strftime(event_at, '%Y-%m-%dT%H:%M:%S.%fZ'), venue "
                f"from {events} where property = ? and event_id = ?",
                [site, event_id],
            ).fetchall()
            if about:
                publication.known["event", site, event_id] = about
        offers = conn.execute(
            "select listing_id, section, row_label, ticket_type, quantity_open, "
            "cast(price as varchar), count(*) over (), sum(quantity_open) over () "
            f"from {listings} where property = $1 and event_id = $2 "
            "and quantity_open >= $3 and ($4 is null or section = $4) "
            f"order by price, listing_id limit {BEST}",
            [site, event_id, quantity, section],
        ).fetchall()
        return about, offers

    about, offers = await publications.ask(publication, run)
    if not about:
        raise unknown("event", event_id, known_events(publication, site))
    ((event_name, event_at, venue),) = about
    body = published_by(publication) | {
        "property": site,
        "event_id": event_id,
        "event_name": event_name,
        "event_at": event_at,
        "venue": venue,
        "lots_left": offers[0][6] if offers else 0,
        "tickets_left": int(offers[0][7]) if offers else 0,
        "best": [
            dict(zip(Offer.model_fields, offer[:6], strict=True)) for offer in offers
        ],
    }
    return json_response(body)


def known_events(publication: Publication, site: str) -> list[str]:
    """List the events of a property."""
    events = publication.mart("dim_events").relation
    rows = publication.rows(
        f"select event_id from {events} where property = ? order by 1", [site]
    )
    return [name for (name,) in rows]


async def refuse_unknown_event(request: Request, event_id: str) -> None:
    """Refuse an event that the published marts do not know.

    Raises:
        Problem: 404, listing the events there are.
    """
    publications = publications_of(request)
    publication = await publications.current()
    site = request.app.state.settings.property_name
    events = publication.mart("dim_events").relation
    found = await publications.ask(
        publication,
        lambda conn: conn.execute(
            f"select 1 from {events} where property = ? and event_id = ?",
            [site, event_id],
        ).fetchall(),
    )
    if not found:
        raise unknown("event", event_id, known_events(publication, site))
