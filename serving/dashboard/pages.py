"""The pages: their questions side by side, and what goes down to the single row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from serving.dashboard import view
from serving.dashboard.view import Chosen
from serving.filters import filtered
from serving.marts import Answer, MartsError
from serving.questions import Page
from serving.tables import ROWS_SHOWN

ROWS_DOWNLOADED = 100_000
# too wide for half a page
WIDE = {
    "models_side_by_side",
    "channel_returns",
    "paths",
    "top_paths",
    "retention",
    "payback",
    "campaign_cpc",
    "budget_shift",
    "top_sellers",
    "events",
    "checks",
    "stability",
    "rejected",
}
ALL = "(all)"


def draw(page: Page, chosen: Chosen) -> None:
    """Draw a page."""
    view.heading(page.title, chosen)
    if page.key == "overview":
        with st.spinner("Reading the marts …"):
            numbers, advice = view.top(
                chosen.version, chosen.filters, chosen.about.currency
            )
        view.shown_figures(numbers)
    with st.spinner("Reading the marts …"):
        questions(page, chosen)
    if page.key == "overview":
        st.subheader("What to do next", anchor=False)
        items = "".join(
            f"<li><strong>{escape(one.what)}</strong> {escape(one.why)}</li>"
            for one in advice
        )
        st.html(f'<ol class="t-advice">{items}</ol>')
        if not advice:
            st.write("Nothing in the numbers calls for anything.")
    if page.key in DETAILS:
        try:
            DETAILS[page.key](chosen)
        except MartsError as error:
            st.error(str(error))


def questions(page: Page, chosen: Chosen) -> None:
    """Show the questions of a page, two beside each other where they are narrow."""
    narrow: list[str] = []
    for one in page.questions:
        if one.key in WIDE:
            pair(narrow, chosen)
            narrow = []
            view.question(one.key, chosen)
        else:
            narrow.append(one.key)
            if len(narrow) == 2:
                pair(narrow, chosen)
                narrow = []
    pair(narrow, chosen)


def pair(keys: list[str], chosen: Chosen) -> None:
    """Show one or two questions in a row."""
    if len(keys) == 1:
        view.question(keys[0], chosen)
    elif keys:
        for key, place in zip(keys, st.columns(2, gap="large"), strict=False):
            with place:
                view.question(key, chosen)


def parameters(chosen: Chosen, **more: Any) -> tuple[tuple[str, Any], ...]:  # noqa: ANN401
    """Give the parameters of a query as a key of what is remembered."""
    every = chosen.filters.parameters | more
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in every.items()
    )


def listed(
    query: str,
    told: tuple[tuple[str, Any], ...],
    title: str,
    key: str,
    chosen: Chosen,
) -> bool:
    """Show the first rows of a query, say how many there are, and offer them all.

    Returns:
        Whether there are any.
    """

    def ask(sql: str) -> Answer:
        return view.asked(chosen.version, sql, told)

    rows = ask(f"{query} limit {ROWS_SHOWN}")
    if rows:
        ((count,),) = ask(f"select count(*) from ({query})").rows
        every = partial(ask, f"{query} limit {ROWS_DOWNLOADED}")
        view.table(rows, title, key, chosen, every, count)
    return bool(rows)


def conversions(chosen: Chosen) -> None:
    """List single conversions, and show one from both sides to its credited cents."""
    st.subheader("Which conversions exactly?", anchor=False)
    statuses = view.asked(
        chosen.version,
        filtered(
            "select distinct status from marts.fct_conversion_reconciliation "
            "where {filters} order by status",
            chosen.filters,
        ),
        parameters(chosen),
    )
    if not statuses:
        st.info("Nothing to compare here: there is only one side.")
        return
    left, right = st.columns(2)
    status = left.selectbox(
        "Status", [ALL, *statuses.column("status")], key="conversion status"
    )
    wanted = right.text_input(
        "Conversion", placeholder="Its id", key="conversion id"
    ).strip()
    found = listed(
        filtered(
            """
            select conversion_id, conversion_date, status, market, tracked_revenue,
                backend_revenue, revenue_gap, tracked_date, backend_date,
                tracked_user_id, backend_user_id
            from marts.fct_conversion_reconciliation
            where {filters: dates=conversion_date, market}
                and ($status = '(all)' or status = $status)
                and ($wanted = '' or conversion_id = $wanted)
            order by abs(revenue_gap) desc, conversion_date, conversion_id
            """,
            chosen.filters,
        ),
        parameters(chosen, status=status, wanted=wanted),
        "Conversions",
        "conversions",
        chosen,
    )
    if not found:
        st.info("No conversion is so.")
        return
    st.write("Those furthest apart come first.")
    if wanted:
        one_conversion(wanted, chosen)


def one_conversion(wanted: str, chosen: Chosen) -> None:
    """Show which touches led to a conversion, and what each was credited with."""
    rows = view.asked(
        chosen.version,
        """
        select
            credits.touch_number,
            touchpoints.touched_at,
            credits.channel,
            credits.campaign_id,
            credits.credit_share,
            credits.credited_revenue
        from marts.fct_attribution_credits as credits
        left join marts.fct_touchpoints as touchpoints
            on credits.property = touchpoints.property
            and credits.conversion_id = touchpoints.conversion_id
            and credits.touch_number = touchpoints.touch_number
        where credits.property = $property
            and credits.conversion_id = $wanted
            and credits.attribution_model = $model
        order by credits.touch_number
        """,
        parameters(chosen, wanted=wanted),
    )
    st.subheader("What led to it?", anchor=False)
    if not rows:
        st.info("It is not counted, so that nothing is credited.")
        return
    st.write(
        f"Credited by {chosen.filters.model}; the cents add up to its revenue, or to "
        "what is left of it after refunds if var credit_revenue says net."
    )
    view.table(rows, "Touches", "touches", chosen)


def findings(chosen: Chosen) -> None:
    """List what a check has found."""
    st.subheader("What exactly was found?", anchor=False)
    found = view.asked(
        chosen.version,
        filtered(
            "select check_name from marts.rpt_data_quality "
            "where {filters} and rows_affected > 0 order by check_name",
            chosen.filters,
        ),
        parameters(chosen),
    )
    if not found:
        st.info("No check has found anything.")
        return
    check = st.selectbox("Check", found.column("check_name"), key="check")
    listed(
        """
        select finding_key, row_count, amount
        from marts.fct_data_quality_findings
        where property = $property and check_name = $check
        order by row_count desc, finding_key
        """,
        parameters(chosen, check=check),
        f"Findings of {check}",
        "findings",
        chosen,
    )


def rejected_rows(chosen: Chosen) -> None:
    """List refused rows as they came, by table and reason, and offer them all."""
    reasons = view.asked(
        chosen.version,
        filtered(
            "select distinct raw_table, reason from marts.fct_rejected_rows "
            "where {filters} order by all",
            chosen.filters,
        ),
        parameters(chosen),
    )
    if not reasons:
        return
    st.subheader("How do they look?", anchor=False)
    left, middle, right = st.columns(3)
    table = left.selectbox(
        "Raw table", [ALL, *sorted(set(reasons.column("raw_table")))], key="raw table"
    )
    of_table = [why for name, why in reasons.rows if table in (ALL, name)]
    reason = middle.selectbox("Reason", [ALL, *sorted(set(of_table))], key="reason")
    text = right.text_input("Text in the row", key="rejected text").strip()
    found = listed(
        """
        select raw_table, reason, layer, raw_row
        from marts.fct_rejected_rows
        where property = $property
            and ($table = '(all)' or raw_table = $table)
            and ($reason = '(all)' or reason = $reason)
            and contains(lower(raw_row), lower($text))
        order by raw_table, reason, rejected_row_id
        """,
        parameters(chosen, table=table, reason=reason, text=text),
        "Rejected rows",
        "rejected_rows",
        chosen,
    )
    if not found:
        st.info("No refused row is so.")


DETAILS: dict[str, Callable[[Chosen], None]] = {
    "reconciliation": conversions,
    "quality": findings,
    "rejected": rejected_rows,
}
