"""The docs site and the pages in docs/: open from disk, say what is there, lead on."""

from __future__ import annotations

import io
import itertools
import json
import re
import shutil
import textwrap
from pathlib import Path
from typing import Any

import duckdb
import pytest
from PIL import Image, ImageStat
from playwright.sync_api import Browser, Page

import docs_site
from browser import PHONE, visit
from support import PROJECT, Build, environment

pytestmark = pytest.mark.slow

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SITE_LINK = re.compile(r"\(#!/(\w+)/([\w.]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# the page is of several megabytes, and the machine may be busy
SLOW = 30_000
TOUR = re.MULTILINE | re.DOTALL
BLOCK = {
    language: re.compile(rf"^ *```{language}\n(.*?)^ *```", TOUR)
    for language in ["sql", "python"]
}
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])
READ_BY_USERS = [page for page in PAGES if page.name != "CONTRIBUTING.md"]
MART = re.compile(r"\b(?:fct|dim|rpt)_[a-z_]+\b")


@pytest.fixture(scope="module")
def manifest(sample: Build) -> dict:
    """Read the manifest of the sample."""
    return json.loads(sample.manifest.read_text())


@pytest.fixture(scope="module")
def site(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the docs site of the sample, from a copy of its build."""
    folder = tmp_path_factory.mktemp("site") / "sample"
    shutil.copytree(sample.folder, folder)
    options = ["--no-compile", "--target-path", str(folder / "target")]
    options += ["--log-path", str(folder), "--project-dir", str(PROJECT)]
    options += ["--profiles-dir", str(PROJECT), "--vars", "{}"]
    with environment(TRIBUTARY_DB=str(folder / "tributary.duckdb")):
        assert docs_site.main(options) == 0
    return folder / "target" / docs_site.PAGE


def test_a_marketer_gets_from_a_question_to_a_definition(
    site: Path, browser: Browser
) -> None:
    """The page opens from disk, shows marts, metrics and readers, and can be read."""
    with visit(browser, site.as_uri()) as seen:
        page = seen.page
        page.get_by_role("heading", name="What can I ask").wait_for(timeout=SLOW)
        assert seen.violations() == []
        page.get_by_role("link", name="rpt_channel_performance").first.click()
        row = page.locator("tr.column-row", has_text="roas")
        row.wait_for(timeout=SLOW)
        assert "Return on ad spend: credited_revenue / cost" in row.inner_text()
        assert seen.violations() == []
        for address, words in {
            "exposure/exposure.tributary.dashboard": "Marketing analytics",
            "metric/metric.tributary.bounce_rate": "whether they bounced",
            "model/model.tributary.stg_company_x__conversions": "tracker",
        }.items():
            page.evaluate(f"location.hash = '#!/{address}'")
            page.get_by_text(words).first.wait_for(timeout=SLOW)
        seen.check()


def test_the_site_can_be_read_on_a_phone(site: Path, browser: Browser) -> None:
    with visit(browser, site.as_uri(), size=PHONE) as seen:
        heading = seen.page.get_by_role("heading", name="What can I ask")
        heading.wait_for(timeout=SLOW)
        width = seen.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE[0]
        assert seen.violations() == []
        seen.check()


def press_until(page: Page, words: str) -> None:
    """Go from link to link by the Tab key until one says these words."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText").strip() == words:
            return
    pytest.fail(f"The Tab key does not reach {words!r}.")


def test_the_menu_is_opened_by_keys(site: Path, browser: Browser) -> None:
    with visit(browser, site.as_uri()) as seen:
        page = seen.page
        page.get_by_role("heading", name="What can I ask").wait_for(timeout=SLOW)
        press_until(page, "contract")
        page.keyboard.press("Enter")
        press_until(page, "journeys")
        page.keyboard.press("Enter")
        heading = page.get_by_role("heading", name="journeys")
        heading.first.wait_for(timeout=SLOW)
        assert seen.violations() == []
        seen.check()


def test_the_site_is_dark_where_the_reader_asks_for_it(
    site: Path, browser: Browser
) -> None:
    """The page is as bright as its picture is on average, from 0 to 255."""
    brightness = {}
    for dark in (False, True):
        with visit(browser, site.as_uri(), dark=dark) as seen:
            heading = seen.page.get_by_role("heading", name="What can I ask")
            heading.wait_for(timeout=SLOW)
            picture = Image.open(io.BytesIO(seen.page.screenshot()))
            brightness[dark] = ImageStat.Stat(picture.convert("L")).mean[0]
            seen.check()
    assert brightness[False] > 200
    assert brightness[True] < 70


def test_the_site_names_no_machine_and_tracks_nobody(site: Path) -> None:
    page = site.read_text(encoding="utf-8")
    assert str(PROJECT) not in page
    assert "turn_on_tracking:function(){return;" in page


def test_a_page_that_dbt_has_changed_is_refused() -> None:
    with pytest.raises(ValueError, match="no longer has"):
        docs_site.mended("<html></html>")


def test_every_link_of_the_overview_leads_to_something(manifest: dict) -> None:
    text = (PROJECT / "models" / "overview.md").read_text(encoding="utf-8")
    links = SITE_LINK.findall(text)
    assert len(links) > 15
    assert [name for _, name in links if name not in manifest["nodes"]] == []


def test_every_exposure_has_an_owner(manifest: dict) -> None:
    owners = [one["owner"]["name"] for one in manifest["exposures"].values()]
    assert owners
    assert all(owners)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_something(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, fragment = link.partition("#")
        target = page if not path else (page.parent / path).resolve()
        assert target.exists(), link
        if fragment and target.suffix == ".md":
            assert fragment in anchors(target), link


def test_the_readme_leads_to_every_page() -> None:
    links = LINK.findall((PROJECT / "README.md").read_text(encoding="utf-8"))
    pages = {str(page.relative_to(PROJECT)) for page in PROJECT.glob("docs/*.md")}
    assert pages - {link.partition("#")[0] for link in links} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_mart_that_a_page_names_is_there(page: Path, manifest: dict) -> None:
    known = {name.split(".")[-1] for name in manifest["nodes"]}
    named = set(MART.findall(page.read_text(encoding="utf-8")))
    assert named - known == set()


@pytest.mark.parametrize("page", READ_BY_USERS, ids=lambda page: page.name)
def test_what_a_page_asks_has_an_answer(page: Path, published: Path) -> None:
    """Queries run as they stand on the published sample.

    That has no `my_shop`, and a first publication restates nothing.
    """
    with duckdb.connect(str(published), read_only=True) as conn:
        for sql in BLOCK["sql"].findall(page.read_text(encoding="utf-8")):
            rows = conn.execute(textwrap.dedent(sql)).fetchall()
            empty = "my_shop" in sql or "rpt_restatements" in sql
            assert rows or empty, sql


def test_the_notebook_works(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (PROJECT / "docs" / "bi_tools.md").read_text(encoding="utf-8")
    (program,) = BLOCK["python"].findall(text)
    monkeypatch.chdir(published.parent)
    names: dict[str, Any] = {}
    exec(program, names)
    assert list(names["channels"].columns) == ["channel", "cost", "revenue"]
    assert len(names["channels"]) > 5


def test_every_question_is_on_the_tour() -> None:
    """With the words that its file begins with."""
    text = (PROJECT / "docs" / "questions.md").read_text(encoding="utf-8")
    told = {
        file: " ".join(question.split())
        for question, file in re.findall(
            r"^- (.+?)\s\[`\w+`\]\(\.\./(.+?)\)", text, TOUR
        )
    }
    asked = {
        str(path.relative_to(PROJECT)): question_of(path)
        for path in (PROJECT / "analyses").rglob("*.sql")
    }
    assert told == asked


def test_every_metric_is_defined_for_people(manifest: dict) -> None:
    text = (PROJECT / "docs" / "definitions.md").read_text(encoding="utf-8")
    defined = set(re.findall(r"^\| `(\w+)`", text, re.MULTILINE))
    public = {
        metric["name"]
        for metric in manifest["metrics"].values()
        if not metric["config"]["meta"].get("is_part")
    }
    assert defined == public


def question_of(path: Path) -> str:
    """Read the question that an analysis answers, up to the first empty comment."""
    lines = path.read_text(encoding="utf-8").splitlines()
    comment = itertools.takewhile(lambda line: line.startswith("-- "), lines)
    return " ".join(line.removeprefix("-- ").strip() for line in comment)


def anchors(page: Path) -> set[str]:
    """Name the headings of a page as a link to them does."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in HEADING.findall(page.read_text(encoding="utf-8"))
    }
