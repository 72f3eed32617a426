"""The inventory: never oversold, nothing lost, nothing half done, on both databases."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, inspect, select, text
from sqlalchemy.exc import DBAPIError

from api_support import (
    Client,
    Clock,
    api_on,
    event_loop,
    make_token,
    opened_store,
    plain_url,
    running_api,
    sqlite_url,
)
from postgres_server import Server, running_server, server_binaries
from raw_data.sqlite import at_one_moment
from serving.api.guard import Caller
from serving.api.inventory.engine import Database
from serving.api.inventory.store import Actor, Done, Ledger, Store
from serving.api.inventory.tables import JOURNAL, LOTS, METADATA, REQUESTS, SALES
from serving.api.problems import Problem
from serving.api.settings import INVENTORY, inventory_url
from support import PROJECT, SEEDS, Build, dbt, environment

pytestmark = pytest.mark.slow

BINARIES = server_binaries()
SCOPES = frozenset({"lots", "sales", "checkout"})
LOT = {"event_id": "e01", "quantity": 10, "price": "49.50"}
TABLES = ("idempotent_requests", "journal", "sales", "reservations", "lots", "tokens")


@pytest.fixture(scope="module")
def server() -> Iterator[Server | None]:
    """Run a PostgreSQL server for the tests here."""
    if BINARIES is None:
        yield None
        return
    with running_server(BINARIES) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def url(
    request: pytest.FixtureRequest, server: Server | None, tmp_path: Path
) -> Iterator[str]:
    """Give an inventory's connection string, on either database."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    if server is None:
        pytest.skip("PostgreSQL is not installed")
    name = f"i{time.monotonic_ns()}"
    server.psql(f"create database {name}")
    dsn = server.dsn(database=name)
    yield dsn.replace("postgresql:", "postgresql+psycopg:")
    server.psql(f"drop database {name} with (force)")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Open an inventory."""
    store = opened_store(url)
    yield store
    store.database.close()


def actor(seller: str = "s01") -> Actor:
    """Be a seller who may do everything."""
    return Actor(Caller("000000000000", seller, SCOPES), "request")


def posted(store: Store, **changes: Any) -> str:  # noqa: ANN401
    """Post a lot; gives its id."""
    done = store.do(actor(), lambda ledger: ledger.post(LOT | changes))
    return done.body["lot_id"]


def shown(store: Store, lot_id: str) -> dict[str, Any]:
    """Look at a lot."""
    return store.look(actor(), lambda ledger: ledger.lot(lot_id))


def state_of(store: Store) -> dict[str, tuple[Any, ...]]:
    """Read the lots as they are stored."""
    with store.database.reading() as conn:
        rows = conn.execute(select(LOTS)).all()
    return {
        row.lot_id: (
            row.quantity,
            row.quantity_sold,
            row.price_cents,
            bool(row.is_available),
            row.withdrawn_at is not None,
        )
        for row in rows
    }


def replayed(store: Store) -> dict[str, tuple[Any, ...]]:
    """Work the lots out from the journal alone."""
    with store.database.reading() as conn:
        entries = conn.execute(select(JOURNAL).order_by(JOURNAL.c.entry_id)).all()
    lots: dict[str, dict[str, Any]] = {}
    for entry in entries:
        details = json.loads(entry.details)
        if entry.action == "posted":
            lots[entry.lot_id] = details | {"sold": 0, "withdrawn": False}
        elif entry.action == "changed":
            lots[entry.lot_id] |= details
        elif entry.action == "withdrawn":
            lots[entry.lot_id]["withdrawn"] = True
        elif entry.action == "sold":
            lots[entry.lot_id]["sold"] += details["quantity"]
    return {
        lot_id: (
            lot["quantity"],
            lot["sold"],
            lot["price_cents"],
            lot["is_available"],
            lot["withdrawn"],
        )
        for lot_id, lot in lots.items()
    }


def check_books(store: Store) -> None:
    """Check that lots, sales and journal say the same, and nothing is oversold."""
    lots = state_of(store)
    assert lots == replayed(store)
    with store.database.reading() as conn:
        sales = conn.execute(
            text("select lot_id, sum(quantity) from sales group by lot_id")
        ).all()
    sold = {lot_id: quantity for lot_id, quantity in sales}
    for lot_id, (quantity, quantity_sold, *_) in lots.items():
        assert sold.get(lot_id, 0) == quantity_sold <= quantity


# --- the schema ----------------------------------------------------------------------


def test_migrations_make_what_the_code_stores(url: str) -> None:
    """And unmake it, and make it again."""
    database = Database(url)
    database.migrate()
    with database.reading() as conn:
        assert compare_metadata(MigrationContext.configure(conn), METADATA) == []
        views = set(inspect(conn).get_view_names())
    assert views == {"ticket_listings", "customer_sales"}
    database.migrate("base")
    with database.reading() as conn:
        assert set(inspect(conn).get_table_names()) == {"alembic_version"}
    database.migrate()
    with database.reading() as conn:
        assert set(TABLES) < set(inspect(conn).get_table_names())
    database.close()


def test_two_that_start_at_once_make_the_schema_once(url: str) -> None:
    """Both are stopped where the first table is made, until that is taken back."""
    database = Database(url)
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    migrate = (
        "import sys; from serving.api.inventory.engine import Database; "
        "Database(sys.argv[1]).migrate()"
    )
    waiting = text(
        "select count(*) from pg_stat_activity "
        "where datname = current_database() and wait_event_type = 'Lock'"
    )
    with database.engine.connect() as conn:
        conn.execute(text("create table alembic_version (version_num text)"))
        started = [
            subprocess.Popen([sys.executable, "-c", migrate, url], cwd=PROJECT)
            for _ in range(2)
        ]
        for _ in range(200):
            # a statement's view of other sessions is kept until its transaction ends
            conn.execute(text("select pg_stat_clear_snapshot()"))
            if conn.execute(waiting).scalar() == len(started):
                break
            time.sleep(0.05)
        conn.rollback()
    assert [process.wait() for process in started] == [0, 0]
    with database.reading() as conn:
        assert set(TABLES) < set(inspect(conn).get_table_names())
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "delete from journal",
        "update journal set action = 'x'",
        "insert or replace into journal select * from journal",
    ],
)
def test_the_journal_is_append_only(store: Store, statement: str) -> None:
    if not store.database.is_sqlite:
        # the same in its words
        statement = statement.replace("or replace ", "") + (
            " on conflict (entry_id) do update set action = 'x'"
            if "replace" in statement
            else ""
        )
    posted(store)
    with pytest.raises(DBAPIError, match="append-only"):  # noqa: SIM117
        with store.database.writing() as conn:
            conn.execute(text(statement))
    check_books(store)


def test_the_database_itself_refuses_to_oversell(store: Store) -> None:
    posted(store)
    with pytest.raises(DBAPIError, match="not_oversold"):  # noqa: SIM117
        with store.database.writing() as conn:
            conn.execute(text("update lots set quantity_sold = 11"))


def test_a_path_or_connection_string_names_the_inventory(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    with environment(**{INVENTORY: str(path)}):
        assert inventory_url() == f"sqlite:///{path}"
    with environment(**{INVENTORY: "postgresql://u:p@h/d"}):
        assert inventory_url() == "postgresql+psycopg://u:p@h/d"
    with environment(**{INVENTORY: "mysql://h/d"}), pytest.raises(SystemExit):
        inventory_url()


@pytest.mark.parametrize("name", ["what?.db", "100%41.db", "no#1 +.db"])
def test_a_file_is_called_as_its_path_says(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with environment(**{INVENTORY: str(path)}):
        database = Database(inventory_url())
    database.migrate()
    database.close()
    assert [found.name for found in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://shop:a@b:secret@localhost/shop",
        "postgresql://shop@localhost:port/shop",
    ],
)
def test_a_connection_string_that_is_none_is_a_sentence(dsn: str) -> None:
    """Such as one whose password has a sign that divides: none of it is told."""
    with environment(**{INVENTORY: dsn}), pytest.raises(SystemExit) as stopped:
        Database(inventory_url())
    assert INVENTORY in str(stopped.value)
    assert "secret" not in str(stopped.value)
    assert stopped.value.__suppress_context__


def test_a_server_that_is_not_there_is_a_sentence_without_the_password() -> None:
    database = Database("postgresql+psycopg://u:Wacholder@127.0.0.1:9/d")
    with pytest.raises(SystemExit) as refusal:
        database.migrate()
    assert "TRIBUTARY_INVENTORY" in str(refusal.value)
    assert "Wacholder" not in str(refusal.value) + repr(database.engine)


# --- reservations --------------------------------------------------------------------


def test_a_reservation_lapses_by_itself(url: str) -> None:
    clock = Clock()
    store = opened_store(url, clock, seconds=60)
    lot_id = posted(store)
    held = store.do(actor(), lambda ledger: ledger.reserve(lot_id, 8)).body
    with pytest.raises(Problem, match="2 tickets are left"):
        store.do(actor(), lambda ledger: ledger.reserve(lot_id, 3))
    clock.now += timedelta(seconds=59)
    assert shown(store, lot_id)["quantity_left"] == 2
    clock.now += timedelta(seconds=1)
    assert shown(store, lot_id)["quantity_left"] == 10
    name = held["reservation_id"]
    with pytest.raises(Problem, match="is over") as refusal:
        store.do(actor(), lambda ledger: ledger.sell_reserved(name, {}))
    assert refusal.value.more["left"] == 10
    store.database.close()


def test_a_reserved_ticket_is_sold_at_the_price_it_had(store: Store) -> None:
    """And although its lot was withdrawn: it was promised."""
    lot_id = posted(store)
    held = store.do(actor(), lambda ledger: ledger.reserve(lot_id, 2)).body
    store.do(actor(), lambda ledger: ledger.change(lot_id, {"price": "99"}))
    store.do(actor(), lambda ledger: ledger.withdraw(lot_id))
    name = held["reservation_id"]
    sale = store.do(actor(), lambda ledger: ledger.sell_reserved(name, {})).body
    assert (sale["unit_price"], sale["amount"]) == ("49.50", "99.00")
    for again in (Ledger.release, lambda led, res: led.sell_reserved(res, {})):
        with pytest.raises(Problem, match="sold already"):
            store.do(actor(), lambda ledger, again=again: again(ledger, name))
    with pytest.raises(Problem, match="another seller"):
        store.do(actor("s02"), lambda ledger: ledger.release(name))
    check_books(store)


def test_what_lapses_while_a_lot_is_waited_for_has_lapsed(url: str) -> None:
    """Else its tickets could be promised twice."""
    clock = Clock()
    store = opened_store(url, clock, seconds=60)
    lot_id = posted(store)
    held = store.do(actor(), lambda ledger: ledger.reserve(lot_id, 10)).body
    begun, answers = threading.Event(), []

    def late(ledger: Ledger) -> Done:
        begun.set()
        return ledger.sell_reserved(held["reservation_id"], {})

    def sell_late() -> None:
        try:
            answers.append(store.do(actor(), late))
        except Problem as problem:
            answers.append(problem)

    with store.database.writing() as conn:
        ledger = Ledger(conn, actor(), store)
        ledger.locked_lot(lot_id)
        thread = threading.Thread(target=sell_late)
        thread.start()
        begun.wait(0.5)
        time.sleep(0.2)
        clock.now += timedelta(seconds=61)
        ledger.sell(lot_id, 10, None, {})
    thread.join()
    (answer,) = answers
    assert isinstance(answer, Problem)
    assert answer.kind == "reservation-expired"
    check_books(store)
    store.database.close()


# --- against a model -----------------------------------------------------------------


@dataclass
class ModelLot:
    """What a lot should be."""

    quantity: int
    cents: int
    is_available: bool = True
    is_withdrawn: bool = False
    sold: int = 0
    holds: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def left(self, now: Any) -> int:  # noqa: ANN401
        """Count what is neither sold nor held."""
        held = sum(count for count, until in self.holds.values() if until > now)
        return self.quantity - self.sold - held


class InventoryMachine(RuleBasedStateMachine):
    """Does anything in any order, and compares with a model in plain Python."""

    url: str

    def __init__(self) -> None:
        """Open the inventory that all runs share, with a clock of this run's own."""
        super().__init__()
        self.clock = Clock()
        self.store = opened_store(self.url, self.clock, seconds=60)
        self.lots: dict[str, ModelLot] = {}
        self.closed: list[str] = []

    @initialize()
    def empty(self) -> None:
        """Begin without a lot; entries of the journal stay, so by new ids."""
        with self.store.database.reading() as conn:
            self.known = set(conn.execute(select(LOTS.c.lot_id)).scalars())

    def do(self, work: Callable[[Ledger], Done]) -> Done | Problem:
        try:
            return self.store.do(actor(), work)
        except Problem as problem:
            return problem

    def some(self, data: st.DataObject) -> str:
        # in the order they were posted: their ids are random
        return data.draw(st.sampled_from(list(self.lots)))

    @rule(quantity=st.integers(1, 6), cents=st.integers(0, 9999))
    def post(self, quantity: int, cents: int) -> None:
        price = f"{cents // 100}.{cents % 100:02d}"
        lot = {"event_id": "e01", "quantity": quantity, "price": price}
        done = self.do(lambda ledger: ledger.post(lot))
        self.lots[done.body["lot_id"]] = ModelLot(quantity, cents)

    @precondition(lambda self: self.lots)
    @rule(
        data=st.data(),
        quantity=st.none() | st.integers(1, 8),
        cents=st.none() | st.integers(0, 999),
        is_available=st.none() | st.booleans(),
    )
    def change(
        self,
        data: st.DataObject,
        quantity: int | None,
        cents: int | None,
        is_available: bool | None,
    ) -> None:
        lot_id = self.some(data)
        lot, now = self.lots[lot_id], self.clock()
        price = None if cents is None else f"{cents / 100:.2f}"
        changes = {"quantity": quantity, "price": price, "is_available": is_available}
        changes = {name: value for name, value in changes.items() if value is not None}
        if not changes:
            return
        done = self.do(lambda ledger: ledger.change(lot_id, changes))
        promised = lot.quantity - lot.left(now)
        if lot.is_withdrawn or (quantity is not None and quantity < promised):
            assert isinstance(done, Problem)
            return
        assert done.status == 200
        lot.quantity = quantity or lot.quantity
        lot.cents = lot.cents if cents is None else cents
        lot.is_available = lot.is_available if is_available is None else is_available

    @precondition(lambda self: self.lots)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        lot_id = self.some(data)
        assert self.do(lambda ledger: ledger.withdraw(lot_id)).status == 200
        self.lots[lot_id].is_withdrawn = True

    @precondition(lambda self: self.lots)
    @rule(data=st.data(), quantity=st.integers(1, 4), is_at_once=st.booleans())
    def take(self, data: st.DataObject, quantity: int, is_at_once: bool) -> None:
        lot_id = self.some(data)
        lot, now = self.lots[lot_id], self.clock()
        if is_at_once:
            done = self.do(lambda ledger: ledger.sell(lot_id, quantity, None, {}))
        else:
            done = self.do(lambda ledger: ledger.reserve(lot_id, quantity))
        is_open = lot.is_available and not lot.is_withdrawn
        if not is_open or quantity > lot.left(now):
            assert isinstance(done, Problem)
            assert done.more["left"] == (lot.left(now) if is_open else 0)
            return
        assert done.status == 201
        assert done.body["unit_price"] == f"{lot.cents / 100:.2f}"
        if is_at_once:
            lot.sold += quantity
        else:
            until = now + timedelta(seconds=60)
            lot.holds[done.body["reservation_id"]] = (quantity, until)

    @precondition(lambda self: any(lot.holds for lot in self.lots.values()))
    @rule(data=st.data(), is_sold=st.booleans())
    def settle(self, data: st.DataObject, is_sold: bool) -> None:
        holds = [(res, lot) for lot in self.lots.values() for res in lot.holds]
        name, lot = holds[data.draw(st.integers(0, len(holds) - 1))]
        quantity, until = lot.holds[name]
        if not is_sold:
            assert self.do(lambda ledger: ledger.release(name)).status == 200
            del lot.holds[name]
            return
        done = self.do(lambda ledger: ledger.sell_reserved(name, {}))
        if until <= self.clock():
            assert isinstance(done, Problem)
            assert done.kind == "reservation-expired"
            return
        assert done.status == 201
        lot.sold += quantity
        del lot.holds[name]

    @rule(seconds=st.sampled_from([1, 30, 60]))
    def wait(self, seconds: int) -> None:
        self.clock.now += timedelta(seconds=seconds)

    @invariant()
    def lots_are_as_they_should_be(self) -> None:
        now = self.clock()
        rows = self.store.listed(actor().caller, LOTS, {}, None, 10_000)
        found = {row["lot_id"]: row for row in rows if row["lot_id"] in self.lots}
        assert set(found) == set(self.lots)
        for lot_id, lot in self.lots.items():
            row = found[lot_id]
            is_open = lot.is_available and not lot.is_withdrawn
            assert row["quantity"] == lot.quantity
            assert row["quantity_sold"] == lot.sold
            assert row["price"] == f"{lot.cents / 100:.2f}"
            assert row["quantity_left"] == (lot.left(now) if is_open else 0)
            assert row["quantity_reserved"] == lot.quantity - lot.sold - lot.left(now)

    def teardown(self) -> None:
        """Compare lots, sales and journal at the end of each run."""
        check_books(self.store)
        self.store.database.close()


def run_machine(url: str, examples: int) -> None:
    """Run the machine on an inventory."""
    machine = type("Machine", (InventoryMachine,), {"url": url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_order_of_changes_is_as_a_model_says(url: str) -> None:
    opened_store(url).database.close()
    run_machine(url, 12)


@pytest.mark.nightly
def test_any_order_of_changes_is_as_a_model_says_at_length(url: str) -> None:
    opened_store(url).database.close()
    run_machine(url, 200)


# --- at once -------------------------------------------------------------------------


def sell_out(store: Store, buyers: int) -> tuple[str, list[Done | Problem]]:
    """Let buyers want a ticket each of a lot of ten, all at once."""
    lot_id = posted(store)
    ready = threading.Barrier(buyers)

    def buy(number: int) -> Done | Problem:
        ready.wait()
        try:
            if number % 2:
                return store.do(
                    actor(f"b{number}"), lambda ledger: ledger.sell(lot_id, 1, None, {})
                )
            buyer = actor(f"b{number}")
            held = store.do(buyer, lambda ledger: ledger.reserve(lot_id, 1)).body
            name = held["reservation_id"]
            return store.do(buyer, lambda ledger: ledger.sell_reserved(name, {}))
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(buyers) as pool:
        return lot_id, list(pool.map(buy, range(buyers)))


def check_sold_out(store: Store, rounds: int) -> None:
    """Sell out a lot of ten to fifty buyers, so many times."""
    for _ in range(rounds):
        lot_id, answers = sell_out(store, 50)
        sold = [answer for answer in answers if isinstance(answer, Done)]
        refused = [answer for answer in answers if isinstance(answer, Problem)]
        assert len(sold) == 10
        assert {problem.kind for problem in refused} == {"too-few-tickets"}
        assert {problem.more["left"] for problem in refused} == {0}
        assert shown(store, lot_id)["status"] == "sold_out"
        with store.database.reading() as conn:
            sales = conn.execute(select(SALES).where(SALES.c.lot_id == lot_id)).all()
        assert len(sales) == 10
    check_books(store)


def test_fifty_buyers_at_once_get_ten_tickets(store: Store) -> None:
    check_sold_out(store, 3)


@pytest.mark.nightly
def test_fifty_buyers_at_once_get_ten_tickets_a_hundred_times(store: Store) -> None:
    check_sold_out(store, 100)


def test_the_same_request_many_times_at_once_is_done_once(store: Store) -> None:
    """Everybody gets the answer of the one that was done, be nothing left after it."""
    lot_id = posted(store)
    ready = threading.Barrier(16)

    def buy(_: int) -> Done:
        ready.wait()
        return store.do(
            actor(), lambda ledger: ledger.sell(lot_id, 10, None, {}), "key", "same"
        )

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(buy, range(16)))
    assert len({json.dumps(answer.body, sort_keys=True) for answer in answers}) == 1
    assert sorted(answer.is_replay for answer in answers) == [False] + [True] * 15
    check_books(store)


# --- looks while others write --------------------------------------------------------


def test_a_look_at_a_lot_waits_for_nobody_who_writes(url: str, tmp_path: Path) -> None:
    """It is of what was written before, and another seller's lot stays refused."""
    store = opened_store(url)
    lot_id = posted(store)
    app = api_on(tmp_path / "nothing_published.duckdb", url)
    seller = Client(app, make_token(url, "s01"))
    other = Client(app, make_token(url, "s02"))
    with store.database.writing() as conn:
        Ledger(conn, actor(), store).sell(lot_id, 3, None, {})
        begun = time.monotonic()
        answer = seller.get(f"/v1/inventory/lots/{lot_id}")
        refusal = other.get(f"/v1/inventory/lots/{lot_id}")
        waited = time.monotonic() - begun
    assert answer.status_code == 200, answer.text
    assert answer.json()["quantity_left"] == 10
    assert refusal.status_code == 403, refusal.text
    assert refusal.json()["detail"] == "This lot is another seller's."
    assert waited < 5
    assert seller.get(f"/v1/inventory/lots/{lot_id}").json()["quantity_left"] == 7
    store.database.close()


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_look_during_a_sale_is_of_one_moment(store: Store, is_listed: bool) -> None:
    """Two reserved tickets are sold between the first statement and the next."""
    lot_id = posted(store)
    held = store.do(actor(), lambda ledger: ledger.reserve(lot_id, 2)).body
    name, sold = held["reservation_id"], []

    def sell_now(*executed: Any) -> None:  # noqa: ANN401
        if "FROM lots" in executed[2] and not sold:
            sold.append(name)
            store.do(actor(), lambda ledger: ledger.sell_reserved(name, {}))

    event.listen(store.database.engine, "after_cursor_execute", sell_now)
    if is_listed:
        (lot,) = store.listed(actor().caller, LOTS, {}, None, 10)
    else:
        lot = shown(store, lot_id)
    assert sold
    amounts = ("quantity_sold", "quantity_reserved", "quantity_left")
    assert [lot[amount] for amount in amounts] == [0, 2, 8]
    assert [shown(store, lot_id)[amount] for amount in amounts] == [2, 0, 8]


# --- kill -9 -------------------------------------------------------------------------


async def write_until_killed(
    process: subprocess.Popen, address: str, token: str, lot_id: str, prefix: str
) -> dict[str, Any]:
    """Post lots and sell tickets, and kill the API in the middle of it.

    Returns:
        What was answered, by idempotency key.
    """
    headers = {"Authorization": f"Bearer {token}"}
    answered: dict[str, Any] = {}
    async with httpx.AsyncClient(base_url=address, headers=headers) as client:

        async def worker(number: int) -> None:
            for count in range(10_000):
                key = f"{prefix}-{number}-{count}"
                path, body = "/v1/inventory/lots", LOT
                if count % 2:
                    path = "/v1/inventory/sales"
                    body = {"lot_id": lot_id, "quantity": 1}
                answer = await client.post(
                    path, json=body, headers={"Idempotency-Key": key}, timeout=60
                )
                assert answer.status_code == 201, answer.text
                answered[key] = answer.json()
                if len(answered) == 60:
                    # the other seven have their requests under way
                    process.kill()

        workers = (worker(number) for number in range(8))
        for ending in await asyncio.gather(*workers, return_exceptions=True):
            assert isinstance(ending, httpx.TransportError), ending
    return answered


def check_kills(published: Path, url: str, kills: int) -> None:
    """Kill the API in the middle of writes and look, so many times."""
    store = opened_store(url)
    token = make_token(url, "s01")
    lot_id = posted(store, quantity=100_000)
    answered: dict[str, Any] = {}
    for number in range(kills):
        with running_api(published, url) as (process, address):
            writing = write_until_killed(process, address, token, lot_id, str(number))
            # a browser of another test may have a loop running in this thread
            fresh = asyncio.run_coroutine_threadsafe(writing, event_loop()).result(600)
        assert len(fresh) >= 60
        answered |= fresh
        check_books(store)
        with store.database.reading() as conn:
            kept = {
                row.idempotency_key: json.loads(row.body)
                for row in conn.execute(select(REQUESTS)).all()
            }
            sales = set(conn.execute(select(SALES.c.sale_id)).scalars())
            lots = set(conn.execute(select(LOTS.c.lot_id)).scalars()) - {lot_id}
        # what was answered is there, as it was answered
        assert {key: kept.get(key) for key in answered} == answered
        # and what is there was done whole, with its answer and its journal
        assert {b.get("sale_id") or b["lot_id"] for b in kept.values()} == sales | lots
    store.database.close()


def test_kill_9_loses_nothing_answered_and_keeps_nothing_half_done(
    published: Path, tmp_path: Path
) -> None:
    check_kills(published, sqlite_url(tmp_path), 1)


@pytest.mark.nightly
def test_kill_9_ten_times_over(published: Path, url: str) -> None:
    check_kills(published, url, 10)


# --- the round trip ------------------------------------------------------------------


def built(folder: Path, place: str) -> Build:
    """Build what the inventory reaches, over the sample's files and the inventory."""
    shutil.copytree(SEEDS / "vivid_seats", folder / "files")
    marts = ["fct_listings", "fct_sales", "dim_events", "dim_sellers"]
    marts += ["rpt_listing_funnel"]
    return dbt(
        folder / "build",
        *("build", "--exclude-resource-type", "test"),
        *("--select", *(f"+{mart}" for mart in marts)),
        variables={"raw": {"vivid_seats": [str(folder / "files"), place]}},
    )


def stock_of(build: Build, event_id: str) -> tuple[int, int, Decimal]:
    """Read the tickets on offer and sold of an event, and its revenue."""
    (row,) = build.rows(
        "select quantity_open, quantity_sold, revenue from marts.dim_events "
        f"where event_id = '{event_id}'"
    )
    return row


def trade(store: Store) -> dict[str, str]:
    """Post lots, change and withdraw them and sell some; gives their ids by name."""

    def do(work: Callable[[Ledger], Done]) -> dict[str, Any]:
        return store.do(actor("s77"), work).body

    def post(**changes: Any) -> str:  # noqa: ANN401
        lot = LOT | {"section": "101", "row": "GA1"} | changes
        return do(lambda ledger: ledger.post(lot))["lot_id"]

    ids = {name: post() for name in ("open", "sold_out", "withdrawn", "changed")}
    about = {"payment_method": "card", "is_promo_used": True}
    do(lambda ledger: ledger.sell(ids["open"], 3, None, about))
    do(lambda ledger: ledger.sell(ids["sold_out"], 4, None, {}))
    held = do(lambda ledger: ledger.reserve(ids["sold_out"], 6))["reservation_id"]
    do(lambda ledger: ledger.sell_reserved(held, {"visitor_id": "v0001"}))
    do(lambda ledger: ledger.sell(ids["withdrawn"], 1, None, {}))
    do(lambda ledger: ledger.withdraw(ids["withdrawn"]))
    do(lambda ledger: ledger.sell(ids["changed"], 2, None, {}))
    change = {"quantity": 12, "price": "0.99"}
    do(lambda ledger: ledger.change(ids["changed"], change))
    do(lambda ledger: ledger.reserve(ids["changed"], 5))
    return ids


def check_round_trip(store: Store, place: str, folder: Path) -> None:
    """Trade, build with the inventory beside the files, and look into the marts."""
    ids = trade(store)
    build = built(folder, place)
    assert build.faults == {}
    found = build.rows(
        "select listing_id, seller_id, event_id, section, row_label, status, quantity, "
        "quantity_sold, quantity_open, cast(price as varchar) from marts.fct_listings "
        "where listing_id like 'lot!_%' escape '!'"
    )
    offered = ("s77", "e01", "101", "GA1")
    assert set(found) == {
        (ids["open"], *offered, "open", 10, 3, 7, "49.50"),
        (ids["sold_out"], *offered, "sold_out", 10, 10, 0, "49.50"),
        (ids["withdrawn"], *offered, "withdrawn", 10, 1, 0, "49.50"),
        # a reservation is no sale yet
        (ids["changed"], *offered, "open", 12, 2, 10, "0.99"),
    }
    with store.database.reading() as conn:
        sales = conn.execute(select(SALES)).all()
    booked = build.rows(
        "select sale_id, listing_id, event_id, visitor_id, quantity, "
        "cast(unit_price * 100 as bigint), payment_method, is_promo_used, "
        "is_listing_known, is_event_known, sold_at "
        "from marts.fct_sales where listing_id like 'lot!_%' escape '!'"
    )
    assert set(booked) == {
        (
            *(sale.sale_id, sale.lot_id, "e01", sale.visitor_id, sale.quantity),
            *(sale.unit_price_cents, sale.payment_method, sale.is_promo_used),
            *(True, True, sale.sold_at),
        )
        for sale in sales
    }
    assert len(booked) == 5
    # the sample's own tickets of that event, and these
    (own,) = build.rows(
        "select sum(quantity_open), sum(quantity_sold), sum(revenue) from ("
        "select greatest(quantity - quantity_sold, 0) as quantity_open, 0 as "
        "quantity_sold, 0 as revenue from marts.fct_listings where event_id = 'e01' "
        "and is_available and listing_id not like 'lot!_%' escape '!' union all "
        "select 0, quantity, revenue from marts.fct_sales where event_id = 'e01' "
        "and coalesce(listing_id, '') not like 'lot!_%' escape '!')"
    )
    revenue = Decimal("49.50") * 16
    assert stock_of(build, "e01") == (own[0] + 17, own[1] + 16, own[2] + revenue)
    assert build.rows(
        "select quantity_listed, quantity_sold, revenue from marts.dim_sellers "
        "where seller_id = 's77'"
    ) == [(42, 16, revenue)]
    ((funnel,),) = build.rows(
        "select quantity_sold from marts.rpt_listing_funnel "
        "where property = 'vivid_seats' and dimension = '(all)'"
    )
    ((known,),) = build.rows("select sum(quantity) from marts.fct_sales")
    assert funnel == known
    for table in ("ticket_listings", "customer_sales"):
        assert build.rows(
            f"select count(*) from staging.base_vivid_seats__{table} "
            "where rejection_reason is not null and raw_row like '%lot!_%' escape '!'"
        ) == [(0,)]


def test_what_was_posted_and_sold_is_in_the_marts(tmp_path: Path) -> None:
    """Read in place, while the API has the file open."""
    store = opened_store(sqlite_url(tmp_path))
    check_round_trip(store, plain_url(sqlite_url(tmp_path)), tmp_path)
    store.database.close()


@pytest.mark.nightly
def test_what_was_posted_and_sold_on_a_server_is_in_the_marts(
    server: Server | None, tmp_path: Path
) -> None:
    if server is None:
        pytest.skip("PostgreSQL is not installed")
    server.psql("create database trip")
    dsn = server.dsn(database="trip")
    store = opened_store(dsn.replace("postgresql:", "postgresql+psycopg:"))
    with environment(**{INVENTORY: dsn}):
        check_round_trip(store, f"env:{INVENTORY}", tmp_path)
    store.database.close()


def test_a_file_that_is_written_to_is_read_as_it_was_at_one_moment(
    tmp_path: Path,
) -> None:
    """Whatever is committed is there, be it in the file or in the log beside it."""
    store = opened_store(sqlite_url(tmp_path))
    lot_id = posted(store)
    path = Path(plain_url(sqlite_url(tmp_path)))
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    copy = at_one_moment(path)
    assert copy != path
    store.do(actor(), lambda ledger: ledger.sell(lot_id, 1, None, {}))
    with sqlite3.connect(copy) as conn:
        assert conn.execute("select listing_id from ticket_listings").fetchall() == [
            (lot_id,)
        ]
        assert conn.execute("select * from customer_sales").fetchall() == []
    store.database.close()
    assert at_one_moment(path) == path
