"""What the pages are made of: filters, figures, questions, tables, downloads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from serving.filters import Filters
from serving.formats import when
from serving.marts import Answer, Marts, MartsError, Property, Publication, Version
from serving.questions import PAGES, QUESTIONS, Answered, Page, answer
from serving.questions.advice import Advice, advice
from serving.questions.numbers import Shown, figures
from serving.tables import csv_text, figures_html, html_table

STYLE = Path(__file__).parents[1] / "style.css"
OWN_STYLE = Path(__file__).with_name("dashboard.css")
SECONDS_BETWEEN_LOOKS = 2
# of one publication, over all readers
ANSWERS_KEPT = 500


@dataclass(frozen=True)
class Chosen:
    """The property and filters that a reader has chosen."""

    about: Property
    filters: Filters
    version: Version


@st.cache_resource
def marts() -> Marts:
    """Open the published file, once for all readers."""
    return Marts()


# What is asked of one publication is remembered until the next; `version` is a part of
# each key. Nothing that is returned here may be changed.


@st.cache_resource(max_entries=4, show_spinner="Reading what was published …")
def known(version: Version) -> tuple[tuple[Property, ...], Publication]:
    """List the properties, and what the publication says of itself."""
    return tuple(marts().properties()), marts().publication()


@st.cache_resource(max_entries=50, show_spinner=False)
def values(version: Version, property_name: str) -> dict[str, list[str]]:
    """List the channels, markets, devices and models of a property."""
    queries = {
        "channel": """
            select channel from marts.rpt_channel_costs where property = $property
            union select channel from marts.rpt_sessions_daily
            where property = $property
            union select channel from marts.rpt_attribution_models
            where property = $property
            order by 1
        """,
        "market": """
            select market from marts.rpt_sessions_daily where property = $property
            union select market from marts.rpt_market_performance
            where property = $property
            order by 1
        """,
        "device": """
            select distinct device from marts.rpt_sessions_daily
            where property = $property
            union select distinct device from marts.rpt_orders
            where property = $property and device != '(all)'
            order by 1
        """,
        "model": """
            select distinct attribution_model from marts.rpt_attribution_models
            where property = $property order by 1
        """,
    }
    parameters = {"property": property_name}
    return {
        name: [value for (value,) in marts().ask(sql, parameters).rows]
        for name, sql in queries.items()
    }


@st.cache_resource(max_entries=ANSWERS_KEPT, show_spinner=False)
def answered(
    version: Version, key: str, filters: Filters, currency: str | None
) -> tuple[Answered, dict[str, Any] | None]:
    """Answer a question, with its chart as wide as its place on the page."""
    found = answer(QUESTIONS[key], marts(), filters, currency)
    spec = found.spec
    return found, spec and as_wide_as_its_place(spec)


@st.cache_resource(max_entries=ANSWERS_KEPT, show_spinner=False)
def asked(
    version: Version, sql: str, parameters: tuple[tuple[str, Any], ...]
) -> Answer:
    """Ask for rows that no question holds."""
    return marts().ask(sql, dict(parameters))


@st.cache_resource(max_entries=50, show_spinner=False)
def top(
    version: Version, filters: Filters, currency: str | None
) -> tuple[list[Shown], list[Advice]]:
    """Tell the numbers on top, and what to do next."""
    return figures(marts(), filters, currency), advice(marts(), filters, currency)


def as_wide_as_its_place(spec: dict[str, Any]) -> dict[str, Any]:
    """Let a chart take the width that the page gives it."""
    wide = spec | {"width": "container", "autosize": {"type": "fit-x"}}
    for part in (wide, *wide.get("layer", ())):
        if part is not wide:
            part.pop("width", None)
    return wide


def watch(version: Version | None) -> None:
    """Draw the page anew as soon as another publication lies there."""

    @st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
    def look() -> None:
        try:
            found = marts().version()
        except MartsError:
            found = None
        if found != version and found is not None:
            st.rerun()

    look()


def style() -> None:
    """Lay the style of tables and figures over the page."""
    st.html(f"<style>{STYLE.read_text()}\n{OWN_STYLE.read_text()}</style>")


def sidebar() -> tuple[Page, Chosen]:
    """Ask for page, property, dates, channel, market, device and model.

    What is bound to the address can be sent to somebody else with it.
    """
    version = marts().version()
    properties, publication = known(version)
    if not properties:
        raise MartsError(
            f"{marts().path.name} holds no property: name one in var raw and run "
            "make build."
        )
    names = [about.name for about in properties]
    with st.sidebar:
        # in the address and not a path of its own: a page is found at once when it is
        # opened by its address
        title = st.radio(
            "Page", [page.title for page in PAGES], key="page", bind="query-params"
        )
        name = one("Property", "property", names)
        about = properties[names.index(name)]
        choice = values(version, name)
        first, last = dates(about)
        picked = {
            kind: several(label, kind, name, choice[kind])
            for kind, label in (
                ("channel", "Channels"),
                ("market", "Markets"),
                ("device", "Devices"),
            )
        }
        models = [one for one in publication.models if one in choice["model"]]
        model = (
            one("Attribution model", "model", models)
            if models
            else publication.default_model
        )
        basis = st.radio(
            "Revenue on the day of",
            ["touch", "conversion"],
            index=0 if publication.default_basis == "touch" else 1,
            horizontal=True,
            key="basis",
            bind="query-params",
        )
        st.html(origin(about, publication))
    span = (about.last - about.first).days if about.first and about.last else 0
    filters = Filters(name, first, last, **picked, model=model, basis=basis, span=span)
    page = next(page for page in PAGES if page.title == title)
    return page, Chosen(about, filters, version)


def dates(about: Property) -> tuple[date | None, date | None]:
    """Ask for a first and last day; none while all of the days are chosen."""
    if about.first is None or about.last is None:
        return None, None
    every = (about.first, about.last)
    key, before = f"dates {about.name}", f"all dates {about.name}"
    kept = st.session_state.get(key)
    # whoever looks at all days does so after the next publication, too
    if kept in (None, st.session_state.get(before)) or any(
        not about.first <= day <= about.last for day in kept
    ):
        st.session_state[key] = every
    st.session_state[before] = every
    picked = st.date_input(
        "Dates",
        min_value=about.first,
        max_value=about.last,
        format="YYYY-MM-DD",
        key=key,
    )
    # while the second day is not chosen yet there is one alone
    if len(picked) != 2 or picked == every:
        return None, None
    return picked


def one(label: str, key: str, choice: list[str]) -> str:
    """Ask for one of the values, which is in the address too.

    What is not there any more gives way to the first.
    """
    # the address follows a value that is set, and none that a list lacks
    if st.session_state.get(key, choice[0]) not in choice:
        st.session_state[key] = choice[0]
    return st.selectbox(label, choice, key=key, bind="query-params")


def several(label: str, kind: str, name: str, choice: list[str]) -> tuple[str, ...]:
    """Ask for some of the values; no question where there is nothing to choose."""
    if len(choice) < 2:
        return ()
    picked = st.multiselect(label, choice, placeholder="All", key=f"{kind} {name}")
    return tuple(sorted(picked))


def origin(about: Property, publication: Publication) -> str:
    """Say when the data were published and from what."""
    published = (
        f"Published {when(publication.published_at)} UTC"
        if publication.published_at
        else "Published"
    )
    source = f" from {about.source}" if about.source else ""
    span = (
        f"Data from {when(about.first)} to {when(about.last)}. "
        if about.first and about.last
        else ""
    )
    return f'<p class="t-origin">{escape(span + published + source)}.</p>'


def heading(title: str, chosen: Chosen) -> None:
    """Name the page, and what it is of."""
    st.title(title, anchor=False)
    filters = chosen.filters
    parts = [chosen.about.name]
    if "dates" in filters.active:
        parts.append(filters.days)
    parts += [
        ", ".join(getattr(filters, name))
        for name in ("channel", "market", "device")
        if getattr(filters, name)
    ]
    parts.append(f"credited by {filters.model}, day of the {filters.basis}")
    st.html(f'<p class="t-origin">{escape(" · ".join(parts))}</p>')


def shown_figures(found: list[Shown]) -> None:
    """Show the numbers on top of a page."""
    st.html(figures_html(found))


def question(key: str, chosen: Chosen) -> None:
    """Show a question: its answer, chart, definition, table and download."""
    about = QUESTIONS[key]
    st.subheader(about.title, anchor=False)
    try:
        found, spec = answered(
            chosen.version, key, chosen.filters, chosen.about.currency
        )
    except MartsError as error:
        st.error(str(error))
        return
    if not found.rows:
        st.info(found.sentence)
        return
    # as HTML: text of the data would be read as Markdown
    st.html(f"<p>{escape(found.sentence)}</p>")
    if spec:
        st.vega_lite_chart(spec, theme=None, key=f"chart {key}")
        with st.expander("The numbers"):
            table(found.rows, about.title, key, chosen)
    else:
        table(found.rows, about.title, key, chosen)
    note = f" {found.note}" if found.note else ""
    st.html(f'<p class="t-origin">{escape(about.definition + note)}</p>')


def table(
    rows: Answer,
    title: str,
    key: str,
    chosen: Chosen,
    every: Callable[[], Answer] | None = None,
    count: int | None = None,
) -> None:
    """Show a table, and offer all of its rows as CSV.

    `every` gives the rows to download, and `count` says how many there are, where
    `rows` are not all of them.
    """
    st.html(html_table(rows, title, chosen.about.currency, count=count))
    st.download_button(
        "Download as CSV",
        lambda: csv_text(every() if every else rows).encode(),
        file_name=f"{chosen.about.name}_{key}.csv",
        mime="text/csv",
        key=f"csv {key}",
        help=title,
        on_click="ignore",
    )
