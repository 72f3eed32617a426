"""Which of all faults are tried, and which of their survivors are known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SURVIVORS = Path(__file__).with_name("survivors.yml")
# of each model and macro, and one more for so many that there could be
LEAST_OF_MODEL, MODEL_STEP = 2, 40
LEAST_OF_MACRO, MACRO_STEP = 1, 6


@dataclass(frozen=True, order=True)
class Mutant:
    """A fault of a model or macro, told by what it reads like."""

    of: str
    step: str
    operator: str
    before: str
    after: str
    turn: int
    file: str
    is_macro: bool = False

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """The fault within its model or macro."""
        return (self.step, self.operator, self.before, self.after, self.turn)

    @property
    def entry(self) -> tuple[str, str, str, str, str, int]:
        """The fault among all, as the known survivors list it."""
        return (self.of, *self.key)

    def __str__(self) -> str:
        """Write it in one line."""
        place = f"{self.of}, {self.step}" if self.step else self.of
        turn = f" ({self.turn})" if self.turn > 1 else ""
        what = f"{self.before} -> {self.after}" if self.after else f"no {self.before}"
        return f"{place}: {self.operator}: {what}{turn}"


def hashed(*words: object) -> str:
    """Give words a place in an order that has nothing to do with them."""
    return hashlib.sha256("\x1f".join(map(str, words)).encode()).hexdigest()


def drawn(mutants: Iterable[Mutant]) -> list[Mutant]:
    """Draw some of each model and macro, of as many operators as there are.

    By hashes of what they read like, so that a change elsewhere in a model leaves the
    draw as it was.
    """
    by_name: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        by_name.setdefault(mutant.of, []).append(mutant)
    chosen: list[Mutant] = []
    for name, of_one in sorted(by_name.items()):
        least, step = (
            (LEAST_OF_MACRO, MACRO_STEP)
            if of_one[0].is_macro
            else (LEAST_OF_MODEL, MODEL_STEP)
        )
        turns: dict[str, int] = {}
        ranked = []
        for mutant in sorted(of_one, key=lambda one: hashed(*one.entry)):
            turn = turns[mutant.operator] = turns.get(mutant.operator, 0) + 1
            ranked.append((turn, hashed(name, mutant.operator), mutant))
        ranked.sort(key=lambda one: one[:2])
        chosen += [mutant for *_, mutant in ranked[: least + len(of_one) // step]]
    return chosen


def share_of(
    mutants: list[Mutant], share: float, changed: set[str], seed: str
) -> list[Mutant]:
    """Take a part of the mutants: those of changed files, then any.

    Args:
        mutants: all that were drawn.
        share: the part, from 0 to 1.
        changed: files of the project that have changed.
        seed: what decides between the others.
    """
    first = sorted(
        mutants,
        key=lambda one: (one.file not in changed, hashed(seed, *one.key, one.of)),
    )
    return sorted(first[: round(share * len(mutants))])


@dataclass(frozen=True)
class Known:
    """Why a survivor is known: it is no fault, or no test finds it yet."""

    why: str
    is_gap: bool


HEADING = """\
# yamllint disable rule:line-length
# The faults of scripts/mutate.py that no test finds: why each is none (`why`), or what
# has no test yet (`gap`). `python scripts/mutate.py --list` adds those that are new.
"""


def known_survivors(path: Path = SURVIVORS) -> dict[tuple[Any, ...], Known]:
    """Read the known survivors, by name and key."""
    entries: list[Mapping[str, Any]] = yaml.safe_load(path.read_text()) or []
    return {
        (
            one["of"],
            one.get("step", ""),
            one["operator"],
            one["before"],
            one.get("after", ""),
            one.get("turn", 1),
        ): Known(one.get("why") or one["gap"], "gap" in one)
        for one in entries
    }


def list_survivors(
    survivors: Iterable[tuple[Mutant, bool]], path: Path = SURVIVORS
) -> None:
    """Write the survivors down: what was known of them, else that they are a gap.

    Args:
        survivors: all of them, and whether rows of the sample have changed.
        path: the file to write.
    """
    known = known_survivors(path)
    entries = []
    for one, has_changed in sorted(survivors):
        entry = {
            "of": one.of,
            "step": one.step,
            "operator": one.operator,
            "before": one.before,
            "after": one.after,
            "turn": one.turn,
        }
        for name, usual in (("step", ""), ("after", ""), ("turn", 1)):
            if entry[name] == usual:
                del entry[name]
        about = known.get(one.entry)
        seen = "rows that no test looks at" if has_changed else "no row of the sample"
        if about is None:
            about = Known(f"It changes {seen}; no unit test tells it apart.", True)
        entry["gap" if about.is_gap else "why"] = about.why
        entries.append(entry)
    path.write_text(
        HEADING + yaml.safe_dump(entries, sort_keys=False, allow_unicode=True)
    )
