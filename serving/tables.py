"""What a page shows besides charts: numbers on top, and an answer as a table.

An answer is written as a CSV file that a spreadsheet may open, too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from html import escape

from answers import cell, escaped
from serving.formats import column, shown
from serving.marts import Answer
from serving.questions.numbers import Shown

ROWS_SHOWN = 25
# letters of a text that stays on one line
BRIEF = 36


def figures_html(figures: Iterable[Shown]) -> str:
    """Write the numbers on top, each on one line: a long one is written smaller."""
    items = "".join(
        f"<div><dt>{escape(one.label)}</dt>"
        f'<dd style="--length: {len(one.value)}">'
        f'<div class="t-value">{escape(one.value)}</div>'
        f'<div class="t-meaning">{escape(one.meaning)}</div></dd></div>'
        for one in figures
    )
    return f'<dl class="t-figures">{items}</dl>'


def html_table(
    answer: Answer,
    caption: str,
    currency: str | None = None,
    limit: int = ROWS_SHOWN,
    count: int | None = None,
) -> str:
    """Write an answer as an HTML table; of many rows the first ones, and says so.

    The element around it takes the focus, so that a wide table is scrolled by keys.

    Args:
        answer: the rows.
        caption: what they are.
        currency: of its amounts.
        limit: rows shown at most.
        count: rows there are, where the answer is not all of them.
    """
    columns = [column(name) for name in answer.columns]
    head = "".join(
        f'<th scope="col" class="{"t-number" if about.is_number else "t-brief"}">'
        f"{escape(about.label)}</th>"
        for about in columns
    )
    lines = []
    for row in answer.rows[:limit]:
        cells = [
            html_cell(shown(value, about.kind, currency), about.is_number, n == 0)
            for n, (value, about) in enumerate(zip(row, columns, strict=True))
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    every = len(answer.rows) if count is None else count
    note = (
        f"<p>The first {len(lines)} of {shown(every, 'count')} rows.</p>"
        if every > len(lines)
        else ""
    )
    return (
        f'<div class="t-scroll" tabindex="0" role="region" '
        f'aria-label="{escape(caption)}: table"><table class="t-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
        f"</table></div>{note}"
    )


def html_cell(text: str, is_number: bool, is_head: bool) -> str:
    """Write a cell; the first of a row heads it."""
    kind = "t-number" if is_number else "t-brief" if len(text) <= BRIEF else "t-long"
    tag, scope = ("th", ' scope="row"') if is_head else ("td", "")
    return f'<{tag}{scope} class="{kind}">{escape(text)}</{tag}>'


def csv_text(answer: Answer) -> str:
    """Write an answer as CSV: exact values, and no text that runs as a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([escaped(name) for name in answer.columns])
    writer.writerows([[cell(value) for value in row] for row in answer.rows])
    return file.getvalue()
