"""What people call the tables and columns of the input contract: names.yml, read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

# as people without them on the keyboard spell them
UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
)
NAMES = Path(__file__).with_name("names.yml")


@dataclass(frozen=True)
class Wanted:
    """A column of the contract: what it holds, its names, and values that tell it.

    `kind` is one of `key` (tells the rows apart), `reference` (a key of the table that
    `refers_to` names), `user`, `campaign`, `time`, `day`, `amount`, `count`, `share`,
    `flag`, `url`, `referrer`, `agent` and `label`.
    """

    name: str
    kind: str
    names: tuple[tuple[str, ...], ...]
    values: str | None = None
    refers_to: str | None = None
    is_required: bool = False


@dataclass(frozen=True)
class WantedTable:
    """A table of the contract: words in its name, and its columns."""

    name: str
    words: frozenset[str]
    columns: tuple[Wanted, ...]

    @property
    def required(self) -> list[str]:
        """The columns without which it cannot be read."""
        return [column.name for column in self.columns if column.is_required]


@cache
def vocabulary() -> dict[str, Any]:
    """Read names.yml."""
    return yaml.safe_load(NAMES.read_text(encoding="utf-8"))


@cache
def wanted_tables() -> dict[str, WantedTable]:
    """Read the tables of the contract and what their columns are called."""
    shared = vocabulary()["shared_names"]
    tables = {}
    for name, told in vocabulary()["tables"].items():
        columns = []
        for column, about in told["columns"].items():
            names = f"{about.get('names', '')} {shared.get(about.get('like'), '')}"
            columns.append(
                Wanted(
                    name=column,
                    kind=about["kind"],
                    names=tuple(tuple(words_of(one)) for one in names.split()),
                    values=about.get("values"),
                    refers_to=about.get("refers_to"),
                    is_required=column in told["required"],
                )
            )
        tables[name] = WantedTable(
            name, frozenset(told["words"].split()), tuple(columns)
        )
    return tables


def word_list(name: str) -> frozenset[str]:
    """Read one of the lists of words."""
    return frozenset(vocabulary()[name].split())


@cache
def lexicons() -> dict[str, frozenset[str]]:
    """Read the values that tell what a column holds."""
    return {name: frozenset(v.split()) for name, v in vocabulary()["values"].items()}


def words_of(name: str) -> list[str]:
    """Split a name into its words: `BestellNr.` is `bestell`, `nr`.

    Capitals that stand together are one word, as in `visitID` and `UTMSource`.
    """
    spelt = name.translate(UMLAUTS)
    spelt = unicodedata.normalize("NFKD", spelt)
    spelt = "".join(char for char in spelt if not unicodedata.combining(char))
    spelt = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", spelt)
    # but not that of `URLs`
    spelt = re.sub(r"([A-Z]{2,})([A-Z](?!s\b)[a-z])", r"\1 \2", spelt)
    return re.findall(r"[a-z]+|[0-9]+", spelt.lower())


def likeness(name: str, wanted: Wanted) -> float:
    """Say how far a name is one of a column's: 1 for the likeliest, 0 for none.

    A name may stand among other words, such as `total_eur` and `shop_order_no`. Where
    capitals part it, it may be one word too, such as `PayPal`.
    """
    return max(words_like(words_of(one), wanted) for one in {name, name.lower()})


def words_like(words: list[str], wanted: Wanted) -> float:
    """Say how far words are one of a column's names."""
    squashed = "".join(words)
    best = 0.0
    for rank, known in enumerate(wanted.names):
        worth = 1 - 0.3 * rank / len(wanted.names)
        if words == list(known) or squashed == "".join(known):
            best = max(best, worth)
        elif contains(words, known):
            best = max(best, 0.7 * worth * (len(known) / len(words)) ** 0.5)
    return best


def contains(words: list[str], part: tuple[str, ...]) -> bool:
    """Tell whether words stand in a name one after the other."""
    size = len(part)
    return any(
        tuple(words[start : start + size]) == part
        for start in range(len(words) - size + 1)
    )
