"""How the inventory is called."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from serving.api.documented import (
    Cursor,
    described,
    guarded,
    json_response,
    page_of,
    position_of,
)
from serving.api.events import refuse_unknown_event
from serving.api.guard import GuardedRoute
from serving.api.inventory.store import MOST, Actor, Done, Ledger, Store
from serving.api.inventory.tables import JOURNAL, LOTS, RESERVATIONS, SALES
from serving.api.patterns import AMOUNT, EVENT, ID, KEY, METHOD, VISITOR, WORDS
from serving.api.problems import Problem, invalid

ROUTER = APIRouter(prefix="/v1/inventory", tags=["Inventory"], route_class=GuardedRoute)
PAGE = 1_000


Words = Annotated[
    str, Field(pattern=WORDS, min_length=1, max_length=50, examples=["101"])
]
Amount = Annotated[
    str,
    Field(
        pattern=AMOUNT,
        max_length=12,
        description='Text with at most two places, such as "49.50".',
        examples=["49.50"],
    ),
]


def whole(value: object) -> object:
    """Take 7.0 for 7, as JSON does; a text or a truth is no number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Quantity = Annotated[
    int, Field(ge=1, le=MOST, strict=True, examples=[2]), BeforeValidator(whole)
]
Flag = Annotated[bool, Field(strict=True)]


def id_of(kind: str) -> Any:  # noqa: ANN401 - an annotation
    """Describe an id in an address."""
    return Annotated[str, Path(pattern=ID, description=kind)]


def id_in_body(kind: str) -> Any:  # noqa: ANN401 - an annotation
    """Describe an id in a body."""
    return Annotated[str, Field(pattern=ID, max_length=40, description=kind)]


LotPath, ReservationPath = id_of("The lot."), id_of("The reservation.")
LotId = id_in_body("The lot.")
# told in words and not as a parameter: whether a key is good depends on what it stood
# for before, which a schema cannot say, so that what fits it would be refused
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=KEY,
        min_length=1,
        max_length=200,
        include_in_schema=False,
    ),
]


class Sent(BaseModel):
    """A body: nothing in it that is not asked for."""

    model_config = ConfigDict(extra="forbid")


class NewLot(Sent):
    """A lot of tickets to post."""

    event_id: Annotated[
        str,
        Field(
            pattern=EVENT,
            max_length=200,
            description="An event of the published marts.",
            examples=["e01"],
        ),
    ]
    quantity: Annotated[Quantity, Field(description="Tickets in the lot.")]
    price: Annotated[Amount, Field(description="Price of one ticket.")]
    section: Words | None = None
    row: Words | None = None
    ticket_type: Words | None = None
    is_available: Flag = True


def optional(schema: dict[str, Any]) -> None:
    """Leave the default out of the documentation: absent means unchanged."""
    schema.pop("default", None)


class LotChange(Sent):
    """What to change of a lot; what is absent stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    quantity: Quantity = Field(
        None,
        description="Tickets in the lot, sold ones too.",
        json_schema_extra=optional,
    )
    price: Amount = Field(
        None, description="Price of one ticket.", json_schema_extra=optional
    )
    is_available: Flag = Field(
        None, description="Whether it is for sale now.", json_schema_extra=optional
    )

    @model_validator(mode="after")
    def refuse_nothing(self) -> LotChange:
        """Refuse a change of nothing."""
        if not self.model_fields_set:
            raise ValueError("give at least one of quantity, price, is_available")
        return self


class SaleDetails(Sent):
    """What is known of a sale; nothing that says who the buyer is."""

    visitor_id: Annotated[
        str | None,
        Field(
            pattern=VISITOR,
            description="The buyer's id in the traffic tables; no name, no address.",
        ),
    ] = None
    payment_method: Annotated[
        str | None,
        Field(
            pattern=METHOD,
            description="A word such as card or wallet; no number.",
        ),
    ] = None
    is_promo_used: Flag | None = None


class NewReservation(Sent):
    """Tickets to hold."""

    lot_id: LotId
    quantity: Quantity
    unit_price: Annotated[
        Amount | None, Field(description="Refuse if a ticket costs another price.")
    ] = None


class NewSale(SaleDetails):
    """Tickets to reserve and take in one step."""

    lot_id: LotId
    quantity: Quantity
    unit_price: Annotated[
        Amount | None, Field(description="Refuse if a ticket costs another price.")
    ] = None


class Lot(BaseModel):
    """A lot."""

    lot_id: str
    seller_id: str
    event_id: str
    section: str | None
    row: str | None
    ticket_type: str | None
    price: str
    quantity: int
    quantity_sold: int
    quantity_reserved: int
    quantity_left: int
    is_available: bool
    status: Literal["open", "unavailable", "withdrawn", "sold_out"]
    posted_at: str
    withdrawn_at: str | None


class Reservation(BaseModel):
    """A reservation."""

    reservation_id: str
    lot_id: str
    quantity: int
    unit_price: str
    status: Literal["held", "expired", "released", "sold"]
    reserved_at: str
    expires_at: str


class Sale(BaseModel):
    """A sale."""

    sale_id: str
    lot_id: str
    reservation_id: str | None
    quantity: int
    unit_price: str
    amount: str
    visitor_id: str | None
    payment_method: str | None
    is_promo_used: bool | None
    sold_at: str


class Entry(BaseModel):
    """An entry of the journal."""

    entry_id: int
    entered_at: str
    actor_id: str
    request_id: str
    action: Literal["posted", "changed", "withdrawn", "reserved", "released", "sold"]
    lot_id: str
    details: dict[str, Any]


# what can be done next with what was just made
LOT_LINKS = {
    name: {"operationId": name, "parameters": {"lot_id": "$response.body#/lot_id"}}
    for name in ("look_at_lot", "change_lot", "withdraw_lot")
}
RESERVATION_LINKS = {
    name: {
        "operationId": name,
        "parameters": {"reservation_id": "$response.body#/reservation_id"},
    }
    for name in ("sell_reserved", "release")
}


# --- changes -------------------------------------------------------------------------


async def change(
    request: Request, key: str | None, work: Callable[[Ledger], Done]
) -> Response:
    """Do a change in a thread, once for each idempotency key."""
    store: Store = request.app.state.store
    body = await request.body()
    if body:
        # the same, however it is written
        body = json.dumps(json_of(body), sort_keys=True).encode()
    asked = f"{request.method} {request.url.path}\n".encode() + body
    fingerprint = hashlib.sha256(asked).hexdigest()
    done = await to_thread.run_sync(store.do, actor_of(request), work, key, fingerprint)
    headers = {"Idempotent-Replay": "true"} if done.is_replay else None
    return json_response(done.body, done.status, headers)


def json_of(body: bytes) -> Any:  # noqa: ANN401 - JSON
    """Read a body, which nobody has looked at where a change takes none.

    A number that is whole is read as such: 10.0 asks for what 10 does.

    Raises:
        Problem: 422 where it is no JSON.
    """
    try:
        return json.loads(body, parse_float=lambda text: whole(float(text)))
    except (ValueError, RecursionError):
        raise invalid("body", "is no JSON that can be read.") from None


def actor_of(request: Request) -> Actor:
    """Tell who asks, and in which request."""
    return Actor(request.state.caller, request.state.request_id)


@ROUTER.post(
    "/lots",
    status_code=201,
    summary="Post a lot",
    **described(Lot, 201, 404, 413, 422, 503, links=LOT_LINKS),
    **guarded("lots"),
)
async def post_lot(request: Request, lot: NewLot, key: Key = None) -> Response:
    """Post a lot of tickets for an event that the published marts know."""
    refusal: Problem | None = None
    try:
        await refuse_unknown_event(request, lot.event_id)
    except Problem as problem:
        refusal = problem

    def work(ledger: Ledger) -> Done:
        # what was done with this key stays done, though its event be gone since
        if refusal:
            raise refusal
        return ledger.post(lot.model_dump(exclude_none=True))

    return await change(request, key, work)


@ROUTER.patch(
    "/lots/{lot_id}",
    summary="Change quantity, price or availability",
    **described(Lot, 200, 404, 409, 413, 422, 503),
    **guarded("lots"),
)
async def change_lot(
    request: Request, lot_id: LotPath, changes: LotChange, key: Key = None
) -> Response:
    """Change one's own lot; tickets that are sold or reserved stay so."""
    values = changes.model_dump(exclude_unset=True)
    return await change(request, key, lambda ledger: ledger.change(lot_id, values))


@ROUTER.post(
    "/lots/{lot_id}/withdrawal",
    summary="Withdraw a lot",
    **described(Lot, 200, 404, 422, 503),
    **guarded("lots"),
)
async def withdraw_lot(request: Request, lot_id: LotPath, key: Key = None) -> Response:
    """Withdraw one's own lot for good; what is reserved can still be sold."""
    return await change(request, key, lambda ledger: ledger.withdraw(lot_id))


@ROUTER.post(
    "/reservations",
    status_code=201,
    summary="Reserve tickets",
    **described(Reservation, 201, 404, 409, 413, 422, 503, links=RESERVATION_LINKS),
    **guarded("sales", "checkout"),
)
async def reserve(
    request: Request, wanted: NewReservation, key: Key = None
) -> Response:
    """Hold tickets for a while, at the price of now."""
    return await change(
        request,
        key,
        lambda ledger: ledger.reserve(
            wanted.lot_id, wanted.quantity, wanted.unit_price
        ),
    )


@ROUTER.post(
    "/reservations/{reservation_id}/sale",
    status_code=201,
    summary="Sell what is reserved",
    **described(Sale, 201, 404, 409, 413, 422, 503),
    **guarded("sales", "checkout"),
)
async def sell_reserved(
    request: Request,
    reservation_id: ReservationPath,
    details: SaleDetails,
    key: Key = None,
) -> Response:
    """Take the tickets of one's own reservation."""
    about = details.model_dump()
    return await change(
        request, key, lambda ledger: ledger.sell_reserved(reservation_id, about)
    )


@ROUTER.post(
    "/reservations/{reservation_id}/release",
    summary="Give reserved tickets back",
    **described(Reservation, 200, 404, 409, 422, 503),
    **guarded("sales", "checkout"),
)
async def release(
    request: Request, reservation_id: ReservationPath, key: Key = None
) -> Response:
    """Release one's own reservation."""
    return await change(request, key, lambda ledger: ledger.release(reservation_id))


@ROUTER.post(
    "/sales",
    status_code=201,
    summary="Sell tickets",
    **described(Sale, 201, 404, 409, 413, 422, 503),
    **guarded("sales", "checkout"),
)
async def sell(request: Request, sale: NewSale, key: Key = None) -> Response:
    """Reserve and take tickets in one step."""
    return await change(
        request,
        key,
        lambda ledger: ledger.sell(
            sale.lot_id,
            sale.quantity,
            sale.unit_price,
            sale.model_dump(include=set(SaleDetails.model_fields)),
        ),
    )


# --- looks ---------------------------------------------------------------------------

Limit = Annotated[int, Query(ge=1, le=PAGE, description="Rows of a page at most.")]
EVERYBODY = ("lots", "sales", "checkout")


async def listing(
    request: Request,
    table: Any,  # noqa: ANN401 - a table of SQLAlchemy's
    conditions: dict[str, str | None],
    cursor: str | None,
    limit: int,
) -> Response:
    """List a page in a thread."""
    store: Store = request.app.state.store
    (column,) = table.primary_key.columns
    chosen = {name: value for name, value in conditions.items() if value is not None}
    after = position_of(cursor, table.name, (column.type.python_type,))
    rows = await to_thread.run_sync(
        store.listed,
        request.state.caller,
        table,
        chosen,
        after[0] if after else None,
        limit + 1,
    )
    return json_response(page_of(rows, limit, table.name, column.name))


@ROUTER.get(
    "/lots",
    summary="List lots",
    **described([Lot], 200, 404, 422, 503),
    **guarded(*EVERYBODY),
)
async def list_lots(
    request: Request,
    event_id: Annotated[str | None, Query(pattern=EVENT)] = None,
    section: Annotated[str | None, Query(pattern=WORDS)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """List one's own lots; with scope checkout everybody's."""
    conditions = {"event_id": event_id, "section": section}
    return await listing(request, LOTS, conditions, cursor, limit)


@ROUTER.get(
    "/lots/{lot_id}",
    summary="Look at a lot",
    **described(Lot, 200, 404, 422, 503),
    **guarded(*EVERYBODY),
)
async def look_at_lot(request: Request, lot_id: LotPath) -> Response:
    """Look at a lot of one's own; with scope checkout at anybody's."""
    store: Store = request.app.state.store
    lot = await to_thread.run_sync(
        store.look, actor_of(request), lambda ledger: ledger.seen_lot(lot_id)
    )
    return json_response(lot)


@ROUTER.get(
    "/reservations",
    summary="List reservations",
    **described([Reservation], 200, 404, 422, 503),
    **guarded("sales", "checkout"),
)
async def list_reservations(
    request: Request, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    """List the reservations one has made; with scope checkout everybody's."""
    return await listing(request, RESERVATIONS, {}, cursor, limit)


@ROUTER.get(
    "/sales",
    summary="List sales",
    **described([Sale], 200, 404, 422, 503),
    **guarded(*EVERYBODY),
)
async def list_sales(
    request: Request,
    lot_id: Annotated[str | None, Query(pattern=ID)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """List the sales of one's own lots; with scope checkout all sales."""
    return await listing(request, SALES, {"lot_id": lot_id}, cursor, limit)


@ROUTER.get(
    "/journal",
    summary="Read the journal",
    **described([Entry], 200, 404, 422, 503),
    **guarded(*EVERYBODY),
)
async def read_journal(
    request: Request,
    lot_id: Annotated[str | None, Query(pattern=ID)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Read every change of one's own lots, the oldest first.

    With scope checkout of everybody's lots.
    """
    return await listing(request, JOURNAL, {"lot_id": lot_id}, cursor, limit)
