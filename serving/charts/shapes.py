"""The shapes that charts are made of. Each takes an answer and names of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import altair as alt

from serving.charts.theme import (
    AXIS_FORMATS,
    BLUE,
    FORMATS,
    GRADUAL,
    GREY,
    HEAT,
    INK,
    NAME,
    OTHER,
    SERIES,
    WIDTH,
)
from serving.formats import column
from serving.marts import Answer

STEP = 26
HEIGHT = 240
BARS_SHOWN = 15
PERIODS_NAMED = 8
# in pixels: a letter, the longest name of a legend, what stands around a name, an axis
# of numbers with its title
LETTER = 7
LABEL = 180
SYMBOL = 30
AXIS = 110

Chart = alt.Chart | alt.LayerChart


def base(rows: list[dict[str, Any]]) -> alt.Chart:
    """Begin a chart over rows."""
    return alt.Chart(alt.InlineData(values=rows)).properties(width=WIDTH)


def tooltips(names: Sequence[str]) -> list[alt.Tooltip]:
    """Show columns where the pointer is, as tables write them."""
    return [
        alt.Tooltip(
            f"{name}:{'Q' if column(name).is_number else 'N'}",
            title=column(name).label,
            **(
                {"format": FORMATS[kind]}
                if (kind := column(name).kind) in FORMATS
                else {}
            ),
        )
        for name in names
    ]


def axis(name: str, title: str | None = None) -> alt.Axis:
    """Give the axis of a number."""
    about = column(name)
    return alt.Axis(
        title=about.label if title is None else title,
        format=AXIS_FORMATS.get(about.kind, ",.2~f"),
        tickCount=5,
    )


def category(name: str, order: Sequence[str]) -> alt.Y:
    """Give the axis of names, in an order."""
    return alt.Y(f"{name}:N", sort=list(order), axis=alt.Axis(title=None, ticks=False))


def bars(
    answer: Answer,
    name: str,
    value: str,
    interval: tuple[str, str] | None = None,
    colour: str = BLUE,
    limit: int = BARS_SHOWN,
) -> Chart:
    """Draw a bar for each name, its number beside it; of many names the first ones.

    Args:
        answer: rows in the order of the bars.
        name: the column that names a bar.
        value: the column of its length.
        interval: columns of the ends of an interval, drawn as a line over the bar.
        colour: of all bars.
        limit: bars drawn at most.
    """
    rows = [row for row in answer.dicts() if row[value] is not None][:limit]
    tell_apart(rows, name)
    chart = base(rows).encode(y=category(name, [row[name] for row in rows]))
    numbers = alt.X(f"{value}:Q", axis=axis(value))
    kind = column(value).kind
    marks = chart.mark_bar(color=colour, height={"band": 0.68}).encode(
        x=numbers, tooltip=tooltips([name, value, *(interval or ())])
    )
    # beside the bar, or beside its interval where there is one
    ends = [row[interval[1]] if interval else None for row in rows]
    for row, end in zip(rows, ends, strict=True):
        row["label_at"] = max(row[value], end or 0, 0)
    labels = chart.mark_text(align="left", dx=5).encode(
        x=alt.X("label_at:Q"), text=alt.Text(f"{value}:Q", format=FORMATS[kind])
    )
    layers = [marks, labels]
    if interval and any(end is not None for end in ends):
        low, high = interval
        layers.insert(
            1,
            chart.mark_rule(color=INK, strokeWidth=1.5, opacity=0.8).encode(
                x=alt.X(f"{low}:Q"), x2=alt.X2(f"{high}:Q")
            ),
        )
    return alt.layer(*layers).properties(height={"step": STEP}, width=WIDTH)


def tell_apart(rows: list[dict[str, Any]], name: str) -> None:
    """Give names that come again a number: they would otherwise be one bar."""
    seen: dict[str, int] = {}
    for row in rows:
        seen[row[name]] = seen.get(row[name], 0) + 1
        if seen[row[name]] > 1:
            row[name] = f"{row[name]} ({seen[row[name]]})"


def pairs(answer: Answer, name: str, values: Sequence[str], title: str) -> Chart:
    """Draw for each name a bar for each of some columns that share a unit."""
    rows = answer.dicts()[:BARS_SHOWN]
    tell_apart(rows, name)
    labels = [column(value).label for value in values]
    long = [
        {name: row[name], "series": label, value: row[value], "amount": row[value]}
        for row in rows
        for value, label in zip(values, labels, strict=True)
    ]
    kind = column(values[0]).kind
    return (
        base(long)
        .mark_bar()
        .encode(
            y=category(name, [row[name] for row in rows]),
            yOffset=alt.YOffset("series:N", sort=labels),
            x=alt.X("amount:Q", axis=axis(values[0], title)),
            color=colours("series", labels, width_of_names(row[name] for row in rows)),
            tooltip=[
                *tooltips([name]),
                alt.Tooltip("series:N", title="What"),
                alt.Tooltip("amount:Q", title=title, format=FORMATS[kind]),
            ],
        )
        .properties(height={"step": 16})
    )


def colours(name: str, order: Sequence[str], axis_width: int = AXIS) -> alt.Color:
    """Colour series in an order; what is left over is grey."""
    palette = [
        GREY if label == OTHER else SERIES[n % len(SERIES)]
        for n, label in enumerate(order)
    ]
    return alt.Color(
        f"{name}:N",
        scale=alt.Scale(domain=list(order), range=palette),
        legend=legend(order, axis_width=axis_width),
    )


def legend(
    names: Sequence[str], most: int = 3, axis_width: int = AXIS, **more: object
) -> alt.Legend:
    """Name series in as many columns, at most, as the chart has room for.

    What is longer than its column ends in an ellipsis and not beyond the picture.
    """
    width = min(LABEL, longest(names)) + SYMBOL
    columns = f"clamp(floor({room(axis_width)} / {width}), 1, {most})"
    limit = f"min({LABEL}, {room(axis_width)} / {columns} - {SYMBOL})"
    return alt.Legend(
        title=None, columns=alt.ExprRef(columns), labelLimit=alt.ExprRef(limit), **more
    )


def room(axis_width: int) -> str:
    """Write in Vega's language how wide a plot is, beside an axis of so many pixels.

    A chart in a page is as wide as its place, which only the reader's browser knows.
    `width` is first that of the place, then that of the plot, and what it makes higher
    in between would be cut off.
    """
    place = "containerSize()[0]"
    return f"(isFinite({place}) ? {place} - {axis_width} : width)"


def longest(names: Iterable[object]) -> int:
    """Tell about how wide the longest of some names is, in pixels."""
    return LETTER * max((len(str(name)) for name in names), default=0)


def width_of_names(names: Iterable[object]) -> int:
    """Tell about how wide an axis of names is, in pixels."""
    return min(NAME, longest(names)) + SYMBOL


def periods(rows: list[dict[str, Any]], title: str = "") -> alt.X:
    """Give the axis of days, weeks or months, whatever the reader's time zone.

    Between few periods there is room for hours, which nobody has counted by: each is
    named instead.
    """
    found = sorted({row["period"] for row in rows})
    ticks = (
        {"values": [milliseconds(day) for day in found], "format": "%Y-%m-%d"}
        if len(found) <= PERIODS_NAMED
        else {"tickCount": PERIODS_NAMED}
    )
    return alt.X(
        "period:T",
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(title=title or None, grid=False, **ticks),
    )


def milliseconds(day: str) -> int:
    """Tell the beginning of a day in UTC as a chart counts time."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def with_ends(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say where the column of each period ends: a little before the next period."""
    days = sorted({date.fromisoformat(row["period"]) for row in rows})
    steps = [(after - before).days for before, after in pairwise(days)]
    step = min(steps, default=1)
    part = timedelta(days=0.84 * (step if step <= 7 else 28))
    for row in rows:
        start = datetime.fromisoformat(row["period"])
        row["period_end"] = f"{(start + part).isoformat(timespec='seconds')}Z"
    return rows


def columns(answer: Answer, value: str, colour: str = BLUE) -> Chart:
    """Draw a column for each period: a period without rows is a gap, not a slope."""
    rows = with_ends(answer.dicts())
    return (
        base(rows)
        .mark_rect(color=colour)
        .encode(
            x=periods(rows),
            x2="period_end:T",
            y=alt.Y(f"{value}:Q", axis=axis(value), scale=alt.Scale(zero=True)),
            y2=alt.Y2Datum(0),
            tooltip=tooltips(["period", value]),
        )
        .properties(height=HEIGHT)
    )


def stacked(answer: Answer, series: str, value: str) -> Chart:
    """Draw a column for each period, in parts."""
    rows = with_ends(answer.dicts())
    totals: dict[str, float] = {}
    for row in rows:
        totals[row[series]] = totals.get(row[series], 0) + (row[value] or 0)
    order = sorted(totals, key=lambda label: (label == OTHER, -totals[label], label))
    heights: dict[str, float] = {}
    for row in sorted(rows, key=lambda row: order.index(row[series])):
        row["bottom"] = heights.get(row["period"], 0)
        row["top"] = heights[row["period"]] = row["bottom"] + (row[value] or 0)
    return (
        base(rows)
        .mark_rect()
        .encode(
            x=periods(rows),
            x2="period_end:T",
            y=alt.Y("top:Q", axis=axis(value), scale=alt.Scale(zero=True)),
            y2="bottom:Q",
            color=colours(series, order),
            tooltip=tooltips(["period", series, value]),
        )
        .properties(height=HEIGHT)
    )


def lines(
    answer: Answer, x: str, value: str, series: str | None = None, title: str = ""
) -> Chart:
    """Draw a line for each series, with a point for each value."""
    rows = answer.dicts()
    order = list(dict.fromkeys(row[series] for row in rows)) if series else []
    along = (
        periods(rows, title)
        if x == "period"
        else alt.X(f"{x}:Q", axis=alt.Axis(title=title, tickMinStep=1, format="d"))
    )
    colour = colours(series, order) if len(order) > 1 else alt.value(BLUE)
    return (
        base(rows)
        .mark_line(point=alt.OverlayMarkDef(size=28), strokeWidth=2)
        .encode(
            x=along,
            y=alt.Y(f"{value}:Q", axis=axis(value)),
            color=colour,
            tooltip=tooltips([x, *([series] if series else []), value]),
        )
        .properties(height=HEIGHT)
    )


def heat(
    answer: Answer,
    x: str,
    y: str,
    value: str,
    titles: tuple[str, str] = ("", ""),
    order: tuple[Sequence[str] | None, Sequence[str] | None] = (None, None),
    places: int = 0,
) -> Chart | None:
    """Draw a field of cells, darker where there is more, each with its number.

    Cells that are too narrow for a number have their colour alone.
    """
    rows = [row for row in answer.dicts() if row[value] is not None]
    if not rows:
        return None
    found = [row[value] for row in rows]
    middle = (min(found) + max(found)) / 2
    share = column(value).kind == "share"
    across = dict.fromkeys(row[x] for row in rows)
    flat = room(width_of_names(row[y] for row in rows))
    pattern = f".{places}%" if share else ",.0f"
    # a space stands before the sign of a share
    digits = max(len(f"{number:{pattern}}") for number in found) + share
    chart = base(rows).encode(
        x=alt.X(
            f"{x}:O",
            sort=order[0],
            axis=alt.Axis(
                title=titles[0] or None,
                orient="top",
                # names side by side would run into each other
                labelAngle=alt.ExprRef(
                    f"{flat} / {len(across)} > {longest(across)} ? 0 : -90"
                ),
                labelOverlap="greedy",
                ticks=False,
            ),
        ),
        y=alt.Y(
            f"{y}:O",
            sort=order[1],
            axis=alt.Axis(title=titles[1] or None, ticks=False),
        ),
    )
    cells = chart.mark_rect().encode(
        color=alt.Color(f"{value}:Q", scale=alt.Scale(range=list(HEAT)), legend=None),
        tooltip=tooltips([y, x, value]),
    )
    numbers = chart.mark_text(fontSize=11).encode(
        text=alt.when(f"width / {len(across)} > {LETTER * digits}")
        .then(alt.Text(f"{value}:Q", format=pattern))
        .otherwise(alt.value("")),
        # the colour of the cell decides, not that of the page
        color=alt.condition(
            alt.datum[value] > middle, alt.value("#ffffff"), alt.value("#10202c")
        ),
    )
    return alt.layer(cells, numbers).properties(height={"step": STEP}, width=WIDTH)


def spans(
    answer: Answer, name: str, value: str, interval: tuple[str, str], zero: str
) -> Chart:
    """Draw a point and its interval for each name, beside a line at 0."""
    rows = [row for row in answer.dicts() if row[value] is not None]
    low, high = interval
    chart = base(rows).encode(y=category(name, [row[name] for row in rows]))
    nothing = alt.Chart(alt.InlineData(values=[{"at": 0, "what": zero}]))
    return alt.layer(
        nothing.mark_rule(color=INK, strokeDash=[4, 4], opacity=0.7).encode(x="at:Q"),
        chart.mark_rule(color=BLUE, strokeWidth=3, opacity=0.55).encode(
            x=alt.X(f"{low}:Q", axis=axis(value)), x2=alt.X2(f"{high}:Q")
        ),
        chart.mark_point(color=BLUE, filled=True, size=70, opacity=1).encode(
            x=f"{value}:Q", tooltip=tooltips([name, value, low, high])
        ),
    ).properties(height={"step": STEP}, width=WIDTH)


def gradual(answer: Answer, x: str, value: str, series: str) -> Chart | None:
    """Draw lines whose colour runs from the first series to the last."""
    rows = answer.dicts()
    if not rows:
        return None
    order = sorted({row[series] for row in rows})
    return (
        base(rows)
        .mark_line(point=alt.OverlayMarkDef(size=28), strokeWidth=2)
        .encode(
            x=alt.X(
                f"{x}:Q",
                axis=alt.Axis(
                    title="months since the first order",
                    values=sorted({row[x] for row in rows}),
                    format="d",
                ),
            ),
            y=alt.Y(f"{value}:Q", axis=axis(value)),
            color=alt.Color(
                f"{series}:O",
                scale=alt.Scale(domain=order, range=shades(len(order))),
                legend=legend(order, most=6),
            ),
            tooltip=tooltips([series, x, value]),
        )
        .properties(height=HEIGHT)
    )


def shades(count: int) -> list[str]:
    """Mix colours between the two ends of series that have an order."""
    ends = [[int(end[n : n + 2], 16) for n in (1, 3, 5)] for end in GRADUAL]
    parts = [n / max(count - 1, 1) for n in range(count)]
    return [
        "#"
        + "".join(
            f"{round(first + (last - first) * part):02x}"
            for first, last in zip(*ends, strict=True)
        )
        for part in parts
    ]


def sides(answer: Answer, names: dict[str, str]) -> Chart:
    """Draw a line over periods for each of some columns that share a unit."""
    rows = [
        {"period": row["period"], "side": label, "amount": row[name]}
        for row in answer.dicts()
        for name, label in names.items()
    ]
    first = next(iter(names))
    return (
        base(rows)
        .mark_line(point=alt.OverlayMarkDef(size=22), strokeWidth=2)
        .encode(
            x=periods(rows),
            y=alt.Y("amount:Q", axis=axis(first, "Revenue")),
            color=colours("side", list(names.values())),
            strokeDash=alt.StrokeDash("side:N", legend=None, sort=list(names.values())),
            tooltip=[
                alt.Tooltip("period:N", title="From"),
                alt.Tooltip("side:N", title="Side"),
                alt.Tooltip("amount:Q", title="Revenue", format=FORMATS["money"]),
            ],
        )
        .properties(height=HEIGHT)
    )


def joined(answer: Answer, first: str, second: str) -> Answer:
    """Put one column's value before another's, where that alone is not unique."""
    a, b = answer.columns.index(first), answer.columns.index(second)
    return Answer(
        answer.columns,
        tuple((*row[:b], f"{row[a]}: {row[b]}", *row[b + 1 :]) for row in answer.rows),
    )
