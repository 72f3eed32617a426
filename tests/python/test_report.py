"""The report: one page that is whole, true and readable, and its pictures."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser

from browser import MARKS, PHONE, WIDE, visit
from serving.filters import Filters
from serving.formats import shown
from serving.marts import Answer, Marts
from serving.questions import QUESTIONS, Answered, Question, answer
from serving.questions.advice import of_returns
from serving.questions.channels import channel_returns, spread
from serving.questions.common import leader
from serving.questions.customers import retention, segments
from serving.questions.marketplace import events, funnel
from serving.questions.numbers import Shown, figures, revenue_over_time
from serving.questions.reconciliation import gap_over_time
from serving.questions.spend import campaign_cpc, spend_by_channel, spend_over_time
from serving.report.__main__ import bounds, main
from serving.tables import figures_html
from support import copied, environment, tables_by_property

# an address that is not a place in the page itself
ASKS_FOR = re.compile(
    r"""\s(?:src|(?:xlink:)?href)="(?!#)[^"]*|url\((?!#)[^)]*|@import"""
)
TOO_WIDE = """
    [...document.querySelectorAll('.t-figures *')]
        .filter(part => part.scrollWidth > part.clientWidth)
        .map(part => part.textContent)
"""

# in lines
HEIGHTS = """
    values => values.map(
        value => value.clientHeight / parseFloat(getComputedStyle(value).lineHeight)
    )
"""

# what a scrolled place hides of a chart's words however far it is scrolled
CUT_OFF = """
    [...document.querySelectorAll('figure svg text')]
        .filter(text => {
            const place = text.closest('.t-scroll');
            const seen = place.getBoundingClientRect();
            const left = seen.left - place.scrollLeft;
            const words = text.getBoundingClientRect();
            return words.width > 0 && (
                words.left < left - 0.5 || words.right > left + place.scrollWidth + 0.5
                || words.top < seen.top - 0.5 || words.bottom > seen.bottom + 0.5
            );
        })
        .map(text => text.textContent)
"""

# names of a legend that run into the next one's sign
RUN_ON = """
    [...document.querySelectorAll('figure svg .role-legend-label text')]
        .filter(text => {
            const words = text.getBoundingClientRect();
            return [...text.closest('.role-legend').querySelectorAll(
                '.role-legend-symbol path'
            )].map(sign => sign.getBoundingClientRect()).some(sign =>
                sign.left > words.left && sign.left < words.right
                && sign.top < words.bottom && words.top < sign.bottom
            );
        })
        .map(text => text.textContent)
"""


@pytest.fixture(scope="module")
def page(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of a part of a property's days."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    with environment(TRIBUTARY_PUBLISHED=str(published)):
        options = ["--property", "company_x", "--from", "2021-07-08"]
        assert main([*options, "--out", str(path)]) == 0
    return path


def test_it_is_one_page_that_asks_for_nothing(page: Path) -> None:
    text = page.read_text()

    assert text.count("<!doctype html>") == 1
    assert ASKS_FOR.findall(text) == []
    assert "<script" not in text
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_it_shows_the_numbers_of_its_days(page: Path, published: Path) -> None:
    first = date(2021, 7, 8)
    with duckdb.connect(str(published), read_only=True) as conn:
        ((sessions,),) = conn.execute(
            "select count(*) from marts.fct_sessions "
            "where property = 'company_x' and session_date >= ?",
            [first],
        ).fetchall()
        ((orders, revenue),) = conn.execute(
            "select count(*), sum(revenue) from marts.fct_conversions "
            "where property = 'company_x' and is_counted and conversion_date >= ?",
            [first],
        ).fetchall()
        ((cost,),) = conn.execute(
            "select sum(cost) from marts.rpt_channel_costs "
            "where property = 'company_x' and report_date >= ?",
            [first],
        ).fetchall()
    text = page.read_text()

    for value, kind in ((sessions, "count"), (orders, "count"), (revenue, "money")):
        assert f'<div class="t-value">{shown(value, kind, "EUR")}</div>' in text
    assert shown(cost, "money", "EUR") in text
    assert (
        "Shown from 2021-07-08 to 2021-07-31, of data from 2021-07-01 to 2021-07-31."
    ) in text
    assert re.search(
        r"published \d{4}-\d\d-\d\d \d\d:\d\d UTC from generated sample", text
    )


def test_its_sections_stand_in_the_order_of_a_talk(page: Path) -> None:
    assert re.findall("<h2>(.*?)</h2>", page.read_text()) == [
        "Our numbers",
        "Channels",
        "Reconciliation",
        "Spend and CPC",
        "Customers",
        "Budget",
        "Brands and categories",
        "What to do next",
    ]


def test_it_says_what_is_missing(page: Path) -> None:
    text = page.read_text()

    assert "There are no listings here: the property has no table of them." in text
    assert "of 504 orders" not in text
    assert 'id="company_x-brands"' not in text


def test_days_without_data_are_no_property_without_data(
    published: Path, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    with environment(TRIBUTARY_PUBLISHED=str(published)):
        days = ["--from", "1990-01-01", "--to", "1990-02-01"]
        assert main(["--property", "company_x", *days, "--out", str(path)]) == 0
    text = path.read_text()

    assert "Shown from 1990-01-01 to 1990-02-01, of data from 2021-07-01" in text
    for question in (revenue_over_time, gap_over_time, spend_over_time, retention):
        said = f"<strong>{question.title}</strong> Nothing from 1990-01-01"
        assert said in text
        assert question.missing not in text
    # what the property never had is still said so
    assert funnel.missing in text


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (None, date(2021, 7, 9), (date(2021, 7, 1), date(2021, 7, 9))),
        (date(2021, 7, 9), None, (date(2021, 7, 9), date(2021, 7, 31))),
        (None, date(1990, 1, 1), (date(1990, 1, 1), date(1990, 1, 1))),
        (date(2050, 1, 1), None, (date(2050, 1, 1), date(2050, 1, 1))),
    ],
)
def test_the_end_that_is_not_chosen_is_never_on_the_wrong_side(
    first: date | None, last: date | None, said: tuple[date, date]
) -> None:
    assert bounds(first, last, date(2021, 7, 1), date(2021, 7, 31)) == said


@pytest.mark.parametrize("dark", [False, True])
def test_it_opens_from_disk_for_everybody(
    page: Path, browser: Browser, dark: bool
) -> None:
    size = PHONE if dark else (1280, 900)
    with visit(browser, page.as_uri(), size=size, dark=dark) as seen:
        assert seen.page.locator("figure svg").count() > 15
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        # by keys alone: to a section, and to the numbers under a chart
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.textContent") == "Our numbers"
        seen.page.locator("summary").first.focus()
        seen.page.keyboard.press("Enter")
        assert seen.page.locator("details[open] table").count() == 1
        assert seen.violations(without=MARKS) == []
        seen.check()


def test_no_label_is_cut_off_in_a_wider_font(page: Path, browser: Browser) -> None:
    """Charts are measured in Liberation Sans, which a reader may not have."""
    path = page.with_name("wider.html")
    path.write_text(page.read_text().replace("Liberation Sans, Arial", "DejaVu Sans"))

    for size in (PHONE, WIDE):
        with visit(browser, path.as_uri(), size=size) as seen:
            assert seen.page.locator("figure svg text").count() > 100
            assert seen.page.locator("figure svg text", has_text="…").count() == 0
            assert seen.page.evaluate(CUT_OFF) == []
            assert seen.page.evaluate(RUN_ON) == []


def test_no_long_name_is_cut_off_in_a_wider_font(
    published: Path, tmp_path: Path, browser: Browser
) -> None:
    """A chart shortens it to what it measures, which is less than the reader sees."""
    copy, path = tmp_path / "tributary.duckdb", tmp_path / "report.html"
    shutil.copy(published, copy)
    with duckdb.connect(str(copy)) as conn:
        conn.execute(
            "update marts.rpt_attribution_models set channel = "
            "channel || ' of many more words than any chart of it has room for'"
        )
        conn.execute(
            "update marts.rpt_journey_paths "
            "set path = replace(path, 'Paid Search Brand', 'Retargeting till 50%')"
        )
    with environment(TRIBUTARY_PUBLISHED=str(copy)):
        assert main(["--property", "company_x", "--out", str(path)]) == 0
    path.write_text(path.read_text().replace("Liberation Sans, Arial", "DejaVu Sans"))

    for size in (PHONE, WIDE):
        with visit(browser, path.as_uri(), size=size) as seen:
            assert seen.page.locator("figure svg text", has_text="…").count() > 5
            assert seen.page.evaluate(CUT_OFF) == []
            assert seen.page.evaluate(RUN_ON) == []


def test_nothing_is_wider_than_its_place(
    published: Path,
    tmp_path: Path,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On any window, with amounts of millions and ids that have no space."""
    monkeypatch.setattr("serving.report.page.svg", lambda spec, name: "")
    path = tmp_path / "report.html"
    with environment(TRIBUTARY_PUBLISHED=str(published)):
        assert main(["--out", str(path)]) == 0
    amount = shown(1234567.89, "money", "EUR")
    text = re.sub(r'(?<="t-value">)[^<]*EUR', amount, path.read_text())
    path.write_text(text)

    for width in (320, 360, 768, 1280):
        with visit(browser, path.as_uri(), size=(width, 800)) as seen:
            scrolled = "document.documentElement.scrollWidth"
            assert seen.page.evaluate(scrolled) <= width
            assert seen.page.evaluate(TOO_WIDE) == [], width


@pytest.mark.parametrize("width", [320, 640, 768, 1280])
def test_an_amount_of_billions_stands_on_one_line(
    page: Path, tmp_path: Path, browser: Browser, width: int
) -> None:
    amounts = [shown(10**digits, "money", "EUR") for digits in range(1, 10)]
    figures = figures_html(Shown("Revenue", amount, "") for amount in amounts)
    path = tmp_path / "report.html"
    path.write_text(re.sub('<dl class="t-figures">.*?</dl>', figures, page.read_text()))
    with visit(browser, path.as_uri(), size=(width, 800)) as seen:
        heights = seen.page.locator(".t-value").evaluate_all(HEIGHTS)
    assert [round(lines) for lines in heights] == [1] * len(amounts)


def test_each_chart_is_a_picture_on_demand(published: Path, tmp_path: Path) -> None:
    with environment(TRIBUTARY_PUBLISHED=str(published)):
        options = ["--property", "vestiaire", "--charts", str(tmp_path / "charts")]
        assert main([*options, "--out", str(tmp_path / "report.html")]) == 0

    pictures = {
        path.name: path.read_bytes() for path in (tmp_path / "charts").iterdir()
    }
    assert set(pictures) == {
        f"vestiaire_{key}.png"
        for key in ("funnel", "brands", "categories", "seller_segments")
    }
    assert all(data.startswith(b"\x89PNG") for data in pictures.values())


@pytest.mark.parametrize(
    ("revenue", "said", "drawn"),
    [
        (
            (Decimal("0.00"), Decimal("9.50")),
            "Play earned most: 9.50\N{NARROW NO-BREAK SPACE}EUR.",
            [0.0, 9.5],
        ),
        ((None, None), "Gig sold most: 3.", [3.0, 1.0]),
    ],
)
def test_events_are_compared_by_tickets_where_no_sale_says_a_price(
    revenue: tuple[Decimal | None, ...], said: str, drawn: list[float]
) -> None:
    first, second = revenue
    columns = ("event", "revenue", "quantity_sold")
    rows = Answer(columns, (("Gig", first, 3), ("Play", second, 1)))

    assert events.says(rows, "EUR") == said
    (lengths,) = events.draw(rows).to_dict()["datasets"].values()
    assert [row["label_at"] for row in lengths] == drawn


Ask = Callable[..., Answered]


@pytest.fixture
def ask(published: Path, tmp_path: Path) -> Ask:
    """Answer a question from a mart that holds some rows of a shop and nothing else."""

    def asked(question: Question, mart: str, *rows: dict[str, Any]) -> Answered:
        path = tmp_path / "shop.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as conn:
            conn.execute(f"attach '{published}' as sample (read_only)")
            conn.execute("create schema marts")
            conn.execute(
                f"create table marts.{mart} as from sample.marts.{mart} limit 0"
            )
            for row in rows:
                whole = {"property": "shop"} | row
                marks = ", ".join("?" for _ in whole)
                conn.execute(
                    f"insert into marts.{mart} ({', '.join(whole)}) values ({marks})",
                    [*whole.values()],
                )
        return answer(question, Marts(path), Filters("shop"), "EUR")

    return asked


def test_credit_notes_and_free_clicks_count_in_what_a_click_costs(ask: Ask) -> None:
    bills = [("g", 300, 180), ("m", -40, 0), ("free", 0, 12), ("idle", 0, 0)]
    days = [
        {"campaign_id": name, "platform": "ads", "cost": cost, "clicks": clicks}
        for name, cost, clicks in bills
    ]
    found = ask(campaign_cpc, "fct_campaign_days", *days)

    assert found.rows.column("campaign_id") == ["g", "free", "m"]
    assert found.sentence.replace("\N{NARROW NO-BREAK SPACE}", " ") == (
        "260.00 EUR was billed; a click cost 1.35 EUR, most in campaign g: 1.67 EUR."
    )
    # a table that bills nothing is one all the same
    nothing = ask(campaign_cpc, "fct_campaign_days", days[-1])
    assert nothing.sentence == "Neither a cost nor a click is billed here."


def test_nobody_has_a_part_of_a_sum_with_credit_notes(ask: Ask) -> None:
    costs = [("google", 300, 180), ("meta", -40, 0), ("(no session)", 0, 12)]
    days = [
        {"channel": name, "report_date": date(2024, 1, 1), "cost": cost, "clicks": n}
        for name, cost, n in costs
    ]
    found = ask(spend_by_channel, "rpt_channel_costs", *days)

    assert found.rows.column("channel") == ["google", "(no session)", "meta"]
    amount = shown(300, "money", "EUR")
    assert found.sentence == f"google cost most: {amount}."
    # what sums up to nothing has no parts either
    even = Answer(("channel", "cost"), (("google", 5), ("meta", -5)))
    assert "of all" not in leader("channel", "cost")(even, "EUR")


def test_spend_is_not_judged_where_nobody_counts_orders(ask: Ask) -> None:
    day = {
        "attribution_model": "last_non_direct",
        "date_basis": "touch",
        "report_date": date(2024, 1, 1),
        "channel": "google",
        "cost": 300,
        "clicks": 180,
        "credited_conversions": 0,
        "credited_revenue": 0,
        "credited_profit": 0,
        "cpc": 1.67,
    }
    counted = {"roas": 0, "romi": -1}
    uncounted = ask(channel_returns, "rpt_channel_performance", day)
    earning_nothing = ask(channel_returns, "rpt_channel_performance", day | counted)
    nobody = Answer(("channel", "status"), ())

    (row,) = uncounted.rows.dicts()
    assert (row["cpo"], row["roas"], row["romi"]) == (None, None, None)
    assert row["cpc"] == pytest.approx(300 / 180)
    spent = shown(300, "money", "EUR")
    assert uncounted.sentence == f"{spent} was spent; no revenue is known here."
    assert list(of_returns(uncounted.rows, nobody, "EUR")) == []
    (row,) = earning_nothing.rows.dicts()
    assert (row["roas"], row["romi"]) == (0, -1)
    assert "0.00 for each unit spent" in earning_nothing.sentence
    assert len(list(of_returns(earning_nothing.rows, nobody, "EUR"))) == 1


def test_without_cost_and_revenue_neither_is_said_to_be_0(ask: Ask) -> None:
    day = {
        "attribution_model": "last_non_direct",
        "date_basis": "touch",
        "channel": "google",
        "cost": 0,
        "credited_revenue": 0,
    }
    found = ask(channel_returns, "rpt_channel_performance", day)

    assert found.sentence == "Neither cost nor revenue is known here."


def test_a_figure_is_0_where_nothing_happened_and_a_dash_where_nothing_is_known(
    published: Path,
) -> None:
    day = date(2018, 3, 30)
    marts = Marts(published)
    found = {
        one.label: (one.value.replace("\N{NARROW NO-BREAK SPACE}", " "), one.meaning)
        for one in figures(marts, Filters("afisha", day, day), "USD")
    }
    never = {one.label: one for one in figures(marts, Filters("vestiaire", day), None)}

    assert found == {
        "Sessions": ("11", "visits that were recorded"),
        "Orders": ("0", "counted conversions"),
        "Revenue": ("0.00 USD", "that counts, before refunds"),
        "Per order": ("–", "nothing to divide by"),
        "Conversion rate": ("0.0 %", "orders over sessions"),
        "Cost": ("14.14 USD", "billed, and what sessions alone know"),
        "ROAS": ("0.00", "revenue credited over cost"),
        "Gap to tracking": ("–", "no data of it"),
    }
    assert {(one.value, one.meaning) for one in never.values()} == {
        ("–", "no data of it")
    }


def test_orders_without_sessions_are_no_lack_of_users(ask: Ask) -> None:
    assert ask(retention, "rpt_retention").sentence == (
        "No session here says whose it is."
    )
    user = {"segment": "repeat", "conversion_count": 2, "net_revenue": 20}
    assert "Most are repeat: 1" in ask(segments, "dim_users", user).sentence


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((1.0, 1.0), "The models agree on each channel's share of the revenue."),
        ((0.5, 0.50001), "The models agree on each channel's share of the revenue."),
        ((0.5, 0.52), "The models differ most about google: from 50.0 % to 52.0 % of "),
    ],
)
def test_models_that_agree_do_not_differ_most(
    shares: tuple[float, ...], said: str
) -> None:
    rows = Answer(
        ("channel", "revenue_share"), tuple(("google", share) for share in shares)
    )

    sentence = spread(rows, None).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert sentence.startswith(said)


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_definition_says_what_its_query_does(key: str) -> None:
    question = QUESTIONS[key]
    for sql in question.queries:
        if cut := re.search(r"\blimit (\d+)\s*$", sql):
            assert f"first {cut[1]} " in question.definition
        # by weeks and months too
        if "$grain" in sql:
            assert "by day" not in question.definition


def test_without_a_property_it_is_of_all_of_them(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.report.page.svg", lambda spec, name: "")
    with environment(TRIBUTARY_PUBLISHED=str(published)):
        assert main(["--out", str(tmp_path / "report.html")]) == 0

    assert re.findall("<h1>(.*?)</h1>", (tmp_path / "report.html").read_text()) == [
        "afisha",
        "company_x",
        "company_x_2023",
        "corner_shop",
        "vestiaire",
        "vivid_seats",
    ]


def test_contents_lead_to_properties_that_differ_in_signs_only(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.report.page.svg", lambda spec, name: "")
    copy, path = tmp_path / "tributary.duckdb", tmp_path / "report.html"
    names = {"company_x_2023": "Лавка", "corner_shop": "Кафе!"}
    with copied(published, copy) as conn:
        for table in tables_by_property(conn):
            for name, other in names.items():
                conn.execute(
                    f"update {table} set property = ? where property = ?",
                    [other, name],
                )
    with environment(TRIBUTARY_PUBLISHED=str(copy)):
        assert main(["--out", str(path)]) == 0
    text = path.read_text()

    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'<a href="#([^"]+)">Customers</a>', text)
    found = [
        re.search(rf'id="{target}" aria-label="(.*?): ', text) for target in targets
    ]
    assert [label[1] for label in found] == re.findall("<h1>(.*?)</h1>", text)


def test_a_property_is_shown_by_a_model_that_it_has(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.report.page.svg", lambda spec, name: "")
    copy, path = tmp_path / "tributary.duckdb", tmp_path / "report.html"
    shutil.copy(published, copy)
    with duckdb.connect(str(copy)) as conn:
        conn.execute(
            "update meta.publication set default_attribution_model = 'provided'"
        )
    with environment(TRIBUTARY_PUBLISHED=str(copy)):
        assert main(["--out", str(path)]) == 0

    models = re.findall(r"Revenue credited by (\w+), by", path.read_text())
    names = re.findall("<h1>(.*?)</h1>", path.read_text())
    shown_by = dict(zip(names, models, strict=True))
    assert shown_by["company_x"] == "provided"
    # it has no journeys of its own
    assert shown_by["corner_shop"] == "first_touch"
    assert (
        "this model was not computed"
        not in path.read_text()
        .partition('id="corner_shop"')[2]
        .partition('id="vestiaire"')[0]
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--property", "corner_shop", "--model", "provided"], "There is no model"),
        (["--property", "nowhere"], "There is no property nowhere"),
        (["--model", "guess"], "There is no model guess"),
        (["--from", "yesterday"], "yesterday is no day like 2021-07-31"),
        (["--from", "2021-07-02", "--to", "2021-07-01"], "lies after"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    published: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    path = tmp_path / "report.html"
    with environment(TRIBUTARY_PUBLISHED=str(published)):
        try:
            code = main([*options, "--out", str(path)])
        except SystemExit as stopped:
            code = stopped.code

    assert code
    assert said in capsys.readouterr().err
    assert not path.exists()


def test_without_a_publication_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with environment(TRIBUTARY_PUBLISHED=str(tmp_path / "none.duckdb")):
        assert main(["--out", str(tmp_path / "report.html")]) == 1

    assert "run make build first" in capsys.readouterr().err
