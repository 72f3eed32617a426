"""The faults that a macro may be given: changes of the SQL between its Jinja.

What a macro holds is no query yet, so its text is changed and it is rendered anew. What
Jinja says stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mutation.operators import shortened

JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
QUOTED = re.compile(r"'[^'\n]*'")
# where, in the text, and what goes there
Change = tuple[int, int, str]


@dataclass(frozen=True)
class MacroFault:
    """One change of a macro's text, and the whole text with it."""

    operator: str
    before: str
    after: str
    turn: int
    text: str

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What stays the same while other lines of a macro change."""
        return ("", self.operator, self.before, self.after, self.turn)


def masked(text: str) -> str:
    """Blot out Jinja and comments, so that places stay: what prints becomes a name."""

    def blot(found: re.Match[str]) -> str:
        letter = "~" if found[0].startswith("{{") else " "
        return re.sub(r"[^\n]", letter, found[0])

    return COMMENT.sub(lambda found: " " * len(found[0]), JINJA.sub(blot, text))


def unquoted(text: str) -> str:
    """Blot out what is in quotes too."""
    return QUOTED.sub(lambda found: "'" * len(found[0]), text)


FLIPPED = {"=": "<>", "<>": "=", "!=": "=", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}
AGGREGATES = {"sum": "max", "max": "min", "min": "max", "avg": "max"}
SIDES = {"left": "inner", "inner": "left", "full": "left"}


def comparison(text: str) -> Iterator[Change]:
    """Flip a comparison; the keys of a join are left."""
    plain = unquoted(text)
    for found in re.finditer(r"(?<=\s)(<=|>=|<>|!=|=|<|>)(?=\s)", plain):
        line = plain[plain.rfind("\n", 0, found.start()) + 1 :].lstrip()
        if not line.startswith(("on ", "and ")):
            yield found.start(), found.end(), FLIPPED[found[0]]
    for found in re.finditer(r"\bis (not )?(?=null\b|distinct\b)", plain):
        yield found.start(), found.end(), "is " if found[1] else "is not "
    for found in re.finditer(r"(?<!not )\bin (?=\()", plain):
        yield found.start(), found.end(), "not in "


def join_side(text: str) -> Iterator[Change]:
    """Make an inner join a left one, a left one inner, a full one left."""
    for found in re.finditer(r"\b(left|inner|full)(?= join\b)", text):
        yield found.start(), found.end(), SIDES[found[0]]


def condition(text: str) -> Iterator[Change]:
    """Drop one of several conditions, where it has a line of its own."""
    for found in re.finditer(r"(?<=\n)[ \t]*and [^\n]+", text):
        line = found[0]
        if line.count("(") == line.count(")"):
            yield found.start(), found.end(), ""


def constant(text: str) -> Iterator[Change]:
    """Count one more, spell a text otherwise, say true for false."""
    plain = unquoted(text)
    for found in re.finditer(r"(?<![\w.'])\d+(?=(\.\d+)?(?![\w.']))", plain):
        before = plain[: found.start()]
        if not re.search(r"\b(decimal|numeric|varchar)\([\d, ]*$", before):
            yield found.start(), found.end(), str(int(found[0]) + 1)
    for found in re.finditer(
        r"(?:[=<>] |\b(?:then|else) |\bin \()'[^'~\n]+(?=')", text
    ):
        yield found.end(), found.end(), "?"
    for found in re.finditer(r"(?<!is )(?<!is not )\b(true|false)\b", plain):
        yield found.start(), found.end(), "false" if found[0] == "true" else "true"


def coalesce(text: str) -> Iterator[Change]:
    """Drop what stands in for null."""
    for found in re.finditer(r"\bcoalesce\(", text):
        inside, depth = found.end(), 1
        commas = []
        while depth:
            depth += {"(": 1, ")": -1}.get(text[inside], 0)
            if text[inside] == "," and depth == 1:
                commas.append(inside)
            inside += 1
        if commas:
            # of the arguments after the first none stays; the call does
            yield commas[0], inside - 1, ""


def aggregate(text: str) -> Iterator[Change]:
    """Take the largest for the sum, the smallest for the largest."""
    for found in re.finditer(r"\b(sum|max|min|avg)(?=\()", text):
        yield found.start(), found.end(), AGGREGATES[found[0]]


def partition(text: str) -> Iterator[Change]:
    """Remove a key that a window is parted by."""
    for found in re.finditer(r"\bpartition by \w+, ", text):
        yield found.start(), found.end(), "partition by "


def order(text: str) -> Iterator[Change]:
    """Reverse an order."""
    for found in re.finditer(r"\border by [\w.~]+(?: desc)?(?![\w(])", text):
        is_falling = found[0].endswith(" desc")
        yield (
            found.end() - 5 * is_falling,
            found.end(),
            "" if is_falling else " desc",
        )


OPERATORS: dict[str, Callable[[str], Iterator[Change]]] = {
    "comparison": comparison,
    "join side": join_side,
    "filter": condition,
    "constant": constant,
    "coalesce": coalesce,
    "aggregate": aggregate,
    "partition": partition,
    "order": order,
}


def macro_faults(text: str) -> list[MacroFault]:
    """List the faults that a macro may be given, in the order of the operators."""
    found: list[MacroFault] = []
    turns: dict[tuple[str, ...], int] = {}
    for operator, offer in OPERATORS.items():
        for start, end, new in offer(masked(text)):
            faulty = text[:start] + new + text[end:]
            before = shortened(around(text, start, end))
            after = shortened(around(faulty, start, start + len(new)))
            reading = (operator, before, after)
            turn = turns[reading] = turns.get(reading, 0) + 1
            found.append(MacroFault(*reading, turn, faulty))
    return found


def around(text: str, start: int, end: int) -> str:
    """Give the lines that a place is in, as one."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    return " ".join(text[first : last if last >= 0 else None].split())
