"""How charts look: ink of the page around them, colours that hold on light and dark.

Every colour of data has a contrast of at least 3 to 1 on white and on near-black, and
what is not data has the colour of the text around the chart (`currentColor`).
"""

from __future__ import annotations

from typing import Any

import altair as alt

from serving.formats import THIN

INK = "currentColor"
BLUE = "#2f7ebc"
ORANGE = "#d2601a"
GREEN = "#1f8a63"
PURPLE = "#9a62b3"
RED = "#d0434c"
BROWN = "#9c6b30"
GREY = "#7d838c"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, BROWN, GREY)
# what is left over when a chart has too many series; a channel may be called "other"
OTHER = "(all others)"
# of a heat map: from nothing much to a lot; its text is chosen by the middle
HEAT = ("#dcebf5", "#0b4f83")
# of series that have an order: both ends hold on light and dark
GRADUAL = (ORANGE, BLUE)

# of a chart, and of the longest name beside an axis, in pixels
WIDTH = 680
NAME = 220
FORMATS = {
    "count": ",.0f",
    "credit": ",.1~f",
    "money": "$,.2f",
    "price": "$,.3f",
    "share": ".1%",
    "ratio": ",.2f",
    "days": ",.1f",
}
# of an axis, which has no room for cents
AXIS_FORMATS = FORMATS | {
    "money": "$,.2~f",
    "price": "$,.3~f",
    "share": ".0%",
    "count": ",.2~f",
}


def config(currency: str | None) -> dict[str, Any]:
    """Give Vega-Lite's configuration, with numbers as the project writes them."""
    text = {"labelColor": INK, "titleColor": INK, "labelFontSize": 12}
    return {
        "background": "transparent",
        # the pictures are measured in the first; the others are as wide
        "font": "Liberation Sans, Arial, Helvetica, sans-serif",
        "view": {"stroke": None},
        "axis": text
        | {
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "gridColor": INK,
            "gridOpacity": 0.12,
            "domainColor": INK,
            "domainOpacity": 0.4,
            "tickColor": INK,
            "tickOpacity": 0.4,
            "labelLimit": NAME,
        },
        "legend": text | {"titleFontSize": 12, "orient": "top", "symbolStrokeWidth": 3},
        "text": {"fill": INK, "fontSize": 12},
        "range": {"category": list(SERIES), "heatmap": list(HEAT)},
        "locale": {
            "number": {
                "decimal": ".",
                "thousands": THIN,
                "grouping": [3],
                "currency": ["", f"{THIN}{currency}" if currency else ""],
                "percent": f"{THIN}%",
            }
        },
    }


def finished(
    chart: alt.Chart | alt.LayerChart, description: str, currency: str | None
) -> dict[str, Any]:
    """Write a chart as a Vega-Lite specification that says in words what it shows."""
    # the tests hold each chart against the schema: here it would take up to a second
    spec = chart.properties(description=description).to_dict(validate=False)
    spec["config"] = config(currency)
    # only a drawing in SVG takes the ink of the page and can be read aloud
    spec["usermeta"] = {"embedOptions": {"renderer": "svg", "actions": False}}
    return spec
