"""The report as HTML: everything it shows is inside, and opens from disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from serving.filters import Filters
from serving.formats import when
from serving.marts import Marts, MartsError, Property, Publication
from serving.pictures import safe_name, svg
from serving.questions import PAGES, Answered, Page, answer
from serving.questions.advice import Advice, advice
from serving.questions.numbers import Shown, figures
from serving.tables import figures_html, html_table

FOLDER = Path(__file__).parent
ROWS_SHOWN = 15
NEXT = "What to do next"


@dataclass(frozen=True)
class Section:
    """A part of the report: what is asked there, answered."""

    page: Page
    answered: tuple[Answered, ...]

    @property
    def title(self) -> str:
        """Give its title in the report."""
        return self.page.in_report or self.page.title


@dataclass(frozen=True)
class Report:
    """All that is said of one property."""

    about: Property
    filters: Filters
    figures: tuple[Shown, ...]
    sections: tuple[Section, ...]
    advice: tuple[Advice, ...]


def report(marts: Marts, about: Property, filters: Filters) -> Report:
    """Answer the report's questions of one property."""
    sections = tuple(
        Section(
            page,
            tuple(
                answer(question, marts, filters, about.currency)
                for question in page.questions
            ),
        )
        for page in PAGES
        if page.in_report
    )
    return Report(
        about,
        filters,
        tuple(figures(marts, filters, about.currency)),
        sections,
        tuple(advice(marts, filters, about.currency)),
    )


def chosen(marts: Marts, name: str | None) -> list[Property]:
    """Find the property of a name; without one, all of them.

    Raises:
        MartsError: there is none, or none of this name.
    """
    found = marts.properties()
    if name is None and found:
        return found
    kept = [about for about in found if about.name == name]
    if not kept:
        names = ", ".join(about.name for about in found) or "none"
        raise MartsError(f"There is no property {name} in {marts.path.name}: {names}.")
    return kept


def html(reports: list[Report], publication: Publication, file_name: str) -> str:
    """Write reports as one page."""
    names = ", ".join(each.about.name for each in reports)
    style = (FOLDER.parent / "style.css").read_text() + (
        FOLDER / "report.css"
    ).read_text()
    body = "\n".join(property_html(each, publication, file_name) for each in reports)
    contents = "\n".join(contents_html(each) for each in reports)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>Report: {escape(names)}</title>
<style>
{style}
</style>
</head>
<body>
<nav aria-label="Contents">
{contents}
</nav>
<main>
{body}
</main>
</body>
</html>
"""


def contents_html(each: Report) -> str:
    """List the sections of a property."""
    name = safe_name(each.about.name)
    links = [(section.page.key, section.title) for section in each.sections]
    items = "".join(
        f'<li><a href="#{name}-{key}">{escape(title)}</a></li>'
        for key, title in [*links, ("next", NEXT)]
    )
    return f"<p>{escape(each.about.name)}</p><ul>{items}</ul>"


def property_html(each: Report, publication: Publication, file_name: str) -> str:
    """Write all that is said of one property."""
    name, place = escape(each.about.name), safe_name(each.about.name)
    parts = [
        f'<header id="{place}"><h1>{name}</h1>{origin(each, publication, file_name)}'
        "</header>"
    ]
    for section in each.sections:
        top = figures_html(each.figures) if section.page.key == "overview" else ""
        told = [one for one in section.answered if one.rows]
        missing = [one for one in section.answered if not one.rows]
        parts.append(
            f'<section id="{place}-{section.page.key}" '
            f'aria-label="{name}: {escape(section.title)}">'
            f"<h2>{escape(section.title)}</h2>{top}"
            + "".join(figure_html(one, place) for one in told)
            + missing_html(missing)
            + "</section>"
        )
    parts.append(
        f'<section id="{place}-next" aria-label="{name}: {NEXT}"><h2>{NEXT}</h2>'
        f"{advice_html(each.advice)}</section>"
    )
    return "\n".join(parts)


def origin(each: Report, publication: Publication, file_name: str) -> str:
    """Say what period it is of, and when its data were published from what."""
    about = each.about
    own = replace(each.filters, first=about.first, last=about.last).days
    period = f"Data {own}" if own else "All of its data"
    if each.filters.days:
        period = f"Shown {each.filters.days}, of {period[0].lower()}{period[1:]}"
    published = (
        f", published {when(publication.published_at)} UTC"
        if publication.published_at
        else ""
    )
    source = f" from {about.source}" if about.source else ""
    return (
        f"<p>{escape(period)}. Revenue credited by {escape(each.filters.model)}, by "
        f"the day of the {escape(each.filters.basis)}.</p>"
        f"<p>Data: {escape(file_name + published + source)}.</p>"
    )


def figure_html(one: Answered, name: str) -> str:
    """Write a question, its answer, its chart and what the numbers are."""
    question = one.question
    drawn = one.spec
    picture = svg(drawn, f"{name}-{question.key}") if drawn else ""
    if picture:
        picture = (
            '<div class="t-scroll" tabindex="0" role="region" '
            f'aria-label="{escape(question.title)}: chart">{picture}</div>'
        )
    table = html_table(one.rows, question.title, one.currency, ROWS_SHOWN)
    if picture:
        table = f"<details><summary>The numbers</summary>{table}</details>"
    note = f" {one.note}" if one.note else ""
    return (
        f'<figure id="{name}-{question.key}">'
        f"<h3>{escape(question.title)}</h3><p>{escape(one.sentence)}</p>"
        f"{picture}{table}"
        f"<figcaption>{escape(question.definition + note)}</figcaption></figure>"
    )


def missing_html(missing: list[Answered]) -> str:
    """Say what cannot be shown, and why."""
    if not missing:
        return ""
    items = "".join(
        f"<li><strong>{escape(one.question.title)}</strong> {escape(one.sentence)}</li>"
        for one in missing
    )
    return f'<div class="missing"><h3>What is missing</h3><ul>{items}</ul></div>'


def advice_html(found: tuple[Advice, ...]) -> str:
    """Write what to do next."""
    if not found:
        return "<p>Nothing in the numbers calls for anything.</p>"
    items = "".join(
        f"<li><strong>{escape(one.what)}</strong> {escape(one.why)}</li>"
        for one in found
    )
    return f"<ol>{items}</ol>"
