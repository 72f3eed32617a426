"""Read filters such as `revenue:ge:10` into SQL whose values are bound."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query

from serving.api.problems import Problem, invalid

OPERATORS = {
    "eq": "{0} = {1}",
    "ne": "{0} is distinct from {1}",
    "lt": "{0} < {1}",
    "le": "{0} <= {1}",
    "gt": "{0} > {1}",
    "ge": "{0} >= {1}",
}
NAME = r"[a-z_][a-z0-9_]{0,62}"
FILTER = rf"^{NAME}:(eq|ne|lt|le|gt|ge|in|contains|null):"
WHOLE = re.compile(r"-?[0-9]{1,18}")
AMOUNT = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,18})?")
LONGEST = 500

Filters = Annotated[
    list[Annotated[str, Query(pattern=FILTER, max_length=LONGEST)]],
    Query(
        alias="filter",
        max_length=20,
        description=(
            "`name:operator:value`, all of which must hold. Operators: eq, ne, lt, le, "
            "gt, ge; in (values after commas, or a JSON list of texts); contains "
            "(text, whatever its case); null (true or false)."
        ),
        examples=[["property:eq:afisha", "revenue:ge:10"]],
    ),
]


@dataclass(frozen=True)
class Condition:
    """A condition in SQL, its values as `?`, and those values in order."""

    sql: str
    values: tuple[Any, ...]


def condition_of(text: str, column: Callable[[str], tuple[str, str]]) -> Condition:
    """Read one filter.

    Args:
        text: `name:operator:value`.
        column: gives the SQL and the DuckDB type of a name, or refuses it.

    Raises:
        Problem: 404 for a name that is not there, 422 for a value that does not fit.
    """
    name, operator, value = text.split(":", 2)
    sql, data_type = column(name)
    if operator == "null":
        is_null = typed(text, value, "BOOLEAN")
        return Condition(f"{sql} is {'' if is_null else 'not '}null", ())
    if operator == "contains":
        if data_type != "VARCHAR":
            raise invalid("filter", f"{name} is no text, so it contains nothing.")
        return Condition(f"contains(lower({sql}), lower(?))", (value,))
    if operator == "in":
        values = tuple(typed(text, v, data_type) for v in listed(text, value))
        marks = ", ".join("?" for _ in values)
        return Condition(f"{sql} in ({marks})", values)
    return Condition(
        OPERATORS[operator].format(sql, "?"), (typed(text, value, data_type),)
    )


def listed(text: str, value: str) -> list[str]:
    """Read the values of `in`."""
    if not value.startswith("["):
        return value.split(",")
    try:
        values = json.loads(value)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or not values:
        raise misfit(text, "a JSON list of texts")
    if not all(isinstance(v, str) for v in values):
        raise misfit(text, "a JSON list of texts")
    return values


def typed(text: str, value: str, data_type: str) -> Any:  # noqa: ANN401 - as bound
    """Read a value as its column has it.

    Raises:
        Problem: 422 that says what would fit.
    """
    try:
        if data_type == "VARCHAR":
            return value.encode().decode()
        if data_type == "BOOLEAN":
            return {"true": True, "false": False}[value]
        if data_type == "DATE":
            return date.fromisoformat(value)
        if data_type.startswith("TIMESTAMP"):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
            return moment
        if data_type == "DOUBLE":
            number = float(value)
            if math.isfinite(number):
                return number
        elif data_type.startswith("DECIMAL"):
            if AMOUNT.fullmatch(value):
                return Decimal(value)
        elif WHOLE.fullmatch(value):
            return int(value)
    except (ValueError, KeyError, OverflowError):
        pass
    raise misfit(text, WANTED.get(data_type.partition("(")[0], "a whole number"))


WANTED = {
    "VARCHAR": "text",
    "BOOLEAN": "true or false",
    "DATE": "a day such as 2021-07-31",
    "TIMESTAMP": "a time such as 2021-07-31T18:30:00Z",
    "DOUBLE": "a number",
    "DECIMAL": "an amount such as 49.50",
}


def misfit(text: str, wanted: str) -> Problem:
    """Refuse a value that does not fit its column."""
    name, operator, _ = text.split(":", 2)
    return invalid("filter", f"{name}:{operator}: takes {wanted}.")
