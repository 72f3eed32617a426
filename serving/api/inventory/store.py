"""Change the inventory: each change one transaction, with its entry in the journal.

Tickets of a lot are sold, held (by a reservation whose time is not over) or left. A
lapsed reservation needs no clearing away: it is no longer counted. Whoever changes a
lot holds its row (PostgreSQL) or the whole database (SQLite) until it is written.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from serving.api.guard import Caller, StoredToken
from serving.api.inventory.engine import Database
from serving.api.inventory.tables import (
    JOURNAL,
    LOTS,
    REQUESTS,
    RESERVATIONS,
    SALES,
    TOKENS,
)
from serving.api.problems import Problem, invalid, shown

Json = dict[str, Any]
MOST = 100_000  # tickets in a lot
# of a sale: a build takes amounts of ten digits before the point
MOST_CENTS = 10**12 - 1


def utc_now() -> datetime:
    """Tell the time, UTC, as it is stored."""
    return datetime.now(UTC).replace(tzinfo=None)


def new_id(kind: str, now: datetime) -> str:
    """Make an id that no other place has, and that sorts by time."""
    milliseconds = int(now.replace(tzinfo=UTC).timestamp() * 1000)
    return f"{kind}_{milliseconds:012x}{secrets.token_hex(10)}"


def money(cents: int) -> str:
    """Write cents as text: 4973 is 49.73."""
    return f"{cents // 100}.{cents % 100:02d}"


def cents(text: str) -> int:
    """Read an amount of at most two places: 49.7 is 4970."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def instant(value: datetime | None) -> str | None:
    """Write a stored time: UTC, as RFC 3339."""
    return f"{value.isoformat(timespec='microseconds')}Z" if value else None


@dataclass(frozen=True)
class Done:
    """What a request came to: the status and body of its answer."""

    status: int
    body: Json
    is_replay: bool = False


@dataclass(frozen=True)
class Actor:
    """Who changes something, and in which request."""

    caller: Caller
    request_id: str


class Ledger:
    """The changes that can be made, inside one transaction."""

    def __init__(self, conn: Connection, actor: Actor, store: Store) -> None:
        """Begin; what is done to a lot happens when it was got hold of."""
        self.conn, self.actor, self.store = conn, actor, store
        self.now = store.clock()

    # --- lots ----------------------------------------------------------------------

    def post(self, lot: Json) -> Done:
        """Post a lot; what it holds has been checked."""
        local_date, local_time = self.store.local(self.now)
        values = {
            "lot_id": new_id("lot", self.now),
            "seller_id": self.actor.caller.seller_id,
            "event_id": lot["event_id"],
            "section": lot.get("section"),
            "row_label": lot.get("row"),
            "ticket_type": lot.get("ticket_type"),
            "quantity": lot["quantity"],
            "quantity_sold": 0,
            "price_cents": cents(lot["price"]),
            "is_available": lot.get("is_available", True),
            "posted_at": self.now,
            "posting_date": local_date,
            "posting_time": local_time,
            "withdrawn_at": None,
        }
        self.conn.execute(insert(LOTS).values(values))
        first = ("quantity", "price_cents", "is_available")
        self.enter("posted", values["lot_id"], {name: values[name] for name in first})
        return Done(201, self.lot(values["lot_id"]))

    def change(self, lot_id: str, changes: Json) -> Done:
        """Change quantity, price or availability of one's own lot.

        Raises:
            Problem: 409 where tickets that are sold or held would be gone, or the lot
            is withdrawn.
        """
        lot = self.own_lot(lot_id)
        self.refuse_withdrawn(lot)
        values: Json = {}
        if (quantity := changes.get("quantity")) is not None:
            promised = lot.quantity_sold + self.held(lot_id)
            if quantity < promised:
                raise Problem(
                    409,
                    "tickets-promised",
                    f"Of this lot {promised} tickets are sold or reserved: its "
                    f"quantity can be {promised} or more.",
                    left=lot.quantity - promised,
                )
            values["quantity"] = quantity
        if (price := changes.get("price")) is not None:
            values["price_cents"] = cents(price)
        if (is_available := changes.get("is_available")) is not None:
            values["is_available"] = is_available
        self.conn.execute(update(LOTS).where(LOTS.c.lot_id == lot_id).values(**values))
        self.enter("changed", lot_id, values)
        return Done(200, self.lot(lot_id))

    def withdraw(self, lot_id: str) -> Done:
        """Withdraw one's own lot for good; what is reserved can still be sold."""
        lot = self.own_lot(lot_id)
        if lot.withdrawn_at is None:
            self.conn.execute(
                update(LOTS)
                .where(LOTS.c.lot_id == lot_id)
                .values(withdrawn_at=self.now)
            )
            self.enter("withdrawn", lot_id, {})
        return Done(200, self.lot(lot_id))

    # --- tickets -------------------------------------------------------------------

    def reserve(self, lot_id: str, quantity: int, price: str | None = None) -> Done:
        """Hold tickets of a lot for a while, at the price of now."""
        lot = self.sellable_lot(lot_id)
        reservation_id = self.hold(lot, quantity, price)
        return Done(201, self.reservation(reservation_id))

    def sell(self, lot_id: str, quantity: int, price: str | None, about: Json) -> Done:
        """Reserve and take tickets in one step."""
        lot = self.sellable_lot(lot_id)
        reservation_id = self.hold(lot, quantity, price)
        return self.take(reservation_id, about)

    def sell_reserved(self, reservation_id: str, about: Json) -> Done:
        """Take the tickets of one's own reservation.

        Raises:
            Problem: 409 where its time is over, or it was sold or released.
        """
        held = self.own_reservation(reservation_id)
        if held.state == "held" and held.expires_at <= self.now:
            lot = self.row(LOTS, held.lot_id)
            raise Problem(
                409,
                "reservation-expired",
                "The time of this reservation is over; reserve again. Of its lot "
                f"{self.left(lot)} tickets are left.",
                left=self.left(lot),
            )
        if held.state != "held":
            raise Problem(
                409,
                "reservation-closed",
                f"This reservation is {held.state} already.",
            )
        return self.take(reservation_id, about)

    def release(self, reservation_id: str) -> Done:
        """Give the tickets of one's own reservation back.

        Raises:
            Problem: 409 where they are sold.
        """
        held = self.own_reservation(reservation_id)
        if held.state == "sold":
            raise Problem(
                409, "reservation-closed", "This reservation is sold already."
            )
        if held.state == "held":
            self.conn.execute(
                update(RESERVATIONS)
                .where(RESERVATIONS.c.reservation_id == reservation_id)
                .values(state="released")
            )
            self.enter("released", held.lot_id, {"reservation_id": reservation_id})
        return Done(200, self.reservation(reservation_id))

    def hold(self, lot: Row, quantity: int, price: str | None) -> str:
        """Write a reservation, if there are as many tickets; returns its id.

        Raises:
            Problem: 409 with what is left, or with the price where it has changed; 422
            where they cost more than a sale can come to.
        """
        left = self.left(lot)
        if lot.withdrawn_at is not None or not lot.is_available:
            raise Problem(
                409,
                "lot-not-available",
                "This lot is not for sale now: its seller has taken it out.",
                left=0,
            )
        if quantity > left:
            raise Problem(
                409,
                "too-few-tickets",
                f"Of this lot {left} tickets are left, and {quantity} are wanted.",
                left=left,
            )
        if price is not None and cents(price) != lot.price_cents:
            raise Problem(
                409,
                "price-changed",
                f"A ticket of this lot costs {money(lot.price_cents)} now.",
                left=left,
                price=money(lot.price_cents),
            )
        if quantity * lot.price_cents > MOST_CENTS:
            raise invalid(
                "quantity",
                f"A sale comes to {money(MOST_CENTS)} at most: sell in parts.",
            )
        reservation_id = new_id("res", self.now)
        expires_at = self.now + timedelta(seconds=self.store.reservation_seconds)
        self.conn.execute(
            insert(RESERVATIONS).values(
                reservation_id=reservation_id,
                lot_id=lot.lot_id,
                holder_id=self.actor.caller.seller_id,
                quantity=quantity,
                unit_price_cents=lot.price_cents,
                reserved_at=self.now,
                expires_at=expires_at,
                state="held",
            )
        )
        self.enter(
            "reserved",
            lot.lot_id,
            {
                "reservation_id": reservation_id,
                "quantity": quantity,
                "unit_price_cents": lot.price_cents,
                "expires_at": instant(expires_at),
            },
        )
        return reservation_id

    def take(self, reservation_id: str, about: Json) -> Done:
        """Turn a reservation that holds into a sale."""
        held = self.row(RESERVATIONS, reservation_id)
        local_date, local_time = self.store.local(self.now)
        values = {
            "sale_id": new_id("sale", self.now),
            "lot_id": held.lot_id,
            "reservation_id": reservation_id,
            "sold_by": self.actor.caller.seller_id,
            "quantity": held.quantity,
            "unit_price_cents": held.unit_price_cents,
            "visitor_id": about.get("visitor_id"),
            "payment_method": about.get("payment_method"),
            "is_promo_used": about.get("is_promo_used"),
            "sold_at": self.now,
            "sale_date": local_date,
            "sale_time": local_time,
        }
        self.conn.execute(insert(SALES).values(values))
        self.conn.execute(
            update(RESERVATIONS)
            .where(RESERVATIONS.c.reservation_id == reservation_id)
            .values(state="sold")
        )
        self.conn.execute(
            update(LOTS)
            .where(LOTS.c.lot_id == held.lot_id)
            .values(quantity_sold=LOTS.c.quantity_sold + held.quantity)
        )
        self.enter(
            "sold",
            held.lot_id,
            {
                "sale_id": values["sale_id"],
                "reservation_id": reservation_id,
                "quantity": held.quantity,
                "unit_price_cents": held.unit_price_cents,
            },
        )
        return Done(201, self.sale(values["sale_id"]))

    # --- what is there -------------------------------------------------------------

    def row(self, table: Table, key: str, *, is_locked: bool = False) -> Row:
        """Read the row of an id.

        Raises:
            Problem: 404.
        """
        (column,) = table.primary_key.columns
        query = select(table).where(column == key)
        found = self.conn.execute(
            query.with_for_update() if is_locked else query
        ).one_or_none()
        if found is None:
            kind = table.name.removesuffix("s")
            raise Problem(
                404,
                f"unknown-{kind}",
                f"No {kind} has the id {shown(key)}. GET /v1/inventory/{table.name} "
                "lists those you may see.",
            )
        return found

    def locked_lot(self, lot_id: str) -> Row:
        """Read a lot and hold it until this transaction ends."""
        lot = self.row(LOTS, lot_id, is_locked=True)
        # it may have been waited for: what lapsed meanwhile has lapsed
        self.now = self.store.clock()
        return lot

    def own_lot(self, lot_id: str) -> Row:
        """Read a lot of the caller's own, and hold it.

        Raises:
            Problem: 403 where it is another's.
        """
        lot = self.locked_lot(lot_id)
        if lot.seller_id != self.actor.caller.seller_id:
            raise foreign("lot")
        return lot

    def sellable_lot(self, lot_id: str) -> Row:
        """Read a lot that the caller may sell of, and hold it.

        Raises:
            Problem: 403 where it is another's and the token has no scope checkout.
        """
        lot = self.locked_lot(lot_id)
        self.refuse_foreign(lot)
        return lot

    def own_reservation(self, reservation_id: str) -> Row:
        """Read a reservation of the caller's own, and hold its lot.

        Raises:
            Problem: 403 where it is another's.
        """
        held = self.row(RESERVATIONS, reservation_id)
        if held.holder_id != self.actor.caller.seller_id:
            raise foreign("reservation")
        self.locked_lot(held.lot_id)
        # it may have been sold while its lot was waited for
        return self.row(RESERVATIONS, reservation_id)

    def held(self, lot_id: str) -> int:
        """Count the tickets of a lot that reservations hold now."""
        return self.conn.execute(
            select(func.coalesce(func.sum(RESERVATIONS.c.quantity), 0)).where(
                RESERVATIONS.c.lot_id == lot_id,
                RESERVATIONS.c.state == "held",
                RESERVATIONS.c.expires_at > self.now,
            )
        ).scalar_one()

    def left(self, lot: Row) -> int:
        """Count the tickets of a lot that are neither sold nor held."""
        return lot.quantity - lot.quantity_sold - self.held(lot.lot_id)

    def refuse_foreign(self, lot: Row) -> None:
        """Refuse what the caller may neither see nor sell of.

        Raises:
            Problem: 403 where it is another's and the token has no scope checkout.
        """
        caller = self.actor.caller
        if lot.seller_id != caller.seller_id and "checkout" not in caller.scopes:
            raise foreign("lot")

    def refuse_withdrawn(self, lot: Row) -> None:
        """Refuse to change what is withdrawn.

        Raises:
            Problem: 409.
        """
        if lot.withdrawn_at is not None:
            raise Problem(
                409, "lot-withdrawn", "This lot is withdrawn. Post another one.", left=0
            )

    def seen_lot(self, lot_id: str) -> Json:
        """Show a lot that the caller may see, and hold nothing.

        Raises:
            Problem: 403 where it is another's and the token has no scope checkout.
        """
        self.refuse_foreign(self.row(LOTS, lot_id))
        return self.lot(lot_id)

    def lot(self, lot_id: str) -> Json:
        """Show a lot."""
        return lot_json(self.row(LOTS, lot_id), self.held(lot_id))

    def reservation(self, reservation_id: str) -> Json:
        """Show a reservation."""
        return reservation_json(self.row(RESERVATIONS, reservation_id), self.now)

    def sale(self, sale_id: str) -> Json:
        """Show a sale."""
        return sale_json(self.row(SALES, sale_id))

    def enter(self, action: str, lot_id: str, details: Json) -> None:
        """Write a change into the journal."""
        self.conn.execute(
            insert(JOURNAL).values(
                entered_at=self.now,
                actor_id=self.actor.caller.seller_id,
                token_id=self.actor.caller.token_id,
                request_id=self.actor.request_id,
                action=action,
                lot_id=lot_id,
                details=json.dumps(details),
            )
        )


def foreign(kind: str) -> Problem:
    """Refuse what is another seller's."""
    return Problem(403, f"foreign-{kind}", f"This {kind} is another seller's.")


def lot_json(lot: Row, held: int) -> Json:
    """Show a lot; a withdrawn or unavailable one has no tickets left to buy."""
    is_open = lot.withdrawn_at is None and lot.is_available
    left = lot.quantity - lot.quantity_sold - held
    if lot.quantity_sold == lot.quantity:
        status = "sold_out"
    elif lot.withdrawn_at is not None:
        status = "withdrawn"
    else:
        status = "open" if is_open else "unavailable"
    return {
        "lot_id": lot.lot_id,
        "seller_id": lot.seller_id,
        "event_id": lot.event_id,
        "section": lot.section,
        "row": lot.row_label,
        "ticket_type": lot.ticket_type,
        "price": money(lot.price_cents),
        "quantity": lot.quantity,
        "quantity_sold": lot.quantity_sold,
        "quantity_reserved": held,
        "quantity_left": left if is_open else 0,
        "is_available": lot.is_available,
        "status": status,
        "posted_at": instant(lot.posted_at),
        "withdrawn_at": instant(lot.withdrawn_at),
    }


def reservation_json(held: Row, now: datetime) -> Json:
    """Show a reservation; one that is held beyond its time is expired."""
    is_over = held.state == "held" and held.expires_at <= now
    return {
        "reservation_id": held.reservation_id,
        "lot_id": held.lot_id,
        "quantity": held.quantity,
        "unit_price": money(held.unit_price_cents),
        "status": "expired" if is_over else held.state,
        "reserved_at": instant(held.reserved_at),
        "expires_at": instant(held.expires_at),
    }


def sale_json(sale: Row) -> Json:
    """Show a sale."""
    return {
        "sale_id": sale.sale_id,
        "lot_id": sale.lot_id,
        "reservation_id": sale.reservation_id,
        "quantity": sale.quantity,
        "unit_price": money(sale.unit_price_cents),
        "amount": money(sale.unit_price_cents * sale.quantity),
        "visitor_id": sale.visitor_id,
        "payment_method": sale.payment_method,
        "is_promo_used": sale.is_promo_used,
        "sold_at": instant(sale.sold_at),
    }


def entry_json(entry: Row) -> Json:
    """Show an entry of the journal."""
    return {
        "entry_id": entry.entry_id,
        "entered_at": instant(entry.entered_at),
        "actor_id": entry.actor_id,
        "request_id": entry.request_id,
        "action": entry.action,
        "lot_id": entry.lot_id,
        "details": json.loads(entry.details),
    }


class Store:
    """The inventory as the API uses it."""

    def __init__(
        self,
        database: Database,
        time_zone: ZoneInfo,
        reservation_seconds: int,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Remember the database; `clock` tells the time, UTC."""
        self.database, self.time_zone, self.clock = database, time_zone, clock
        self.reservation_seconds = reservation_seconds

    def local(self, now: datetime) -> tuple[str, str]:
        """Tell day and time of an instant on the property's clock."""
        there = now.replace(tzinfo=UTC).astimezone(self.time_zone)
        return f"{there:%Y-%m-%d}", f"{there:%H:%M:%S.%f}"

    def do(
        self,
        actor: Actor,
        work: Callable[[Ledger], Done],
        key: str | None = None,
        fingerprint: str = "",
    ) -> Done:
        """Do a change once, however often the request with its key comes.

        Args:
            actor: who asks.
            work: the change.
            key: the request's idempotency key, if it has one.
            fingerprint: hash of what is asked.

        Raises:
            Problem: whatever the change refuses; 422 where the key stands for another
            request.
        """
        while True:
            try:
                with self.database.writing() as conn:
                    if key is None:
                        return work(Ledger(conn, actor, self))
                    if known := self.known(conn, actor, key, fingerprint):
                        return known
                    # first the key: the same request, come twice at once, waits here
                    self.claim(conn, actor, key, fingerprint)
                    done = work(Ledger(conn, actor, self))
                    self.remember(conn, actor, key, done)
                    return done
            except KeyTaken:
                continue

    def known(
        self, conn: Connection, actor: Actor, key: str, fingerprint: str
    ) -> Done | None:
        """Find what a request with this key came to."""
        found = conn.execute(
            select(REQUESTS).where(
                REQUESTS.c.seller_id == actor.caller.seller_id,
                REQUESTS.c.idempotency_key == key,
            )
        ).one_or_none()
        if found is None:
            return None
        if found.fingerprint != fingerprint:
            raise Problem(
                422,
                "idempotency-key-reused",
                "This Idempotency-Key stands for another request. Use a new one.",
                errors=[
                    {
                        "field": "Idempotency-Key",
                        "message": "was sent with another request",
                    }
                ],
            )
        return Done(found.status, json.loads(found.body), is_replay=True)

    def claim(self, conn: Connection, actor: Actor, key: str, fingerprint: str) -> None:
        """Take a key for this request; it is free again if the request is refused.

        Raises:
            KeyTaken: another request with this key was written meanwhile.
        """
        try:
            conn.execute(
                insert(REQUESTS).values(
                    seller_id=actor.caller.seller_id,
                    idempotency_key=key,
                    fingerprint=fingerprint,
                    status=0,
                    body="",
                    answered_at=self.clock(),
                )
            )
        except IntegrityError:
            raise KeyTaken from None

    def remember(self, conn: Connection, actor: Actor, key: str, done: Done) -> None:
        """Keep the answer with the change itself: both are written or neither."""
        conn.execute(
            update(REQUESTS)
            .where(
                REQUESTS.c.seller_id == actor.caller.seller_id,
                REQUESTS.c.idempotency_key == key,
            )
            .values(status=done.status, body=json.dumps(done.body))
        )

    def forget_before(self, moment: datetime) -> None:
        """Forget the keys of requests answered before a moment."""
        with self.database.writing() as conn:
            conn.execute(delete(REQUESTS).where(REQUESTS.c.answered_at < moment))

    # --- looking -------------------------------------------------------------------

    def look(self, actor: Actor, work: Callable[[Ledger], Json]) -> Json:
        """Look at something."""
        with self.database.reading() as conn:
            return work(Ledger(conn, actor, self))

    def listed(
        self,
        caller: Caller,
        table: Table,
        conditions: dict[str, str],
        after: str | int | None,
        limit: int,
    ) -> list[Json]:
        """List lots, reservations, sales or entries that the caller may see, by id.

        Args:
            caller: sees what is theirs; with scope checkout all of it.
            table: what to list.
            conditions: columns and the value each must have.
            after: the last id of the page before.
            limit: rows at most.
        """
        (key,) = table.primary_key.columns
        query = select(table).order_by(key).limit(limit)
        if after is not None:
            query = query.where(key > after)
        for name, value in conditions.items():
            query = query.where(table.c[name] == value)
        if "checkout" not in caller.scopes:
            query = query.where(*seen_by(caller, table))
        with self.database.reading() as conn:
            now = self.clock()
            rows = conn.execute(query).all()
            if table is RESERVATIONS:
                return [reservation_json(row, now) for row in rows]
            if table is SALES:
                return [sale_json(row) for row in rows]
            if table is JOURNAL:
                return [entry_json(row) for row in rows]
            held = dict(
                conn.execute(
                    select(RESERVATIONS.c.lot_id, func.sum(RESERVATIONS.c.quantity))
                    .where(
                        RESERVATIONS.c.lot_id.in_([row.lot_id for row in rows]),
                        RESERVATIONS.c.state == "held",
                        RESERVATIONS.c.expires_at > now,
                    )
                    .group_by(RESERVATIONS.c.lot_id)
                ).all()
            )
            return [lot_json(row, held.get(row.lot_id, 0)) for row in rows]

    # --- tokens --------------------------------------------------------------------

    def find_token(self, token_id: str) -> StoredToken | None:
        """Find a token by its id, valid or not."""
        with self.database.reading() as conn:
            row = conn.execute(
                select(TOKENS).where(TOKENS.c.token_id == token_id)
            ).one_or_none()
        if row is None:
            return None
        return StoredToken(
            row.token_id,
            row.seller_id,
            row.secret_hash,
            frozenset(row.scopes.split()),
            row.expires_at,
            row.revoked_at,
        )


def seen_by(caller: Caller, table: Table) -> list[Any]:
    """Say which rows of a table a seller may see."""
    if table is LOTS:
        return [LOTS.c.seller_id == caller.seller_id]
    if table is RESERVATIONS:
        return [RESERVATIONS.c.holder_id == caller.seller_id]
    own_lots = select(LOTS.c.lot_id).where(LOTS.c.seller_id == caller.seller_id)
    return [table.c.lot_id.in_(own_lots)]


class KeyTaken(Exception):
    """Another request with the same idempotency key was written first."""
