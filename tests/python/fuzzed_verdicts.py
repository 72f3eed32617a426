"""What must come of fuzzed rows, in plain Python.

A row is judged from the text that a reader of its file sees: surely sound, surely not,
or open to dispute, where documentation leaves it to the reader (`24:00:00`, `1_000`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from fuzzed_shops import LAYOUTS, Case, Row, Sheet, Text, damaged_sheets, label
from fuzzed_values import COLUMNS, key_of, spec_of

SOUND, BAD, OPEN = "sound", "bad", "open"
# of a number, before its point
DIGITS = {"money": 10, "click": 7, "whole": 9}


def stops(case: Case) -> str:
    """Tell whether a case ends the build in one line: `never`, `must` or `may`."""
    found = [
        stops_table(case, table, sheet) for table, sheet in damaged_sheets(case).items()
    ]
    return "must" if "must" in found else "may" if "may" in found else "never"


def stops_table(case: Case, table: str, sheet: Sheet) -> str:
    """Tell whether one table of a case ends the build."""
    # what has no rows has no fields in JSON, and no field comes twice
    is_json = case.form == "jsonl"
    missing = LAYOUTS[case.layout][table].required - set(sheet.columns)
    lacks_column = missing and (sheet.rows or not is_json)
    if (lacks_column or (sheet.twin and not is_json)) and "cut" not in sheet.options:
        return "must"
    if case.form == "sqlite" and "bytes" in sheet.types.values():
        return "may"
    names = {
        " ".join(label(sheet, name).split()).lower().replace(" ", "_")
        for name in sheet.columns
    }
    has_line_ends = any(
        "\r" in (text or "") for row in sheet.rows for text in row.values()
    )
    is_odd = sheet.lines or {"bytes", "cut"} & set(sheet.options)
    return (
        "may" if is_odd or has_line_ends or len(names) < len(sheet.columns) else "never"
    )


def verdict(layout: str, table: str, row: Row) -> str:
    """Judge one row as a reader sees it: sound, bad, or open to dispute."""
    found = [
        judged(spec_of(layout, table, column), row.get(column))
        for column in COLUMNS[layout][table]
    ]
    if table == "customer_sales" and set(found) == {SOUND}:
        names = ("number_of_tickets", "price_per_unit")
        tickets, price = (Decimal((row[name] or "").strip(" ")) for name in names)
        most = 10 ** DIGITS["money"]
        return SOUND if rounded(tickets * rounded(price, 2), 2) < most else BAD
    if table == "ticket_listings":
        return BAD if not (row.get("event_id") or "").strip(" ") else OPEN
    if (layout, table) == ("shopify", "orders") and SOUND not in [
        judged(spec_of(layout, table, "total"), row.get("total"))
    ]:
        return OPEN
    if (layout, table) == ("shopify", "orders") and is_test_order(row):
        return BAD
    if layout == "ga4":
        intact = all(
            is_intact(COLUMNS[layout][table][column], row.get(column))
            for column in ("event_params", "ecommerce")
        )
        return SOUND if intact and set(found) == {SOUND} else OPEN
    return BAD if BAD in found else OPEN if OPEN in found else SOUND


def is_test_order(row: Row) -> bool:
    """Tell whether an order was never meant: one of its tags is test.

    A line without a total is another thing bought in an order.
    """
    tags = (row.get("tags") or "").lower().split(",")
    is_order = bool((row.get("total") or "").strip(" "))
    return is_order and "test" in [tag.strip(" ") for tag in tags]


def is_intact(kind: str, value: Text) -> bool:
    """Tell whether a nested value is as it was drawn."""
    sound = {
        "params": r'\[\{"key": "ga_session_id", "value": \{"int_value": [0-2]\}\}\]',
        "purchase": r'\{"transaction_id": "k\d+", "purchase_revenue": [\d.]+\}',
    }
    return bool(re.fullmatch(sound[kind], value or ""))


def judged(spec: re.Match[str], value: Text) -> str:
    """Judge one value of a row."""
    text = (value or "").strip(" ")
    if not spec["need"]:
        return SOUND
    if not text:
        return BAD if spec["need"] == "!" else SOUND
    if text != text.strip() or "\0" in text:
        return OPEN
    if spec["kind"] in ("day", "moment"):
        return moment_judged(text)
    if spec["kind"] == "time":
        return time_judged(text)
    if spec["kind"] == "weight" or spec["kind"] in DIGITS:
        return number_judged(spec, text)
    if spec["kind"] == "uid":
        is_number = re.fullmatch("[0-9]{1,20}", text)
        return SOUND if is_number and int(text) < 1 << 64 else BAD
    if spec["kind"] == "micros":
        is_number = re.fullmatch("[0-9]{1,16}", text)
        return SOUND if is_number and int(text) < 4_102_444_800_000_000 else OPEN
    return SOUND


ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d(?:\.\d{1,6})?)?(Z|\+00:00)?)?"
)
CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?")


def moment_judged(text: str) -> str:
    """Judge a day or a time of a day: sound is ISO 8601 between 1970 and 2099."""
    if not re.search("[0-9]", text):
        return BAD
    if not (match := ISO.fullmatch(text)):
        return OPEN
    if match[1].startswith("0000") or ":60" in text or " 24:" in text:
        return OPEN
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return BAD
    return SOUND if 1970 <= moment.year <= 2099 else BAD


def time_judged(text: str) -> str:
    """Judge a time of day."""
    if not re.search("[0-9]", text):
        return OPEN if text in ("epoch", "now", "today") else BAD
    if not CLOCK.fullmatch(text):
        return OPEN
    hour, minute, second = (float(part) for part in f"{text}:0".split(":")[:3])
    if hour < 24 and minute < 60 and second < 60:
        return SOUND
    return OPEN if hour == 24 or second >= 60 else BAD


NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.I)


def number_judged(spec: re.Match[str], text: str) -> str:
    """Judge a number by its notation, its size and its sign."""
    if not NUMBER.fullmatch(text):
        has_odd_signs = re.search(r"[^0-9eE+.\-_]", text)
        return BAD if has_odd_signs or not re.search("[0-9]", text) else OPEN
    value = Decimal(text)
    if spec["kind"] == "weight":
        if not -1 <= value < 10**6:
            return BAD
        return BAD if rounded(value, 18) < 0 else SOUND
    places = int(spec["places"] or 0)
    most = 10 ** DIGITS[spec["kind"]]
    if abs(value) >= most or abs(rounded(value, places)) >= most:
        return BAD
    if spec["kind"] == "whole" and not float(value).is_integer():
        return BAD
    if spec["least"] and rounded(value, places) < int(spec["least"]):
        return BAD
    return SOUND


def rounded(value: Decimal, places: int) -> Decimal:
    """Round a number half away from 0."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def amount(value: Text, places: int) -> Decimal | None:
    """Read an amount that the build has taken; null where there is none."""
    text = (value or "").strip(" ")
    return rounded(Decimal(text), places) if text else None


def kept_groups(layout: str, table: str, rows: list[Row]) -> Iterator[list[Row]]:
    """Group rows of which only one may stay; each is its own group without a key."""
    key = key_of(layout, table)
    groups: dict[tuple[Text, ...], list[Row]] = {}
    for number, row in enumerate(rows):
        texts = [(row.get(column) or "").strip(" ") for column in key]
        days = [
            text[:10]
            if spec_of(layout, table, column)["kind"] in ("day", "moment")
            else text
            for column, text in zip(key, texts, strict=True)
        ]
        # a refund may bring an id, and is once then
        if table == "refunds":
            days = [(row.get("refund_id") or "").strip(" ")]
        own = (str(number),)
        groups.setdefault(tuple(days) if any(days) else own, []).append(row)
    yield from groups.values()
