"""Paths as a Sankey diagram, laid out here, since Vega-Lite has none.

Journeys end together at the order on the right. Each step is a column of channels, as
high as the orders whose path has that channel so many touches before the order; ribbons
lead from one touch to the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import altair as alt

from serving.charts.shapes import legend
from serving.charts.theme import GREY, OTHER, SERIES, WIDTH
from serving.marts import Answer

GAP = 0.02
NODE_WIDTH = 0.03
POINTS = 14
HEIGHT = 360
CHANNELS_SHOWN = 6


@dataclass(frozen=True)
class Link:
    """Orders whose path goes from one channel to the next.

    `step` counts touches before the order from 0, the last; a link goes from `step` + 1
    to `step`. A path that begins at `step` has no source.
    """

    step: int
    source: str | None
    target: str
    orders: int


def sankey(answer: Answer) -> alt.LayerChart:
    """Draw paths from rows of (step, source, target, conversion_count)."""
    links = kept_channels([Link(*row) for row in answer.rows])
    names = ordered_channels(links)
    nodes, ribbons = layout(links, names)
    palette = alt.Scale(
        domain=names,
        range=[
            GREY if name == OTHER else SERIES[n % len(SERIES)]
            for n, name in enumerate(names)
        ],
    )
    colour = alt.Color(
        "channel:N", scale=palette, legend=legend(names, axis_width=0, offset=26)
    )
    last = max(link.step for link in links)
    along = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, last + NODE_WIDTH]))
    up = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, 1], reverse=True))
    ribbon = (
        alt.Chart(alt.InlineData(values=ribbons))
        .mark_area(opacity=0.35)
        .encode(x=along, y=up, y2="y2:Q", color=colour, detail="link:N")
    )
    node = (
        alt.Chart(alt.InlineData(values=nodes))
        .mark_rect(opacity=1)
        .encode(
            x=along,
            x2="x2:Q",
            y=up,
            y2="y2:Q",
            color=colour,
            tooltip=[
                alt.Tooltip("channel:N", title="Channel"),
                alt.Tooltip("step:N", title="Touch"),
                alt.Tooltip("orders:Q", title="Orders", format=",.0f"),
            ],
        )
    )
    heads = alt.Chart(
        alt.InlineData(
            values=[
                {
                    "x": last - step + (NODE_WIDTH if step == 0 else 0),
                    "y": 0,
                    "text": step_name(step),
                    "is_last": step == 0,
                }
                for step in range(last + 1)
            ]
        )
    ).encode(x=along, y=up, text="text:N")
    return alt.layer(
        ribbon,
        node,
        heads.transform_filter("!datum.is_last").mark_text(
            align="left", baseline="bottom", dy=-6
        ),
        heads.transform_filter("datum.is_last").mark_text(
            align="right", baseline="bottom", dy=-6
        ),
    ).properties(width=WIDTH, height=HEIGHT)


def step_name(step: int) -> str:
    """Name a step by its distance to the order."""
    return "last touch" if step == 0 else f"{step} before it"


def kept_channels(links: list[Link]) -> list[Link]:
    """Keep the channels with most orders and call the others by one name."""
    totals: dict[str, int] = defaultdict(int)
    for link in links:
        totals[link.target] += link.orders
    kept = set(sorted(totals, key=lambda name: (-totals[name], name))[:CHANNELS_SHOWN])
    summed: dict[tuple[int, str | None, str], int] = defaultdict(int)
    for link in links:
        source = link.source if link.source is None or link.source in kept else OTHER
        target = link.target if link.target in kept else OTHER
        summed[link.step, source, target] += link.orders
    return [Link(*key, orders) for key, orders in summed.items()]


def ordered_channels(links: Iterable[Link]) -> list[str]:
    """Order channels by orders, the rest last."""
    totals: dict[str, int] = defaultdict(int)
    for link in links:
        totals[link.target] += link.orders
    return sorted(totals, key=lambda name: (name == OTHER, -totals[name], name))


def layout(
    links: list[Link], names: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Place nodes and ribbons: x in steps, y from 0 (top) to 1.

    A node is as high as the orders that reach it, at one scale for all columns; a
    ribbon takes its part of both nodes, in the order of the channels at its other end.
    """
    sizes: dict[tuple[int, str], int] = defaultdict(int)
    for link in links:
        sizes[link.step, link.target] += link.orders
    last = max(step for step, _ in sizes)
    column_of = {step: [n for n in names if (step, n) in sizes] for step, _ in sizes}
    biggest = max(
        sum(sizes[step, name] for name in column) for step, column in column_of.items()
    )
    scale = (1 - GAP * (len(names) - 1)) / biggest
    tops: dict[tuple[int, str], float] = {}
    nodes = []
    for step, column in column_of.items():
        y = 0.0
        for name in column:
            height = sizes[step, name] * scale
            tops[step, name] = y
            nodes.append(
                {
                    "x": last - step,
                    "x2": last - step + NODE_WIDTH,
                    "y": y,
                    "y2": y + height,
                    "channel": name,
                    "step": step_name(step),
                    "orders": sizes[step, name],
                }
            )
            y += height + GAP
    rank = {name: n for n, name in enumerate(names)}
    left, right = dict(tops), dict(tops)
    ribbons = []
    moving = [link for link in links if link.source is not None]
    for link in sorted(
        moving, key=lambda link: (link.step, rank[link.source], rank[link.target])
    ):
        height = link.orders * scale
        start, end = (link.step + 1, link.source), (link.step, link.target)
        ribbons += ribbon_points(
            (last - link.step - 1 + NODE_WIDTH, left[start]),
            (last - link.step, right[end]),
            height,
            link,
        )
        left[start] += height
        right[end] += height
    return nodes, ribbons


def ribbon_points(
    start: tuple[float, float], end: tuple[float, float], height: float, link: Link
) -> list[dict[str, Any]]:
    """Give the upper and lower edge of a ribbon along a smooth step."""
    points = []
    for n in range(POINTS + 1):
        part = n / POINTS
        smooth = part * part * (3 - 2 * part)
        y = start[1] + (end[1] - start[1]) * smooth
        points.append(
            {
                "x": start[0] + (end[0] - start[0]) * part,
                "y": y,
                "y2": y + height,
                "channel": link.source,
                "link": f"{link.step} {link.source} > {link.target}",
            }
        )
    return points
