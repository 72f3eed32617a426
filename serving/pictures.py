"""Charts as pictures: SVG inside a page, PNG in a file. Nothing is asked of the net."""

from __future__ import annotations

import hashlib
import json
import re
from html import escape
from typing import Any

import vl_convert

PNG_SCALE = 2.0
# letters are measured in another font than the reader's, in which they may be wider
WIDER = 1.2
MEASURED = re.compile(r'font-size="([\d.]+)px"')
# of what tells names apart that differ in other signs only
HASH_LENGTH = 8
ID = re.compile(r'(id="|url\(#|href="#)')


def svg(spec: dict[str, Any], name: str) -> str:
    """Draw a chart as SVG that takes the ink and the width of the page around it.

    Args:
        spec: a Vega-Lite specification.
        name: goes before the picture's ids, so that several fit into one page; of
            letters, digits, `_` and `-`.
    """
    text = vl_convert.vegalite_to_svg(json.dumps(widened(spec)))
    text = MEASURED.sub(lambda size: f'font-size="{float(size[1]) / WIDER:g}px"', text)
    head, _, body = text.partition(">")
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    words = escape(spec["description"])
    head = head.replace("<svg", f'<svg role="img" aria-label="{words}"', 1)
    return ID.sub(rf"\g<1>{name}-", f"{head}>{body}")


def widened(part: Any) -> Any:  # noqa: ANN401 - any part of a specification
    """Make letters so much larger as they may be wider, and limits of names too."""
    match part:
        case dict():
            return {
                name: value * WIDER
                if name.endswith(("ontSize", "labelLimit")) and isinstance(value, int)
                else widened(value)
                for name, value in part.items()
            }
        case list():
            return [widened(value) for value in part]
        case _:
            return part


def safe_name(text: str) -> str:
    """Make of any name one that fits into an id and a file name, and is no other's."""
    fitting = re.sub(r"[^\w-]", "_", text, flags=re.ASCII)
    if fitting == text:
        return text
    return f"{fitting}-{hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]}"


def png(spec: dict[str, Any]) -> bytes:
    """Draw a chart as PNG, black on white."""
    text = json.dumps(spec | {"background": "white"}).replace("currentColor", "#1b1f24")
    return vl_convert.vegalite_to_png(text, scale=PNG_SCALE)
