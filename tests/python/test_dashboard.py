"""The dashboard in a real browser: its pages, numbers, filters and failures."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import duckdb
import pytest
from playwright.sync_api import Browser, TimeoutError, expect
from streamlit.testing.v1 import AppTest

from browser import MARKS, PHONE, WIDE, Visit, visit
from serving.formats import shown
from serving.marts import Marts
from support import PROJECT, copied, free_port, tables_by_property

pytestmark = pytest.mark.slow

MOST_KEYS = 40
MOST_TRIES = 6
# the label of the filter that has the focus
FOCUSED = """
    document.activeElement.closest('[data-testid=stElementContainer]')
        ?.innerText.split('\\n')[0] ?? ''
"""
# whether the first figure begins where the title does
SAME_EDGE = """() => {
    const [figure, title] = ['.t-figures > div', 'h1'].map(
        name => document.querySelector(name)?.getBoundingClientRect().x);
    return figure !== undefined && figure === title;
}"""
# names beside a chart that leave its picture, and numbers in it that meet;
# a window that changes is measured once, so that a plot may be some pixels too wide
MISPLACED = """charts => charts.flatMap(chart => {
    const place = chart.getBoundingClientRect();
    const drawn = [...chart.querySelectorAll('text')]
        .filter(text => text.textContent && text.getAttribute('opacity') !== '0')
        .map(text => ({
            words: text.textContent,
            isNumber: text.parentElement.classList.contains('role-mark')
                && /^[0-9]/.test(text.textContent),
            ...text.getBoundingClientRect().toJSON(),
        }));
    const outside = drawn.filter(text => !text.isNumber && (
        text.left < place.left - 4 || text.right > place.right + 4
        || text.top < place.top - 4 || text.bottom > place.bottom + 4));
    const numbers = drawn.filter(text => text.isNumber);
    const met = numbers.filter(text => numbers.some(other => text !== other
        && text.left < other.right && other.left < text.right
        && text.top < other.bottom - 2 && other.top < text.bottom - 2));
    return [...outside, ...met].map(text => text.words);
})"""
SECONDS_TO_START = 60
SECONDS_TO_ANSWER = 30_000
MILLISECONDS_TO_DRAW = 1_000
PAGES = {
    # title, and the property on which it has most to show
    "Overview": "company_x",
    "Sessions and product": "vivid_seats",
    "Channels and attribution": "company_x",
    "Reconciliation": "company_x",
    "Spend and CPC": "company_x",
    "Customers": "afisha",
    "Budget": "afisha",
    "Marketplace": "vivid_seats",
    "Data quality": "company_x",
    "Rejected rows": "company_x",
}


expect.set_options(timeout=SECONDS_TO_ANSWER)


@dataclass(frozen=True)
class Dashboard:
    """A dashboard that runs, and the file that it reads."""

    address: str
    path: Path

    def url(self, **query: str) -> str:
        """Give the address of a page."""
        return f"{self.address}/?{urlencode(query)}"


@pytest.fixture(scope="module")
def dashboard(
    published: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """Serve the published sample from a copy that a test may replace."""
    path = tmp_path_factory.mktemp("dashboard") / "tributary.duckdb"
    shutil.copy(published, path)
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "serving.dashboard", "--port", str(port)],
        cwd=PROJECT,
        env=os.environ | {"TRIBUTARY_PUBLISHED": str(path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/_stcore/health")
        yield Dashboard(address, path)
    finally:
        server.terminate()
        server.wait()


def wait_for(url: str) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        try:
            with urlopen(url):
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def downloaded(seen: Visit, path: Path) -> list[list[str]]:
    """Download the last table of a page, and read its rows, the header first.

    A button that is drawn anew meanwhile, whose file is gone, is clicked again.
    """
    button = seen.page.get_by_role("button", name="Download as CSV").last
    for _ in range(MOST_TRIES):
        try:
            with seen.page.expect_download(
                timeout=SECONDS_TO_ANSWER / MOST_TRIES
            ) as download:
                button.click()
        except TimeoutError:
            continue
        download.value.save_as(path)
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))
    raise AssertionError("no file to download comes")


def settle(seen: Visit, title: str) -> None:
    """Wait until a page is drawn, and see that it met no error."""
    page = seen.page
    expect(page.locator("h1")).to_have_text(title)
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')"
        ".dataset.testScriptState === 'notRunning'"
        " && !document.querySelector('[data-stale=true]')",
        timeout=SECONDS_TO_ANSWER,
    )
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.locator("[data-testid=stAlertContentError]").count() == 0


def says(seen: Visit, *texts: str) -> None:
    """Wait until a page says some texts: what is HTML in it comes a little later."""
    main = seen.page.locator("[data-testid=stMain]")
    for text in texts:
        expect(main).to_contain_text(text)


def violations(seen: Visit) -> set[str]:
    """List what axe-core finds, and finds again two seconds later.

    What is HTML in a page comes a little later than its frame, which nobody could reach
    by the keyboard as long as it is empty.
    """
    found = set(seen.violations(without=MARKS))
    if found:
        seen.page.wait_for_timeout(2000)
        found &= set(seen.violations(without=MARKS))
    return found


def go(seen: Visit, title: str) -> None:
    """Choose a page beside the others."""
    seen.page.locator("[data-testid=stRadio]").get_by_text(title, exact=True).click()
    settle(seen, title)


def choose(seen: Visit, label: str, value: str) -> None:
    """Choose a value of a list; one that is drawn anew meanwhile is opened again."""
    box = seen.page.get_by_role("combobox", name=label)
    option = seen.page.get_by_role("option", name=value, exact=True)
    for _ in range(MOST_TRIES):
        box.click()
        box.fill(value)
        try:
            option.click(timeout=SECONDS_TO_ANSWER / MOST_TRIES)
            return
        except TimeoutError:
            box.press("Escape")
    raise AssertionError(f"{label} does not offer {value}")


@pytest.fixture(scope="module")
def expected(published: Path) -> dict[str, list[str]]:
    """Compute from the facts what each page must say."""
    with duckdb.connect(str(published), read_only=True) as conn:

        def one(sql: str) -> tuple:
            return conn.execute(sql).fetchall()[0]

        sessions = one(
            "select count(*) from marts.fct_sessions where property = 'company_x'"
        )[0]
        orders, revenue = one(
            "select count(*), sum(revenue) from marts.fct_conversions "
            "where property = 'company_x' and is_counted"
        )
        users = one(
            "select count(distinct user_id) from marts.fct_sessions where property = "
            "'vivid_seats' and session_date between '2022-07-11' and '2022-07-17'"
        )[0]
        direct = one(
            "select sum(credited_revenue) from marts.fct_attribution_credits where "
            "property = 'company_x' and attribution_model = 'last_non_direct' "
            "and channel = '(no touchpoint)'"
        )[0]
        booked, gap = one(
            "select sum(backend_revenue), "
            "sum(revenue_gap) filter (not is_awaiting_backend) "
            "from marts.fct_conversion_reconciliation where property = 'company_x'"
        )
        billed = one(
            "select sum(cost) from marts.fct_campaign_days where property = 'company_x'"
        )[0]
        visitors = one(
            "select count(*) from marts.dim_users "
            "where property = 'afisha' and segment = 'visitor'"
        )[0]
        spend = one(
            "select sum(current_spend) from marts.rpt_budget where property = 'afisha'"
        )[0]
        listed, sold = one(
            "select count(*), count(sold_at) from marts.fct_listings "
            "where property = 'vivid_seats'"
        )
        warned = one(
            "select count(*) from marts.rpt_data_quality "
            "where property = 'company_x' and status = 'warn'"
        )[0]
        refused = one(
            "select count(*) from marts.fct_rejected_rows where property = 'company_x'"
        )[0]

    def eur(value: object) -> str:
        return shown(value, "money", "EUR")

    return {
        "Overview": [
            shown(sessions, "count"),
            shown(orders, "count"),
            eur(revenue),
            eur(gap),
        ],
        "Sessions and product": [f"2022-07-11: {shown(users, 'count')}"],
        "Channels and attribution": [f"(no touchpoint) has most: {eur(direct)}"],
        "Reconciliation": [f"{eur(booked)} is booked", eur(gap)],
        "Spend and CPC": [f"{eur(billed)} was billed"],
        "Customers": [f"Most are visitor: {shown(visitors, 'count')}"],
        "Budget": [f"Of {shown(spend, 'money', 'USD')} a week"],
        "Marketplace": [
            f"Of {shown(listed, 'count')} listings, {shown(sold, 'count')} were sold"
        ],
        "Data quality": [f"{warned} warn"],
        "Rejected rows": [f"{shown(refused, 'count')} raw rows are in no mart"],
    }


def test_every_page_shows_true_numbers(
    dashboard: Dashboard, browser: Browser, expected: dict[str, list[str]]
) -> None:
    """Wide and light, from page to page."""
    with visit(browser, dashboard.url(property="company_x"), size=WIDE) as seen:
        settle(seen, "Overview")
        here = "company_x"
        for title, name in PAGES.items():
            if name != here:
                choose(seen, "Property", name)
                here = name
            go(seen, title)
            says(seen, name, *expected[title])
            settle(seen, title)
            assert not violations(seen), title
        seen.check()


@pytest.mark.parametrize("title", ["Channels and attribution", "Budget"])
def test_pages_are_found_by_address_on_a_dark_telephone(
    dashboard: Dashboard,
    browser: Browser,
    expected: dict[str, list[str]],
    title: str,
) -> None:
    url = dashboard.url(page=title, property=PAGES[title])
    with visit(browser, url, size=PHONE, dark=True) as seen:
        settle(seen, title)
        says(seen, *expected[title])
        main = seen.page.locator("[data-testid=stMain]")
        assert main.evaluate("main => main.scrollWidth") <= PHONE[0]
        assert not violations(seen)
        seen.check()


@pytest.mark.parametrize(
    ("title", "charts", "names"),
    [
        ("Spend and CPC", 4, ["Paid Search Non Brand", "Microsoft Ads"]),
        ("Channels and attribution", 4, ["last_non_direct", "linear", "shapley"]),
        ("Customers", 6, ["2017-06", "2018-05"]),
    ],
)
def test_words_of_a_chart_stay_in_it_and_apart_on_any_window(
    dashboard: Dashboard, browser: Browser, title: str, charts: int, names: list[str]
) -> None:
    url = dashboard.url(page=title, property=PAGES[title])
    with visit(browser, url, size=PHONE) as seen:
        # what was drawn on one window is on the next as if it had been drawn there
        for width in (PHONE[0], 1440, WIDE[0], 720):
            seen.page.set_viewport_size({"width": width, "height": WIDE[1]})
            settle(seen, title)
            drawn = seen.page.locator("[data-testid=stVegaLiteChart] svg.marks")
            expect(drawn).to_have_count(charts)
            for name in names:
                text = drawn.get_by_text(name, exact=True).first
                expect(text).not_to_have_attribute("opacity", "0")
            seen.page.wait_for_timeout(MILLISECONDS_TO_DRAW)
            assert drawn.evaluate_all(MISPLACED) == [], width
        seen.check()


def test_figures_stand_under_the_title_and_fit(
    dashboard: Dashboard, browser: Browser
) -> None:
    with visit(browser, dashboard.url(property="company_x")) as seen:
        settle(seen, "Overview")
        # the style comes a moment later than what it is laid over
        seen.page.wait_for_function(SAME_EDGE, timeout=SECONDS_TO_ANSWER)
        value = seen.page.locator(".t-value").nth(2)
        length = "value => getComputedStyle(value).getPropertyValue('--length')"
        assert int(value.evaluate(length)) == len(value.text_content())
        amount = shown(1234567.89, "money", "EUR")
        value.evaluate(f"value => value.textContent = '{amount}'")
        assert value.evaluate("value => value.scrollWidth <= value.clientWidth")
        assert value.bounding_box()["height"] < 40


def test_an_id_without_a_space_is_broken_on_a_telephone(
    dashboard: Dashboard, browser: Browser
) -> None:
    url = dashboard.url(page="Marketplace", property="vestiaire")
    with visit(browser, url, size=(360, 800)) as seen:
        settle(seen, "Marketplace")
        says(seen, "sold most")
        main = seen.page.locator("[data-testid=stMain]")
        assert main.evaluate("main => main.scrollWidth") <= 360


def test_filters_narrow_the_numbers_and_say_where_they_cannot(
    dashboard: Dashboard, browser: Browser, published: Path
) -> None:
    with duckdb.connect(str(published), read_only=True) as conn:
        ((orders, revenue),) = conn.execute(
            "select count(*), sum(revenue) from marts.fct_conversions "
            "where property = 'company_x' and is_counted and market = 'GB'"
        ).fetchall()
    with visit(browser, dashboard.url(property="company_x")) as seen:
        settle(seen, "Overview")
        choose(seen, "Markets", "GB")
        figures = seen.page.locator(".t-figures")
        expect(figures).to_contain_text(shown(revenue, "money", "EUR"))
        expect(figures).to_contain_text(shown(orders, "count"))
        expect(figures).to_contain_text("not known for the chosen markets")
        go(seen, "Spend and CPC")
        says(seen, "Not told apart by markets: shown for all of them.")
        seen.check()


def test_dates_narrow_the_numbers(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = date(2021, 7, 5), date(2021, 7, 18)
    with duckdb.connect(str(published), read_only=True) as conn:
        ((orders, revenue),) = conn.execute(
            "select count(*), sum(revenue) from marts.fct_conversions where is_counted "
            "and property = 'company_x' and conversion_date between ? and ?",
            [first, last],
        ).fetchall()
    monkeypatch.setenv("TRIBUTARY_PUBLISHED", str(published))
    app = AppTest.from_file(str(PROJECT / "serving/dashboard/app.py"))
    app.query_params["property"] = "company_x"
    app.run(timeout=60)

    app.date_input[0].set_value((first, last)).run(timeout=60)

    said = " ".join(part.proto.body for part in app.get("html"))
    for value in (shown(orders, "count"), shown(revenue, "money", "EUR")):
        assert f'<div class="t-value">{value}</div>' in said
    assert "2021-07-05 to 2021-07-18" in said
    # while only the first of two days is chosen, all of them are shown
    app.date_input[0].set_value((first,)).run(timeout=60)
    assert not app.exception


def test_all_days_are_those_of_the_next_publication_too(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, following = tmp_path / "tributary.duckdb", tmp_path / "following"
    shutil.copy(published, path)
    shutil.copy(published, following)
    with duckdb.connect(str(following)) as conn:
        conn.execute(
            "insert into marts.rpt_sessions_daily "
            "select * replace (date '2021-08-01' as session_date) "
            "from marts.rpt_sessions_daily "
            "where property = 'company_x' and session_date = '2021-07-31'"
        )
        ((sessions,),) = conn.execute(
            "select sum(session_count) from marts.rpt_sessions_daily "
            "where property = 'company_x'"
        ).fetchall()
    marts = Marts(path)
    monkeypatch.setattr("serving.dashboard.view.marts", lambda: marts)
    app = AppTest.from_file(str(PROJECT / "serving/dashboard/app.py"))
    app.query_params["property"] = "company_x"
    app.run(timeout=60)

    following.replace(path)
    app.run(timeout=60)

    assert app.date_input[0].value == (date(2021, 7, 1), date(2021, 8, 1))
    said = " ".join(part.proto.body for part in app.get("html"))
    assert f'<div class="t-value">{shown(sessions, "count")}</div>' in said
    # days that were chosen stay, and give way to all where they are no more
    chosen = (date(2021, 7, 5), date(2021, 8, 1))
    app.date_input[0].set_value(chosen).run(timeout=60)
    os.utime(path)
    app.run(timeout=60)
    assert app.date_input[0].value == chosen
    shutil.copy(published, path)
    app.run(timeout=60)
    assert app.date_input[0].value == (date(2021, 7, 1), date(2021, 7, 31))


def test_a_conversion_is_followed_to_its_cents(
    dashboard: Dashboard, browser: Browser, published: Path
) -> None:
    with duckdb.connect(str(published), read_only=True) as conn:
        ((conversion, touches, revenue),) = conn.execute(
            "select conversion_id, count(*), any_value(revenue) "
            "from marts.fct_touchpoints "
            "inner join marts.fct_conversions using (property, conversion_id) "
            "where property = 'company_x' and is_counted "
            "group by conversion_id order by count(*) desc, conversion_id limit 1"
        ).fetchall()
    url = dashboard.url(page="Reconciliation", property="company_x")
    with visit(browser, url) as seen:
        settle(seen, "Reconciliation")
        box = seen.page.get_by_label("Conversion", exact=True)
        box.fill(conversion)
        box.press("Enter")
        table = seen.page.get_by_role("region", name="Touches: table")
        expect(table.locator("tbody tr")).to_have_count(touches)
        expect(table).to_contain_text(shown(revenue, "money", "EUR"))
        seen.check()


def test_refused_rows_are_filtered_and_downloaded(
    dashboard: Dashboard, browser: Browser, published: Path, tmp_path: Path
) -> None:
    with duckdb.connect(str(published), read_only=True) as conn:
        rows = conn.execute(
            "select raw_table, reason, layer, raw_row from marts.fct_rejected_rows "
            "where property = 'company_x' and raw_table = 'session_sources'"
        ).fetchall()
    url = dashboard.url(page="Rejected rows", property="company_x")
    with visit(browser, url) as seen:
        settle(seen, "Rejected rows")
        choose(seen, "Raw table", "session_sources")
        table = seen.page.get_by_role("region", name="Rejected rows: table")
        expect(table.locator("tbody tr")).to_have_count(len(rows))
        settle(seen, "Rejected rows")
        header, *found = downloaded(seen, tmp_path / "rows.csv")
        seen.check()

    assert header == ["raw_table", "reason", "layer", "raw_row"]
    assert sorted(found) == sorted(list(row) for row in rows)


@pytest.mark.parametrize(
    ("title", "listed", "label", "value", "query"),
    [
        (
            "Data quality",
            "Findings of conversion_without_touchpoint",
            "Check",
            "conversion_without_touchpoint",
            "select finding_key from marts.fct_data_quality_findings "
            "where property = 'company_x' "
            "and check_name = 'conversion_without_touchpoint'",
        ),
        (
            "Reconciliation",
            "Conversions",
            "Status",
            "(all)",
            "select conversion_id from marts.fct_conversion_reconciliation "
            "where property = 'company_x'",
        ),
        (
            "Rejected rows",
            "Rejected rows",
            "Property",
            "corner_shop",
            "select raw_table from marts.fct_rejected_rows "
            "where property = 'corner_shop'",
        ),
    ],
)
def test_a_long_list_says_how_long_it_is_and_is_downloaded_whole(
    dashboard: Dashboard,
    browser: Browser,
    published: Path,
    tmp_path: Path,
    title: str,
    listed: str,
    label: str,
    value: str,
    query: str,
) -> None:
    with duckdb.connect(str(published), read_only=True) as conn:
        rows = [first for (first,) in conn.execute(query).fetchall()]
    assert len(rows) > 200
    with visit(browser, dashboard.url(page=title, property="company_x")) as seen:
        settle(seen, title)
        choose(seen, label, value)
        settle(seen, title)
        table = seen.page.get_by_role("region", name=f"{listed}: table")
        expect(table.locator("tbody tr")).to_have_count(25)
        says(seen, f"The first 25 of {shown(len(rows), 'count')} rows.")
        _, *found = downloaded(seen, tmp_path / "rows.csv")
        seen.check()

    assert sorted(row[0] for row in found) == sorted(rows)


def test_the_address_follows_where_a_publication_lacks_what_is_shown(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, following = tmp_path / "tributary.duckdb", tmp_path / "following"
    shutil.copy(published, path)
    with copied(published, following) as conn:
        for table in tables_by_property(conn):
            conn.execute(f"delete from {table} where property = 'company_x'")
    marts = Marts(path)
    monkeypatch.setattr("serving.dashboard.view.marts", lambda: marts)
    app = AppTest.from_file(str(PROJECT / "serving/dashboard/app.py"))
    app.query_params["property"] = "company_x"
    app.query_params["model"] = "provided"
    app.run(timeout=60)
    assert app.selectbox(key="property").value == "company_x"
    assert app.selectbox(key="model").value == "provided"

    following.replace(path)
    app.run(timeout=60)

    assert not app.exception
    assert app.selectbox(key="property").value == "afisha"
    # the first of each is the one without an address
    assert not {"property", "model"} & set(app.query_params)


def test_pages_and_filters_are_reached_by_keys(
    dashboard: Dashboard, browser: Browser
) -> None:
    with visit(browser, dashboard.url()) as seen:
        settle(seen, "Overview")
        # what is loaded late cannot be reached before
        for label in ("Property", "Channels", "Attribution model"):
            expect(seen.page.get_by_role("combobox", name=label)).to_be_visible()
        reached: list[str] = []
        while "Attribution model" not in reached and len(reached) < MOST_KEYS:
            seen.page.keyboard.press("Tab")
            reached.append(seen.page.evaluate(FOCUSED))
        assert {"Page", "Property", "Channels", "Attribution model"} <= set(reached)
        seen.page.get_by_role("radio", name="Overview").focus()
        seen.page.keyboard.press("ArrowDown")
        settle(seen, "Sessions and product")
        assert re.search(r"page=Sessions\+and\+product", seen.page.url)
        seen.check()


def test_a_new_publication_shows_by_itself_and_its_absence_is_said(
    dashboard: Dashboard, browser: Browser, tmp_path: Path
) -> None:
    following, last = tmp_path / "following", tmp_path / "last"
    shutil.copy(dashboard.path, following)
    shutil.copy(dashboard.path, last)
    with duckdb.connect(str(following)) as conn:
        conn.execute(
            "update marts.rpt_sessions_daily set session_count = session_count * 1000"
        )
    with visit(browser, dashboard.url(property="company_x")) as seen:
        settle(seen, "Overview")
        says(seen, shown(4054, "count"))
        shutil.move(following, dashboard.path)
        expect(seen.page.locator(".t-figures")).to_contain_text(shown(4054000, "count"))
        seen.check()
    dashboard.path.unlink()
    with visit(browser, dashboard.url()) as seen:
        expect(seen.page.get_by_text("run make build first")).to_be_visible()
        shutil.move(last, dashboard.path)
        expect(seen.page.locator("h1")).to_have_text("Overview")
        seen.check()
