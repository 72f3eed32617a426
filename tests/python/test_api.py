"""The API: true numbers, a sentence for every bad input, and no stranger in."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import duckdb
import httpx
import pyarrow as pa
import pytest
from sqlalchemy import update

from api_support import Client, api_on, make_token, opened_store, sqlite_url
from serving.api import tokens
from serving.api.documented import csv_text, cursor_of
from serving.api.events import Tickets
from serving.api.guard import REMEMBERED
from serving.api.inventory.store import utc_now
from serving.api.inventory.tables import TOKENS
from serving.api.marts import declared_keys
from serving.api.metrics import DefinitionError, read_metrics
from serving.api.settings import INVENTORY, Settings
from support import copied, environment, mart_names

INJECTION = "' or 1=1; drop table lots; --"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make an inventory for the tests here."""
    url = sqlite_url(tmp_path_factory.mktemp("api"))
    opened_store(url).database.close()
    return url


@pytest.fixture(scope="module")
def seller(published: Path, url: str) -> Client:
    """Ask as seller s01, who may do what sellers do."""
    return Client(api_on(published, url), make_token(url, "s01"))


@pytest.fixture(scope="module")
def other(seller: Client, url: str) -> Client:
    """Ask the same API as seller s02."""
    return Client(seller.app, make_token(url, "s02"))


@pytest.fixture(scope="module")
def marts(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Ask the published file itself."""
    with duckdb.connect(str(published), read_only=True) as conn:
        yield conn


def problem(response: httpx.Response, status: int, kind: str) -> dict:
    """Check that an answer is a problem, and give it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:tributary:problem:{kind}"
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]
    assert body["detail"].endswith(".") or body["errors"]
    assert "Traceback" not in response.text
    return body


def lot(client: Client, **changes: object) -> dict:
    """Post a lot of ten tickets."""
    body = {"event_id": "e01", "quantity": 10, "price": "49.50"} | changes
    response = client.post("/v1/inventory/lots", body)
    assert response.status_code == 201, response.text
    return response.json()


# --- marts ---------------------------------------------------------------------------


def test_marts_and_columns_are_those_published(
    seller: Client, marts: duckdb.DuckDBPyConnection
) -> None:
    listed = seller.get("/v1/marts").json()["marts"]
    assert [mart["mart"] for mart in listed] == mart_names(marts)
    assert all("**Grain:** one row per" in mart["description"] for mart in listed)
    assert all(column["description"] for m in listed for column in m["columns"])


def test_every_mart_has_a_key_that_pages_can_follow(
    seller: Client, marts: duckdb.DuckDBPyConnection
) -> None:
    """It is that of the mart's test, and never null."""
    for mart in seller.get("/v1/marts").json()["marts"]:
        assert mart["key"], mart["mart"]
        assert tuple(mart["key"]) == declared_keys()[mart["mart"]]
        nulls = " or ".join(f"{name} is null" for name in mart["key"])
        assert marts.execute(
            f"select count(*) from marts.{mart['mart']} where {nulls}"
        ).fetchall() == [(0,)], mart["mart"]


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("mart", ["rpt_reconciliation_daily", "fct_rejected_rows"])
def test_a_walk_through_pages_gives_every_row_once(
    seller: Client, marts: duckdb.DuckDBPyConnection, mart: str, form: str
) -> None:
    keys = declared_keys()[mart]
    names = ", ".join(keys)
    expected = marts.execute(
        f"select columns(*)::varchar from (select {names} from marts.{mart}) order by "
        + ", ".join(str(n + 1) for n in range(len(keys)))
    ).fetchall()
    assert len(expected) > 15
    limit = len(expected) // 3 + 1
    path = f"/v1/marts/{mart}/rows?columns={','.join(keys)}&limit={limit}&format={form}"
    found, following, pages = [], path, 0
    while following:
        response = seller.get(following)
        assert response.status_code == 200, response.text
        if form == "json":
            page = response.json()
            found += [tuple(str(row[name]) for name in keys) for row in page["rows"]]
            cursor = page["next_cursor"]
            following = f"{path}&cursor={cursor}" if cursor else None
        else:
            header, *rows = csv.reader(io.StringIO(response.text))
            assert tuple(header) == keys
            found += [tuple(row) for row in rows]
            following = response.links.get("next", {}).get("url")
        pages += 1
    assert pages == 3
    assert found == sorted(expected) if len(keys) == 1 else found == expected


@pytest.mark.parametrize("form", ["json", "csv", "arrow"])
def test_a_walk_goes_past_keys_of_any_length(
    published: Path, tmp_path: Path, form: str
) -> None:
    """The path of somebody who came a thousand times is longer than an address."""
    long = ["реклама > " * 1000 + end for end in "ab"]
    odd = ["a", "a\0", "a\0b", "md5:", "md5:" + "0" * 32, "ж" * 100, "ж" * 101]
    paths = sorted([*long, *odd])
    path, url = tmp_path / "tributary.duckdb", sqlite_url(tmp_path)
    with copied(published, path) as conn:
        conn.execute(
            "create or replace table marts.rpt_journey_paths as "
            "select * replace (unnest($1) as path) from "
            "(select * from marts.rpt_journey_paths limit 1)",
            [paths],
        )
    client = Client(api_on(path, url), make_token(url, "s01"))
    address = f"/v1/marts/rpt_journey_paths/rows?columns=path&limit=1&format={form}"
    found, cursor = [], ""
    while cursor is not None:
        response = client.get(address + (f"&cursor={cursor}" if cursor else ""))
        assert response.status_code == 200, response.text
        if form == "json":
            page = response.json()
            found += [row["path"] for row in page["rows"]]
            cursor = page["next_cursor"]
        elif form == "csv":
            _, (value,) = csv.reader(io.StringIO(response.text))
            found.append(value)
            cursor = response.headers.get("x-next-cursor")
        else:
            table = pa.ipc.open_stream(response.content).read_all()
            found += table.column("path").to_pylist()
            cursor = response.headers.get("x-next-cursor")
    assert found == paths


def test_text_in_csv_is_no_formula() -> None:
    """Marks as OWASP lists them for CSV injection; a negative number is none."""
    texts = ["=1+1", "+1+1", "-1+1", "@sum(a1)", "\tx", "\rx", "plain"]
    _, *rows = csv.reader(io.StringIO(csv_text(["a"], [[text] for text in texts])))
    assert [row[0] for row in rows] == [f"'{text}" for text in texts[:-1]] + ["plain"]
    row = [True, None, "-5.00", -1.5, 7]
    assert csv_text(["a", "b", "c", "d", "e"], [row]).splitlines()[1] == (
        "true,,-5.00,-1.5,7"
    )


def test_values_are_exact_in_every_format(
    seller: Client, marts: duckdb.DuckDBPyConnection
) -> None:
    names = "conversion_id,converted_at,conversion_date,revenue,is_counted"
    path = f"/v1/marts/fct_conversions/rows?property=company_x&columns={names}"
    expected = marts.execute(
        f"select {names} from marts.fct_conversions where property = 'company_x' "
        "order by property, conversion_id limit 100"
    ).fetchall()
    rows = seller.get(path).json()["rows"]
    assert [
        (
            row["conversion_id"],
            row["converted_at"],
            row["conversion_date"],
            Decimal(row["revenue"]),
            row["is_counted"],
        )
        for row in rows
    ] == [
        (i, f"{at:%Y-%m-%dT%H:%M:%S.%f}Z", str(day), revenue, counted)
        for i, at, day, revenue, counted in expected
    ]
    response = seller.get(f"{path}&format=arrow")
    assert response.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = pa.ipc.open_stream(response.content).read_all()
    assert [tuple(row.values()) for row in table.to_pylist()] == expected


@pytest.mark.parametrize(
    ("filters", "condition"),
    [
        (["revenue:ge:100"], "revenue >= 100"),
        (["revenue:lt:20.50", "is_counted:eq:true"], "revenue < 20.5 and is_counted"),
        (["conversion_date:le:2021-03-05"], "conversion_date <= '2021-03-05'"),
        (["converted_at:gt:2021-03-05T12:00:00Z"], "converted_at > '2021-03-05 12:00'"),
        (["device:null:true"], "device is null"),
        (["property:in:afisha,company_x"], "property in ('afisha', 'company_x')"),
        (['property:in:["afisha"]'], "property = 'afisha'"),
        (["property:ne:afisha"], "property != 'afisha'"),
        (["conversion_id:contains:ID_1"], "contains(lower(conversion_id), 'id_1')"),
    ],
)
def test_filters_keep_the_rows_they_say(
    seller: Client,
    marts: duckdb.DuckDBPyConnection,
    filters: list[str],
    condition: str,
) -> None:
    params = [("filter", text) for text in filters] + [("limit", "10000")]
    params += [("columns", "property,conversion_id")]
    response = seller.get("/v1/marts/fct_conversions/rows", params=params)
    found = [tuple(row.values()) for row in response.json()["rows"]]
    expected = marts.execute(
        "select property, conversion_id from marts.fct_conversions "
        f"where {condition} order by 1, 2"
    ).fetchall()
    assert found == expected
    assert expected


def test_sql_in_a_parameter_is_only_text(
    seller: Client, marts: duckdb.DuckDBPyConnection
) -> None:
    text = f"conversion_id:eq:{INJECTION}"
    found = seller.get("/v1/marts/fct_conversions/rows", params={"filter": text})
    assert found.json()["rows"] == []
    found = seller.get("/v1/events/e01/tickets", params={"section": INJECTION})
    assert (found.status_code, found.json()["lots_left"]) == (200, 0)
    for path in (
        f"/v1/marts/{INJECTION}/rows",
        f"/v1/marts/fct_conversions/rows?columns={INJECTION}",
        f"/v1/metrics/{INJECTION}/values",
    ):
        assert seller.get(path).status_code == 422
    posted = lot(seller, section="'); drop table lots; --")
    assert posted["section"] == "'); drop table lots; --"
    unknown = problem(
        seller.get(f"/v1/events/{INJECTION}/tickets"), 404, "unknown-event"
    )
    assert INJECTION in unknown["detail"]


def test_no_column_that_stands_for_a_person_is_served(seller: Client) -> None:
    """The hashes of addresses and telephones, and raw rows, which may hold anything."""
    listed = seller.get("/v1/marts").json()["marts"]
    columns = {column["column"] for mart in listed for column in mart["columns"]}
    assert not columns & {"address_hash", "contact_hash", "raw_row"}
    response = seller.get("/v1/marts/fct_sales/rows?columns=contact_hash")
    assert "contact_hash" not in problem(response, 404, "unknown-column")["available"]
    response = seller.get("/v1/marts/fct_sales/rows?filter=contact_hash:null:false")
    problem(response, 404, "unknown-column")


# --- publications --------------------------------------------------------------------


def test_a_new_publication_is_picked_up_and_a_walk_ends_where_it_began(
    published: Path, tmp_path: Path
) -> None:
    path, url = tmp_path / "tributary.duckdb", sqlite_url(tmp_path)
    client = Client(api_on(path, url), make_token(url, "s01"))
    response = client.get("/v1/marts")
    assert "make build" in problem(response, 503, "no-publication")["detail"]
    assert client.post("/v1/inventory/lots", NEW_LOT).status_code == 503

    def publish_with(name: str) -> None:
        copy = tmp_path / "next"
        with copied(published, copy) as conn:
            conn.execute(f"update marts.dim_sellers set region = '{name}'")
        os.replace(copy, path)

    rows = "/v1/marts/dim_sellers/rows?columns=region&limit=1"
    publish_with("first")
    page = client.get(rows).json()
    assert page["rows"] == [{"region": "first"}]
    publish_with("second")
    assert client.get(rows).json()["rows"] == [{"region": "second"}]
    following = f"{rows}&cursor={page['next_cursor']}"
    assert client.get(following).json()["rows"] == [{"region": "first"}]
    publish_with("third")
    assert client.get(rows).json()["rows"] == [{"region": "third"}]
    problem(client.get(following), 410, "publication-gone")


def test_a_copy_is_published_when_its_marts_were(
    published: Path, tmp_path: Path
) -> None:
    path, url = tmp_path / "tributary.duckdb", sqlite_url(tmp_path)
    client = Client(api_on(path, url), make_token(url, "s01"))

    def publish_after(statement: str) -> str:
        copy = tmp_path / "next"
        with copied(published, copy) as conn:
            conn.execute(statement)
        os.utime(copy, (1_600_000_000, 1_600_000_000))
        os.replace(copy, path)
        return client.get("/v1/marts").json()["published_at"]

    said = "update meta.publication set published_at = '2021-08-01 06:30:00'"
    assert publish_after(said) == "2021-08-01T06:30:00.000000Z"
    # one that does not say it is as old as its file
    unsaid = "drop table meta.publication"
    assert publish_after(unsaid) == "2020-09-13T12:26:40.000000Z"


@pytest.mark.parametrize("text", ["0.5", "0", "-1", "86401", "1e12", "inf", "long"])
def test_a_time_that_no_reservation_can_have_is_refused(text: str) -> None:
    said = f"RESERVATION_SECONDS is '{text}': give a whole number from 1 to 86400"
    with (
        environment(TRIBUTARY_API_RESERVATION_SECONDS=text),
        pytest.raises(SystemExit, match=re.escape(said)),
    ):
        Settings.from_environment()


@pytest.mark.parametrize("text", ["1", "86400"])
def test_a_reservation_holds_as_long_as_is_said(text: str) -> None:
    with environment(TRIBUTARY_API_RESERVATION_SECONDS=text):
        assert Settings.from_environment().reservation_seconds == int(text)


def test_what_needs_a_publication_is_documented_to(
    seller: Client, tmp_path: Path, url: str
) -> None:
    client = Client(api_on(tmp_path / "none", url), seller.token)
    paths = client.get("/v1/openapi.json").json()["paths"]
    names = {"mart": "dim_users", "metric": "roas", "event_id": "e1", "lot_id": "l"}
    for path in [path for path, operations in paths.items() if "get" in operations]:
        if client.get(path.format(**names)).status_code == 503:
            assert "503" in paths[path]["get"]["responses"], path


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    path, url = tmp_path / "tributary.duckdb", sqlite_url(tmp_path)
    path.write_text("not a database")
    client = Client(api_on(path, url), make_token(url, "s01"))
    assert (
        "make build"
        in problem(client.get("/v1/marts"), 503, "no-publication")["detail"]
    )


NEW_LOT = {"event_id": "e01", "quantity": 10, "price": "49.50"}


def test_a_query_is_stopped_when_its_time_is_over(published: Path, url: str) -> None:
    app = api_on(published, url, query_seconds=1e-6)
    client = Client(app, make_token(url, "s01"))
    problem(client.get("/v1/marts/fct_sessions/rows"), 504, "query-too-long")


def test_an_answer_is_given_again_until_the_next_publication(seller: Client) -> None:
    """Only to whom may have it, and as it was."""
    path = "/v1/marts/fct_sessions/rows?limit=3"
    first, again = seller.get(path), seller.get(path)
    assert first.content == again.content
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    problem(Client(seller.app, None).get(path), 401, "not-authenticated")


# --- events --------------------------------------------------------------------------


def test_tickets_of_an_event_are_those_of_the_marts(
    seller: Client, marts: duckdb.DuckDBPyConnection
) -> None:
    events = marts.execute(
        "select event_id, listings_open, quantity_open, cast(lowest_price as varchar) "
        "from marts.dim_events where property = 'vivid_seats' order by 1"
    ).fetchall()
    for event_id, lots, quantity, price in events:
        found = seller.get(f"/v1/events/{event_id}/tickets").json()
        assert (found["lots_left"], found["tickets_left"]) == (lots, quantity)
        assert (found["best"][0]["price"] if found["best"] else None) == price


@pytest.mark.parametrize(
    ("event_id", "section", "wanted"), [("e06", None, 3), ("e28", "107", 1)]
)
def test_the_best_ten_are_the_cheapest_of_section_and_quantity(
    seller: Client,
    marts: duckdb.DuckDBPyConnection,
    event_id: str,
    section: str | None,
    wanted: int,
) -> None:
    """Worked out from lots and sales, since nothing else has both."""
    lots = marts.execute(
        "select listing_id, quantity, price from marts.fct_listings "
        "where property = 'vivid_seats' and event_id = $1 and is_available "
        "and ($2 is null or section = $2)",
        [event_id, section],
    ).fetchall()
    sold = dict(
        marts.execute(
            "select listing_id, sum(quantity) from marts.fct_sales "
            "where property = 'vivid_seats' group by 1"
        ).fetchall()
    )
    fitting = sorted(
        (price, name, quantity - sold.get(name, 0))
        for name, quantity, price in lots
        if quantity - sold.get(name, 0) >= wanted
    )
    query = f"quantity={wanted}" + (f"&section={section}" if section else "")
    found = seller.get(f"/v1/events/{event_id}/tickets?{query}").json()
    assert [
        (Decimal(o["price"]), o["listing_id"], o["quantity_left"])
        for o in found["best"]
    ] == fitting[:10]
    assert found["tickets_left"] == sum(quantity for *_, quantity in fitting)
    filters = f"filter=event_id:eq:{event_id}&columns=event_at"
    (event,) = seller.get(f"/v1/marts/dim_events/rows?{filters}").json()["rows"]
    assert found["event_at"] == event["event_at"]
    assert fitting


def test_an_event_is_found_whatever_its_id(published: Path, tmp_path: Path) -> None:
    """Also beside one whose id is the other's as an address writes it."""
    names = {"a?1": "e01", "a%3F1": "e02", "a/1": "e03", "Ünï 1": "e04"}
    path, url = tmp_path / "tributary.duckdb", sqlite_url(tmp_path)
    with copied(published, path) as conn:
        for name, event_id in names.items():
            for mart in ("dim_events", "fct_listings"):
                conn.execute(
                    f"update marts.{mart} set event_id = $1 where event_id = $2",
                    [name, event_id],
                )
    client = Client(api_on(path, url), make_token(url, "s01"))
    for name in names:
        response = client.get(f"/v1/events/{quote(name, safe='')}/tickets")
        assert response.status_code == 200, (name, response.text)
        assert response.json()["event_id"] == name
        assert lot(client, event_id=name)["event_id"] == name
        response = client.get("/v1/inventory/lots", params={"event_id": name})
        assert len(response.json()["items"]) == 1


def test_a_lot_without_a_price_comes_last(published: Path, tmp_path: Path) -> None:
    """As the specification says it: the input contract asks for no price."""
    path, url = tmp_path / "tributary.duckdb", sqlite_url(tmp_path)
    with copied(published, path) as conn:
        (event_id, cheapest) = conn.execute(
            "select event_id, arg_min(listing_id, price) from marts.fct_listings "
            "where property = 'vivid_seats' and quantity_open > 0 "
            "group by 1 having count(*) between 2 and 9 order by 1"
        ).fetchone()
        conn.execute(
            "update marts.fct_listings set price = null "
            "where property = 'vivid_seats' and listing_id = $1",
            [cheapest],
        )
    client = Client(api_on(path, url), make_token(url, "s01"))
    found = Tickets.model_validate(client.get(f"/v1/events/{event_id}/tickets").json())
    assert [o.listing_id for o in found.best if o.price is None] == [cheapest]
    assert found.best[-1].listing_id == cheapest


# --- metrics -------------------------------------------------------------------------

MODEL = """
semantic_models:
  - name: visits
    model: ref('fct_sessions')
    defaults: {agg_time_dimension: day}
    primary_entity: visit
    entities:
      - {name: property, type: foreign, expr: property}
      - {name: device, type: foreign, expr: device}
    dimensions:
      - {name: market, type: categorical, expr: market}
      - name: day
        type: time
        expr: session_date
        type_params: {time_granularity: day}
    measures:
      - {name: visits, agg: sum, expr: "1"}
      - {name: visitors, agg: count_distinct, expr: user_id}
  - name: orders
    model: ref('fct_conversions')
    defaults: {agg_time_dimension: day}
    primary_entity: order
    entities:
      - {name: property, type: foreign, expr: property}
      - {name: device, type: foreign, expr: device}
    dimensions:
      - {name: market, type: categorical, expr: market}
      - name: day
        type: time
        expr: conversion_date
        type_params: {time_granularity: day}
    measures:
      - {name: orders, agg: sum, expr: case when is_counted then 1 else 0 end}
      - {name: takings, agg: sum, expr: revenue}
metrics:
  - {name: visits, type: simple, type_params: {measure: visits}}
  - {name: visitors, type: simple, type_params: {measure: visitors}}
  - name: orders
    type: simple
    type_params: {measure: {name: orders, fill_nulls_with: 0}}
  - {name: takings, type: simple, type_params: {measure: takings}}
  - name: order_rate
    type: ratio
    type_params: {numerator: orders, denominator: visits}
  - name: takings_per_visit_word
    type: derived
    type_params:
      expr: "case when 'visits' = 'visits' then earned / nullif(visits, 0) end"
      metrics: [{name: takings, alias: earned}, visits]
"""


@pytest.fixture
def own_metrics(seller: Client, tmp_path: Path) -> Iterator[Client]:
    """Ask an API that knows the metrics above alone."""
    (tmp_path / "metrics.yml").write_text(MODEL)
    kept = seller.app.state.metrics
    seller.app.state.metrics = read_metrics(tmp_path)
    yield seller
    seller.app.state.metrics = kept


def values_of(client: Client, path: str, metric: str) -> dict:
    """Read the values of a metric by what they are grouped by."""
    response = client.get(f"/v1/metrics/{path}")
    assert response.status_code == 200, response.text
    return {
        tuple(value for name, value in row.items() if name != metric): row[metric]
        for row in response.json()["rows"]
    }


def test_a_ratio_counts_each_side_by_itself(
    own_metrics: Client, marts: duckdb.DuckDBPyConnection
) -> None:
    """A device with orders alone has no rate, and the unknown one is a group too."""
    path = "order_rate/values?dimensions=property,device&grain=month"
    found = values_of(own_metrics, path, "order_rate")

    def counted(sql: str) -> dict:
        rows = marts.execute(sql).fetchall()
        return {(site, of, str(month)): count for site, of, month, count in rows}

    visits = counted(
        "select property, device, date_trunc('month', session_date)::date, count(*) "
        "from marts.fct_sessions group by all"
    )
    orders = counted(
        "select property, device, date_trunc('month', conversion_date)::date, "
        "count(*) filter (is_counted) from marts.fct_conversions group by all"
    )
    expected = {
        key: orders.get(key, 0) / visits[key] if key in visits else None
        for key in visits | orders
    }
    assert found == pytest.approx(expected)
    assert None in expected.values()
    assert any(device is None for _, device, _ in expected)


def test_a_formula_knows_its_parts_by_their_names_there(
    own_metrics: Client, marts: duckdb.DuckDBPyConnection
) -> None:
    metric = "takings_per_visit_word"
    found = values_of(own_metrics, f"{metric}/values?dimensions=property", metric)
    ((takings,),) = marts.execute(
        "select sum(revenue) from marts.fct_conversions where property = 'afisha'"
    ).fetchall()
    ((visits,),) = marts.execute(
        "select count(*) from marts.fct_sessions where property = 'afisha'"
    ).fetchall()
    assert found["afisha",] == pytest.approx(float(takings) / visits)


def test_days_and_filters_of_a_metric(
    own_metrics: Client, marts: duckdb.DuckDBPyConnection
) -> None:
    days = "from=2018-01-01&to=2018-01-31"
    path = f"takings/values?{days}&filter=property:eq:afisha"
    ((expected,),) = marts.execute(
        "select sum(revenue)::varchar from marts.fct_conversions where "
        "property = 'afisha' and conversion_date between '2018-01-01' and '2018-01-31'"
    ).fetchall()
    assert expected is not None
    assert values_of(own_metrics, path, "takings") == {(): expected}


def test_pages_of_a_metric_hold_every_group_once(own_metrics: Client) -> None:
    path = "/v1/metrics/visits/values?dimensions=property&grain=day"
    whole = own_metrics.get(f"{path}&limit=10000").json()["rows"]
    limit = len(whole) // 2 + 1
    first = own_metrics.get(f"{path}&limit={limit}").json()
    cursor = first["next_cursor"]
    second = own_metrics.get(f"{path}&limit={limit}&cursor={cursor}").json()
    assert first["rows"] + second["rows"] == whole
    assert second["next_cursor"] is None
    response = own_metrics.get(f"{path}&limit=10000&format=arrow")
    table = pa.ipc.open_stream(response.content).read_all()
    assert table.num_rows == len(whole)
    assert isinstance(table.to_pylist()[0]["metric_time"], date)


def test_days_that_end_before_they_begin_are_told(own_metrics: Client) -> None:
    path = "/v1/metrics/visits/values?from=2018-01-31&to="
    body = problem(own_metrics.get(f"{path}2018-01-30"), 422, "invalid-request")
    assert body["errors"] == [
        {"field": "from", "message": "2018-01-31 lies after to, 2018-01-30."}
    ]
    assert own_metrics.get(f"{path}2018-01-31").status_code == 200


@pytest.mark.parametrize(
    ("word", "instead", "said"),
    [
        ("type: ratio", "type: cumulative", "cumulative"),
        ("agg: count_distinct", "agg: percentile", "percentile"),
        ("numerator: orders", "numerator: nothing", "nothing"),
        ("measure: visits", "measure: nothing", "nothing"),
        ("expr: session_date", "is_partition: true", "is_partition"),
        ("{numerator: orders,", "{numerator: {name: orders, filter: x},", "filter"),
        ("time_granularity: day", "time_granularity: hour", "hour"),
        ("ref('fct_sessions')", "source('a', 'b')", "source"),
        ("numerator: orders", "numerator: order_rate", "order_rate -> order_rate"),
    ],
)
def test_a_definition_that_is_not_understood_is_refused(
    tmp_path: Path, word: str, instead: str, said: str
) -> None:
    assert word in MODEL
    (tmp_path / "metrics.yml").write_text(MODEL.replace(word, instead, 1))
    with pytest.raises(DefinitionError, match=said):
        read_metrics(tmp_path)


def test_every_metric_of_the_project_is_answered(seller: Client) -> None:
    """By each of its dimensions and grains, in one request each."""
    for metric in seller.get("/v1/metrics").json()["metrics"]:
        assert "property" in metric["dimensions"]
        by = ",".join(metric["dimensions"])
        grain = metric["grains"][-1]
        path = f"/v1/metrics/{metric['metric']}/values"
        response = seller.get(f"{path}?dimensions={by}&grain={grain}&limit=2")
        assert response.status_code == 200, (metric, response.text)


# --- what bad input gets -------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind", "there"),
    [
        ("/v1/marts/fct_nothing", "unknown-mart", "fct_sessions"),
        ("/v1/marts/fct_nothing/rows", "unknown-mart", "fct_sessions"),
        ("/v1/marts/fct_sessions/rows?columns=nothing", "unknown-column", "channel"),
        ("/v1/marts/fct_sessions/rows?filter=no:eq:1", "unknown-column", "channel"),
        ("/v1/marts/fct_sessions/rows?property=no", "unknown-property", "afisha"),
        ("/v1/events/nothing/tickets", "unknown-event", "e01"),
        ("/v1/events/e01/tickets?property=no", "unknown-property", "vivid_seats"),
        ("/v1/metrics/nothing", "unknown-metric", "visits"),
        ("/v1/metrics/nothing/values", "unknown-metric", "visits"),
        ("/v1/metrics/visits/values?dimensions=no", "unknown-dimension", "property"),
        ("/v1/metrics/visits/values?filter=no:eq:1", "unknown-dimension", "property"),
    ],
)
def test_an_unknown_name_gets_a_list_of_those_there_are(
    own_metrics: Client, path: str, kind: str, there: str
) -> None:
    body = problem(own_metrics.get(path), 404, kind)
    assert there in body["available"]
    assert there in body["detail"]


def test_a_lot_for_an_unknown_event_is_refused(seller: Client) -> None:
    response = seller.post("/v1/inventory/lots", NEW_LOT | {"event_id": "e999"})
    assert "e01" in problem(response, 404, "unknown-event")["available"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": "ten"}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"price": "-1"}, "price"),
        ({"price": "1.234"}, "price"),
        ({"price": "1e3"}, "price"),
        ({"price": 49.5}, "price"),
        ({"section": " "}, "section"),
        ({"section": "a\u0000b"}, "section"),
        ({"event_id": None}, "event_id"),
        ({"colour": "red"}, "colour"),
        ({"is_available": "perhaps"}, "is_available"),
    ],
)
def test_a_malformed_body_is_told_by_its_field(
    seller: Client, change: dict, field: str
) -> None:
    body = problem(
        seller.post("/v1/inventory/lots", NEW_LOT | change), 422, "invalid-request"
    )
    assert [fault["field"] for fault in body["errors"]] == [field]
    assert field in body["detail"]


@pytest.mark.parametrize(
    "content", [b"{nope", b"[]", b"", b'{"quantity": "\xff"}', b'{"a":' * 9000]
)
def test_a_body_that_is_no_json_object_is_told(seller: Client, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = seller("POST", "/v1/inventory/lots", content=content, headers=headers)
    body = problem(response, 422, "invalid-request")
    assert body["errors"][0]["field"] == "body"


@pytest.mark.parametrize("content", [b"nope", b"\xff", b"[" * 9000, b"1" * 5000])
def test_a_body_that_nobody_asked_for_is_looked_at_too(
    seller: Client, content: bytes
) -> None:
    path = f"/v1/inventory/lots/{lot(seller)['lot_id']}/withdrawal"
    body = problem(seller("POST", path, content=content), 422, "invalid-request")
    assert body["errors"][0]["field"] == "body"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain"])
def test_a_body_that_is_not_said_to_be_json_is_told(seller: Client, kind: str) -> None:
    """As curl sends it without a header."""
    content, headers = json.dumps(NEW_LOT), {"content-type": kind}
    response = seller("POST", "/v1/inventory/lots", content=content, headers=headers)
    detail = problem(response, 422, "invalid-request")["detail"]
    assert "Content-Type: application/json" in detail


@pytest.mark.parametrize("text", ["（北）", "Ａ", "🎫", "ÿ", "a\u00a0b", "👩\u200d👧"])
def test_a_text_may_be_of_any_language(seller: Client, text: str) -> None:
    posted = seller.post("/v1/inventory/lots", NEW_LOT | {"section": text, "row": text})
    assert posted.status_code == 201
    assert (posted.json()["section"], posted.json()["row"]) == (text, text)
    listed = seller.get("/v1/inventory/lots", params={"section": text}).json()["items"]
    assert [one["lot_id"] for one in listed] == [posted.json()["lot_id"]]


def test_an_event_of_any_language_is_looked_up(seller: Client) -> None:
    body = NEW_LOT | {"event_id": "🎫（北）"}
    problem(seller.post("/v1/inventory/lots", body), 404, "unknown-event")


@pytest.mark.parametrize(
    "text", [" ", "a\n", "a\u0085b", "a\u2028b", "\u3000a", "a\u00a0"]
)
def test_what_a_text_may_not_be_is_said_in_words(seller: Client, text: str) -> None:
    said = "must be 1 to 50 characters: no control characters, no outer spaces"
    for name in ("section", "row", "ticket_type"):
        response = seller.post("/v1/inventory/lots", NEW_LOT | {name: text})
        (fault,) = problem(response, 422, "invalid-request")["errors"]
        assert fault == {"field": name, "message": said}


@pytest.mark.parametrize(
    ("change", "said"),
    [({"price": "1.234"}, "two places"), ({"event_id": " e01"}, "1 to 200 characters")],
)
def test_no_pattern_is_quoted(seller: Client, change: dict, said: str) -> None:
    response = seller.post("/v1/inventory/lots", NEW_LOT | change)
    detail = problem(response, 422, "invalid-request")["detail"]
    assert said in detail
    assert "^" not in detail


def test_half_a_character_is_no_text(seller: Client) -> None:
    content = json.dumps(NEW_LOT | {"section": "\ud800"})
    headers = {"content-type": "application/json"}
    response = seller("POST", "/v1/inventory/lots", content=content, headers=headers)
    assert response.status_code == 422


def test_a_change_of_nothing_is_refused(seller: Client) -> None:
    path = f"/v1/inventory/lots/{lot(seller)['lot_id']}"
    problem(seller("PATCH", path, json={}), 422, "invalid-request")


@pytest.mark.parametrize(
    "query",
    [
        "filter=revenue:ge:abc",
        "filter=is_counted:eq:yes",
        "filter=conversion_date:eq:2021-02-30",
        "filter=converted_at:lt:noon",
        "filter=revenue:contains:1",
        "filter=revenue",
        "filter=property:in:[1]",
        "limit=0",
        "limit=10001",
        "format=xml",
        "columns=a b",
        "filters=revenue:ge:10",
        # of two, one would be taken and the other not missed
        "property=company_x&property=afisha",
        "columns=revenue&limit=1&columns=device",
    ],
)
def test_a_misfit_in_a_query_is_told_by_its_name(seller: Client, query: str) -> None:
    response = seller.get(f"/v1/marts/fct_conversions/rows?{query}")
    body = problem(response, 422, "invalid-request")
    assert body["errors"][0]["field"].startswith(query.partition("=")[0])


@pytest.mark.parametrize("day", ["0", "2018-02-30", "yesterday", "2018-01-01T00:00"])
def test_a_day_that_is_none_is_told(own_metrics: Client, day: str) -> None:
    response = own_metrics.get(f"/v1/metrics/visits/values?from={day}")
    body = problem(response, 422, "invalid-request")
    assert [fault["field"] for fault in body["errors"]] == ["from"]


@pytest.mark.parametrize(
    "cursor",
    [
        "abc",
        cursor_of("rows", "x"),
        cursor_of("lots", 7),
        cursor_of("lots"),
        "W" * 3000,
    ],
)
def test_a_cursor_of_another_list_is_none(seller: Client, cursor: str) -> None:
    for path in ("/v1/marts/fct_sales/rows", "/v1/inventory/lots"):
        problem(seller.get(f"{path}?cursor={cursor}"), 404, "unknown-cursor")


def test_a_place_that_no_key_has_is_out_of_range(seller: Client) -> None:
    """A cursor that was made up, but for the right list."""
    path = "/v1/marts/rpt_sessions_daily/rows?limit=1"
    cursor = seller.get(path).json()["next_cursor"]
    padded = cursor + "=" * (-len(cursor) % 4)
    import base64

    what, publication_id, *place = json.loads(base64.urlsafe_b64decode(padded))
    place[1] = "no day"
    made_up = cursor_of(what, publication_id, *place)
    assert seller.get(f"{path}&cursor={made_up}").status_code == 422


# --- the inventory, called -----------------------------------------------------------


def test_more_than_there_are_gets_what_is_left(seller: Client) -> None:
    lot_id = lot(seller)["lot_id"]
    wanted = {"lot_id": lot_id, "quantity": 7}
    assert seller.post("/v1/inventory/sales", wanted).status_code == 201
    body = problem(seller.post("/v1/inventory/sales", wanted), 409, "too-few-tickets")
    assert body["left"] == 3
    response = seller("PATCH", f"/v1/inventory/lots/{lot_id}", json={"quantity": 6})
    assert problem(response, 409, "tickets-promised")["left"] == 3


def test_another_sellers_lot_is_forbidden(
    seller: Client, other: Client, url: str
) -> None:
    lot_id = lot(seller)["lot_id"]
    path = f"/v1/inventory/lots/{lot_id}"
    for response in (
        other.get(path),
        other("PATCH", path, json={"price": "1"}),
        other("POST", f"{path}/withdrawal"),
        other.post("/v1/inventory/sales", {"lot_id": lot_id, "quantity": 1}),
        other.post("/v1/inventory/reservations", {"lot_id": lot_id, "quantity": 1}),
    ):
        problem(response, 403, "foreign-lot")
    assert lot_id not in other.get("/v1/inventory/lots?limit=1000").text
    assert other.get(f"/v1/inventory/journal?lot_id={lot_id}").json()["items"] == []
    checkout = Client(seller.app, make_token(url, "shop", "checkout"))
    sold = checkout.post("/v1/inventory/sales", {"lot_id": lot_id, "quantity": 1})
    assert sold.status_code == 201
    problem(checkout("PATCH", path, json={"price": "1"}), 403, "scope-missing")


def test_the_same_key_gives_the_same_answer_once(seller: Client) -> None:
    headers = {"Idempotency-Key": "order-17"}
    lot_id = lot(seller)["lot_id"]
    sale = {"lot_id": lot_id, "quantity": 2}
    first = seller.post("/v1/inventory/sales", sale, headers=headers)
    again = seller.post("/v1/inventory/sales", sale, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["idempotent-replay"] == "true"
    assert seller.get(f"/v1/inventory/lots/{lot_id}").json()["quantity_sold"] == 2
    another = seller.post(
        "/v1/inventory/sales", sale | {"quantity": 3}, headers=headers
    )
    problem(another, 422, "idempotency-key-reused")
    # 2.0 is 2
    written = json.dumps(sale | {"quantity": 2.0})
    kind = {"content-type": "application/json"}
    same = seller(
        "POST", "/v1/inventory/sales", content=written, headers=headers | kind
    )
    assert same.json() == first.json()
    elsewhere = seller.post("/v1/inventory/reservations", sale, headers=headers)
    problem(elsewhere, 422, "idempotency-key-reused")


def test_a_lot_stays_posted_though_its_event_be_gone(
    published: Path, tmp_path: Path
) -> None:
    """Whoever lost the answer asks again, after a publication that lacks the event."""
    path, url = tmp_path / "tributary.duckdb", sqlite_url(tmp_path)
    shutil.copy(published, path)
    client = Client(api_on(path, url), make_token(url, "s01"))

    def post(key: str) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        return client.post("/v1/inventory/lots", NEW_LOT, headers=headers)

    first = post("lot-1")
    with duckdb.connect(str(tmp_path / "next")) as conn:
        conn.execute(f"attach '{path}' as old (read_only)")
        conn.execute("create schema marts")
        conn.execute(
            "create table marts.dim_events as from old.marts.dim_events "
            "where event_id != 'e01'"
        )
    os.replace(tmp_path / "next", path)
    assert post("lot-1").json() == first.json()
    problem(post("lot-2"), 404, "unknown-event")
    path.unlink()
    assert post("lot-1").json() == first.json()
    problem(post("lot-2"), 503, "no-publication")
    assert len(client.get("/v1/inventory/lots").json()["items"]) == 1


def test_a_sale_comes_to_no_more_than_a_build_takes(seller: Client) -> None:
    sold_of = lot(seller, price="999999999.99", quantity=100)["lot_id"]
    sale = {"lot_id": sold_of, "quantity": 11}
    for address in ("sales", "reservations"):
        response = seller.post(f"/v1/inventory/{address}", sale)
        assert "9999999999.99" in problem(response, 422, "invalid-request")["detail"]
    response = seller.post("/v1/inventory/sales", sale | {"quantity": 10})
    assert response.json()["amount"] == "9999999999.90"


def test_a_key_is_free_again_after_a_refusal(seller: Client) -> None:
    headers = {"Idempotency-Key": "order-18"}
    lot_id = lot(seller)["lot_id"]
    for quantity, status in ((11, 409), (10, 201)):
        sale = {"lot_id": lot_id, "quantity": quantity}
        found = seller.post("/v1/inventory/sales", sale, headers=headers)
        assert found.status_code == status


def test_a_price_that_has_changed_is_told(seller: Client) -> None:
    lot_id = lot(seller)["lot_id"]
    sale = {"lot_id": lot_id, "quantity": 1, "unit_price": "48.00"}
    body = problem(seller.post("/v1/inventory/sales", sale), 409, "price-changed")
    assert body["price"] == "49.50"


def test_a_withdrawn_lot_stays_withdrawn(seller: Client) -> None:
    path = f"/v1/inventory/lots/{(lot_id := lot(seller)['lot_id'])}"
    assert seller("POST", f"{path}/withdrawal").json()["status"] == "withdrawn"
    problem(seller("PATCH", path, json={"price": "1"}), 409, "lot-withdrawn")
    sale = {"lot_id": lot_id, "quantity": 1}
    problem(seller.post("/v1/inventory/sales", sale), 409, "lot-not-available")


def test_lists_of_the_inventory_have_pages(other: Client) -> None:
    ids = [lot(other, section=f"page {n}")["lot_id"] for n in range(5)]
    found, cursor = [], ""
    while cursor is not None:
        page = other.get(f"/v1/inventory/lots?limit=2{cursor and f'&cursor={cursor}'}")
        found += [row["lot_id"] for row in page.json()["items"]]
        cursor = page.json()["next_cursor"]
    assert sorted(found) == found
    assert set(ids) <= set(found)
    assert len(found) == len(set(found))
    one = other.get("/v1/inventory/lots?section=page 3").json()["items"]
    assert [row["lot_id"] for row in one] == [ids[3]]


# --- who may call --------------------------------------------------------------------


def test_no_address_but_the_documentation_answers_without_a_token(
    seller: Client,
) -> None:
    document = seller.get("/v1/openapi.json").json()
    stranger = Client(seller.app, None)
    tried = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["security"] == [{"token": []}]
            response = stranger(method.upper(), path.replace("{", "").replace("}", ""))
            problem(response, 401, "not-authenticated")
            assert response.headers["www-authenticate"].startswith("Bearer")
            tried += 1
    assert tried > 15
    assert stranger.get("/v1/docs").status_code == 200


@pytest.mark.parametrize("damage", ["secret", "id", "scheme", "absent", "garbage"])
def test_a_wrong_token_is_refused(seller: Client, damage: str) -> None:
    assert seller.token
    wrong = {
        "secret": f"Bearer {seller.token[:-2]}zz",
        "id": f"Bearer {seller.token.replace(seller.token[5:17], '0' * 12)}",
        "scheme": f"Basic {seller.token}",
        "absent": "",
        "garbage": "Bearer trib_\u00e9",
    }[damage]
    headers = {"Authorization": wrong.encode()}
    problem(seller.get("/v1/marts", headers=headers), 401, "not-authenticated")


def test_an_expired_or_revoked_token_is_refused(
    seller: Client, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a second later at most, which is how long a token is remembered."""
    for damage in ({"expires_at": utc_now()}, None):
        client = Client(seller.app, make_token(url, "s03"))
        assert client.get("/v1/marts").status_code == 200
        token_id = client.token.split("_")[1]
        if damage:
            with seller.app.state.store.database.writing() as conn:
                conn.execute(
                    update(TOKENS).where(TOKENS.c.token_id == token_id).values(**damage)
                )
        else:
            with environment(**{INVENTORY: url.removeprefix("sqlite:///")}):
                assert tokens.main(["revoke", token_id]) == 0
                assert tokens.main(["revoke", token_id]) == 1
                capsys.readouterr()
                assert tokens.main(["list"]) == 0
            listed = capsys.readouterr().out
            assert f"{token_id}  s03" in listed
            assert client.token.split("_")[2] not in listed
        time.sleep(REMEMBERED)
        problem(client.get("/v1/marts"), 401, "not-authenticated")


def test_a_token_does_what_its_scopes_say_and_no_more(seller: Client, url: str) -> None:
    reader = Client(seller.app, make_token(url, "s01", "read"))
    assert reader.get("/v1/marts").status_code == 200
    problem(reader.post("/v1/inventory/lots", NEW_LOT), 403, "scope-missing")
    keeper = Client(seller.app, make_token(url, "s01", "lots"))
    problem(keeper.get("/v1/marts"), 403, "scope-missing")
    sale = {"lot_id": lot(keeper)["lot_id"], "quantity": 1}
    problem(keeper.post("/v1/inventory/sales", sale), 403, "scope-missing")


def test_the_token_command_refuses_in_a_sentence(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with environment(**{INVENTORY: url.removeprefix("sqlite:///")}):
        assert tokens.main(["make", "s01", "--scopes", "everything"]) == 1
        assert "read, lots, sales, checkout" in capsys.readouterr().err
        assert tokens.main(["make", "s 01"]) == 1
        assert tokens.main(["make", "s01", "--days", "0"]) == 1


def test_of_a_token_only_a_hash_is_stored(seller: Client, url: str) -> None:
    secret = seller.token.split("_")[2].encode()
    folder = Path(url.removeprefix("sqlite:///")).parent
    assert not [f for f in folder.iterdir() if secret in f.read_bytes()]


def test_too_many_requests_are_told_when_to_come_back(
    published: Path, url: str
) -> None:
    app = api_on(published, url, token_rate=3, address_rate=1e6)
    client = Client(app, make_token(url, "s01"))
    answers = [client.get("/v1/metrics") for _ in range(8)]
    assert {answer.status_code for answer in answers} == {200, 429}
    problem(answers[-1], 429, "too-many-requests")
    assert int(answers[-1].headers["retry-after"]) >= 1
    fresh = Client(app, make_token(url, "s02"))
    assert fresh.get("/v1/metrics").status_code == 200
    # and an address, whatever tokens it sends
    app = api_on(published, url, address_rate=3)
    clients = [Client(app, make_token(url, f"s{n}")) for n in range(8)]
    assert 429 in {client.get("/v1/metrics").status_code for client in clients}
    # and one that tries tokens
    app = api_on(published, url, refused_burst=3, refused_rate=1)
    stranger = Client(app, None)
    assert 429 in {stranger.get("/v1/metrics").status_code for _ in range(8)}


def test_a_large_body_is_refused_however_it_comes(seller: Client) -> None:
    response = seller("POST", "/v1/inventory/lots", content=b"x" * 70_000)
    problem(response, 413, "body-too-large")

    async def pieces() -> object:
        for _ in range(70):
            yield b" " * 1000

    response = seller("POST", "/v1/inventory/lots", content=pieces())
    problem(response, 413, "body-too-large")


def test_another_host_name_is_refused(seller: Client) -> None:
    response = seller.get("/v1/marts", headers={"Host": "shop.example"})
    problem(response, 400, "unknown-host")


def test_a_host_name_is_the_same_in_small_and_large_letters(
    published: Path, url: str
) -> None:
    app = api_on(published, url, hosts=("localhost", "Shop.example"))
    for host in ("LocalHost:8000", "shop.example", "SHOP.EXAMPLE"):
        response = Client(app, None).get("/v1/health", headers={"Host": host})
        assert response.status_code == 200, host


def test_an_address_or_method_that_is_not_there(seller: Client) -> None:
    problem(seller.get("/v1/nothing"), 404, "not-found")
    response = seller("PUT", "/v1/inventory/lots", json=NEW_LOT)
    problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "GET, POST"


# --- what is told of it --------------------------------------------------------------


def test_a_fault_of_our_own_is_a_sentence_and_its_place_is_logged(
    seller: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("secret 4711")

    monkeypatch.setattr(seller.app.state.store, "listed", broken)
    with caplog.at_level(logging.INFO, "tributary.api"):
        response = seller.get("/v1/inventory/lots")
    assert "4711" not in response.text + caplog.text
    problem(response, 500, "internal-error")
    entry = json.loads(caplog.records[-1].message)
    assert entry["fault"].startswith("ValueError at test_api.py:")
    assert entry["request_id"] == response.json()["request_id"]


def test_a_request_keeps_the_id_it_came_with(seller: Client) -> None:
    found = seller.get("/v1/metrics", headers={"X-Request-ID": "partner-42"})
    assert found.headers["x-request-id"] == "partner-42"
    found = seller.get("/v1/metrics", headers={"X-Request-ID": "a b\tc"})
    assert found.headers["x-request-id"] != "a b\tc"


def test_the_log_tells_nothing_of_what_was_sent(
    seller: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        lot(seller, section="Nachtigall")
        seller.get("/v1/marts/fct_sales/rows?filter=city:eq:Nachtigall")
        seller.post("/v1/inventory/lots", NEW_LOT | {"section": ["Nachtigall"]})
        Client(seller.app, "trib_Nachtigall").get("/v1/marts")
    own = [r.message for r in caplog.records if r.name == "tributary.api"]
    assert len(own) == 4
    assert all(json.loads(line)["route"].startswith("/v1/") for line in own)
    told = "\n".join(own)
    assert "Nachtigall" not in told
    assert seller.token.split("_")[2] not in told
    assert "127.0.0.1" not in told


def test_the_page_of_documentation_asks_no_other_host(seller: Client) -> None:
    page = seller.get("/v1/docs").text
    assert "https://" not in page
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"docs/{name}" in page
        assert seller.get(f"/v1/docs/{name}").status_code == 200
