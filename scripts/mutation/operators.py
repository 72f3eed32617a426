"""The faults that a query may be given, each one small change of its syntax tree.

An operator looks at one node of the tree and offers what may stand in its place. None
looks at text, so that what it makes is a query again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"
# what is longer says no more to a reader
LONGEST = 100


@dataclass(frozen=True)
class Edit:
    """What stands in the place of a node (nothing: it goes), and how that reads."""

    replacement: exp.Expression | None
    before: str
    after: str


@dataclass(frozen=True)
class Fault:
    """One place of a query, and what is done there.

    `step` is the common table expression that it is in; `turn` tells faults apart that
    read the same within one; `place` is the number of the node in this very tree.
    """

    step: str
    operator: str
    before: str
    after: str
    turn: int
    place: int
    edit: Edit

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What stays the same while other parts of a model change."""
        return (self.step, self.operator, self.before, self.after, self.turn)


Types = Mapping[str, str]
Operator = Callable[[exp.Expression, Types], Iterator[Edit]]


def parsed(sql: str) -> exp.Expression:
    """Parse a query of DuckDB's."""
    return sqlglot.parse_one(sql, dialect=DIALECT)


def text(node: exp.Expression | None) -> str:
    """Write a node in one line."""
    return node.sql(dialect=DIALECT, comments=False) if node else ""


def written(tree: exp.Expression) -> str:
    """Write a query."""
    return tree.sql(dialect=DIALECT, comments=False)


def changed(node: exp.Expression, replacement: exp.Expression) -> Edit:
    """Put one node in the place of another."""
    return Edit(replacement, text(node), text(replacement))


OPPOSITE = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
    exp.NullSafeEQ: exp.NullSafeNEQ,
    exp.NullSafeNEQ: exp.NullSafeEQ,
}


def comparison(node: exp.Expression, types: Types) -> Iterator[Edit]:
    """Flip a comparison; the keys of a join are not flipped but dropped."""
    if is_join_key(node):
        return
    if opposite := OPPOSITE.get(type(node)):
        yield changed(node, opposite(this=node.this.copy(), expression=second(node)))
    elif isinstance(node, exp.Not) and isinstance(node.this, (exp.Is, exp.In)):
        yield changed(node, node.this.copy())
    elif isinstance(node, (exp.Is, exp.In)) and not isinstance(node.parent, exp.Not):
        yield changed(node, exp.Not(this=node.copy()))


def second(node: exp.Expression) -> exp.Expression:
    """Copy the right side of a node."""
    return node.args["expression"].copy()


def is_join_key(node: exp.Expression) -> bool:
    """Tell whether a condition is one of those that a join is made on."""
    parent = node.parent
    while isinstance(parent, (exp.And, exp.Paren)):
        parent = parent.parent
    return isinstance(parent, exp.Join)


def conjuncts(condition: exp.Expression) -> list[exp.Expression]:
    """List what must all hold."""
    if isinstance(condition, exp.And):
        return [*conjuncts(condition.left), *conjuncts(condition.right)]
    return [condition]


def without_each(
    condition: exp.Expression,
) -> Iterator[tuple[exp.Expression, exp.Expression]]:
    """Give each condition of several, and the others without it."""
    parts = conjuncts(condition)
    for left_out in parts if len(parts) > 1 else []:
        others = [part.copy() for part in parts if part is not left_out]
        yield left_out, exp.and_(*others, copy=False, wrap=False)


def join_key(node: exp.Expression, types: Types) -> Iterator[Edit]:
    """Drop one of several keys of a join."""
    if isinstance(node, exp.Join) and node.args.get("on"):
        for key, others in without_each(node.args["on"]):
            join = node.copy()
            join.set("on", others)
            yield Edit(join, f"join {node.alias_or_name} on {text(key)}", "")


# they hold every property, so that an inner join with them loses nothing
COMPLETE = ("properties", "property_dates")


def join_side(node: exp.Expression, types: Types) -> Iterator[Edit]:
    """Make an inner join a left one, a left one inner, a full one left."""
    if not isinstance(node, exp.Join) or not node.args.get("on"):
        return
    kind = node.side or node.kind or "INNER"
    other = {"INNER": "LEFT", "LEFT": "INNER", "FULL": "LEFT"}.get(kind)
    if other and not (kind == "INNER" and node.alias_or_name in COMPLETE):
        join = node.copy()
        join.set("side", None if other == "INNER" else other)
        join.set("kind", "INNER" if other == "INNER" else None)
        name = node.alias_or_name
        yield Edit(join, f"{kind} JOIN {name}", f"{other} JOIN {name}")


def filters(node: exp.Expression, types: Types) -> Iterator[Edit]:
    """Drop a condition on rows, groups, windows, or of an aggregate."""
    if isinstance(node, exp.Filter):
        yield changed(node, node.this.copy())
    if not isinstance(node, (exp.Where, exp.Having, exp.Qualify)):
        return
    word = type(node).__name__.lower()
    for condition, others in without_each(node.this):
        clause = type(node)(this=others)
        yield Edit(clause, f"{word} {text(condition)}", "")
    if not isinstance(node.parent, exp.Filter) and not isinstance(node.this, exp.And):
        yield Edit(None, f"{word} {text(node.this)}", "")


# where another text is another answer, and no malformed call
COMPARED = (exp.EQ, exp.NEQ, exp.In, exp.Coalesce, exp.If, exp.Case, exp.Alias)


def constant(node: exp.Expression, types: Types) -> Iterator[Edit]:
    """Count one more, spell a text otherwise, say true for false."""
    if isinstance(node, exp.Boolean):
        if not isinstance(node.parent, exp.Is):
            yield changed(node, exp.Boolean(this=not node.this))
    elif isinstance(node, exp.Literal) and not isinstance(
        node.parent, (exp.DataTypeParam, exp.Interval)
    ):
        if node.is_string:
            if isinstance(node.parent, COMPARED):
                yield changed(node, exp.Literal.string(f"{node.this}?"))
        elif node.this.isdigit():
            yield changed(node, exp.Literal.number(int(node.this) + 1))


def coalesce(node: exp.Expression, types: Types) -> Iterator[Edit]:
    """Drop what stands in for null."""
    if isinstance(node, exp.Coalesce):
        yield changed(node, node.this.copy())


def columns(node: exp.Expression, types: Types) -> Iterator[Edit]:
    """Swap two neighbours of one type, which keep their names."""
    if not isinstance(node, exp.Select):
        return
    last: dict[str, int] = {}
    for place, column in enumerate(node.expressions):
        name = column.alias_or_name
        if not isinstance(column, (exp.Column, exp.Alias)) or name not in types:
            continue
        if (first := last.get(types[name])) is not None:
            one, other = node.expressions[first], column
            if text(one.unalias()) != text(other.unalias()):
                select = node.copy()
                select.expressions[first].replace(named(other, one))
                select.expressions[place].replace(named(one, other))
                before = f"{one.alias_or_name}, {name}"
                yield Edit(select, before, f"{name}, {one.alias_or_name}")
        last[types[name]] = place


def named(value: exp.Expression, name: exp.Expression) -> exp.Expression:
    """Give the value of one column the name of another."""
    return exp.alias_(value.unalias().copy(), name.alias_or_name, quoted=True)


AGGREGATES = {
    exp.Sum: exp.Max,
    exp.Max: exp.Min,
    exp.Min: exp.Max,
    exp.Avg: exp.Max,
    exp.LogicalOr: exp.LogicalAnd,
    exp.LogicalAnd: exp.LogicalOr,
    exp.ArgMax: exp.ArgMin,
    exp.ArgMin: exp.ArgMax,
    exp.Lag: exp.Lead,
    exp.Lead: exp.Lag,
    exp.FirstValue: exp.LastValue,
    exp.LastValue: exp.FirstValue,
}


def aggregate(node: exp.Expression, types: Types) -> Iterator[Edit]:
    """Take the largest for the sum, the first for the last, or count repeats too."""
    if other := AGGREGATES.get(type(node)):
        aggregated = {
            name: value.copy() if isinstance(value, exp.Expression) else value
            for name, value in node.args.items()
        }
        yield changed(node, other(**aggregated))
    elif isinstance(node, exp.Count) and isinstance(node.this, exp.Distinct):
        of = node.this.expressions
        if len(of) == 1:
            yield changed(node, exp.Count(this=of[0].copy()))


def partition(node: exp.Expression, types: Types) -> Iterator[Edit]:
    """Remove a key that a window is parted by."""
    if isinstance(node, exp.Window):
        keys = node.args.get("partition_by") or []
        for left_out in keys:
            window = node.copy()
            others = [key.copy() for key in keys if key is not left_out]
            window.set("partition_by", others)
            function = text(node.this).split("(")[0].lower()
            yield Edit(window, f"{function} by {text(left_out)}", "")


def order(node: exp.Expression, types: Types) -> Iterator[Edit]:
    """Reverse an order that decides something."""
    if isinstance(node, exp.Ordered) and decides(node.parent):
        reverse = node.copy()
        reverse.set("desc", not node.args.get("desc"))
        yield changed(node, reverse)


def decides(ordering: exp.Expression | None) -> bool:
    """Tell whether an order does more than sort what is shown."""
    parent = ordering.parent if ordering else None
    if isinstance(parent, exp.Select):
        return bool(parent.args.get("limit") or parent.args.get("distinct"))
    return True


OPERATORS: dict[str, Operator] = {
    "comparison": comparison,
    "join key": join_key,
    "join side": join_side,
    "filter": filters,
    "constant": constant,
    "coalesce": coalesce,
    "columns": columns,
    "aggregate": aggregate,
    "partition": partition,
    "order": order,
}


def faults(tree: exp.Expression, types: Types, source: str = "") -> list[Fault]:
    """List all faults that a query may be given, in the order of the tree.

    Args:
        tree: the query.
        types: the types of columns by name, where a name has one.
        source: the text that the query was rendered from. What is not in there was
            written by a macro, and is tried there.
    """
    found: list[Fault] = []
    turns: dict[tuple[str, ...], int] = {}
    for place, node in enumerate(tree.walk(bfs=False)):
        for operator, offer in OPERATORS.items():
            for edit in offer(node, types):
                if source and operator in WORDED and not is_of(node, source):
                    continue
                step = step_of(node)
                before, after = shortened(edit.before), shortened(edit.after)
                reading = (step, operator, before, after)
                turn = turns[reading] = turns.get(reading, 0) + 1
                found.append(Fault(*reading, turn, place, edit))
    return found


# operators whose node can be told to be the model's own by its words
WORDED = ("comparison", "filter", "constant", "coalesce", "aggregate", "order")


def is_of(node: exp.Expression, source: str) -> bool:
    """Tell whether all names and values of a node stand in a text."""
    words = {one.name or "''" for one in node.find_all(exp.Column, exp.Literal)}
    words |= {str(one.this).lower() for one in node.find_all(exp.Boolean)}
    return all(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", source) for one in words)


def step_of(node: exp.Expression) -> str:
    """Name the outermost common table expression that a node is in."""
    step = ""
    while node is not None:
        if isinstance(node, exp.CTE):
            step = node.alias
        node = node.parent
    return step


def shortened(words: str) -> str:
    """Cut the middle out of a long text."""
    if len(words) <= LONGEST:
        return words
    half = (LONGEST - 3) // 2
    return f"{words[:half]}...{words[-half:]}"


def with_fault(tree: exp.Expression, fault: Fault) -> exp.Expression:
    """Copy a query and put one fault into it."""
    copy = tree.copy()
    for place, node in enumerate(copy.walk(bfs=False)):
        if place == fault.place:
            if node is copy:
                return fault.edit.replacement.copy()
            if fault.edit.replacement is None:
                node.pop()
            else:
                node.replace(fault.edit.replacement.copy())
            return copy
    raise ValueError(f"no node {fault.place} in {written(tree)}")
