"""The tool that puts faults into the SQL: its operators, and a part of its run."""

from __future__ import annotations

from pathlib import Path

import pytest

import mutate
from mutation.choice import (
    Known,
    Mutant,
    drawn,
    known_survivors,
    list_survivors,
    share_of,
)
from mutation.judge import Verdict
from mutation.operators import faults, parsed, with_fault, written
from mutation.texts import macro_faults
from support import Build

TYPES = {"a": "INTEGER", "b": "INTEGER", "c": "VARCHAR"}
# a query, an operator, and all that it makes of the query
QUERIES = [
    (
        "SELECT * FROM t WHERE a > 1 AND b IS NULL",
        "comparison",
        {
            "SELECT * FROM t WHERE a >= 1 AND b IS NULL",
            "SELECT * FROM t WHERE a > 1 AND NOT b IS NULL",
        },
    ),
    ("SELECT * FROM t JOIN u ON t.a = u.a", "comparison", set()),
    (
        "SELECT a IS DISTINCT FROM b AS d FROM t",
        "comparison",
        {"SELECT a IS NOT DISTINCT FROM b AS d FROM t"},
    ),
    (
        "SELECT * FROM t JOIN u ON t.a = u.a AND t.b = u.b",
        "join key",
        {
            "SELECT * FROM t JOIN u ON t.a = u.a",
            "SELECT * FROM t JOIN u ON t.b = u.b",
        },
    ),
    (
        "SELECT * FROM t LEFT JOIN u ON t.a = u.a",
        "join side",
        {"SELECT * FROM t INNER JOIN u ON t.a = u.a"},
    ),
    (
        "SELECT * FROM t INNER JOIN u ON t.a = u.a",
        "join side",
        {"SELECT * FROM t LEFT JOIN u ON t.a = u.a"},
    ),
    ("SELECT * FROM t WHERE a > 1", "filter", {"SELECT * FROM t"}),
    (
        "SELECT c, SUM(a) FILTER(WHERE b > 1) AS s FROM t GROUP BY c HAVING SUM(a) > 1",
        "filter",
        {
            "SELECT c, SUM(a) AS s FROM t GROUP BY c HAVING SUM(a) > 1",
            "SELECT c, SUM(a) FILTER(WHERE b > 1) AS s FROM t GROUP BY c",
        },
    ),
    (
        "SELECT a + 1 AS d, c = 'x' AS e, TRUE AS f FROM t",
        "constant",
        {
            "SELECT a + 2 AS d, c = 'x' AS e, TRUE AS f FROM t",
            "SELECT a + 1 AS d, c = 'x?' AS e, TRUE AS f FROM t",
            "SELECT a + 1 AS d, c = 'x' AS e, FALSE AS f FROM t",
        },
    ),
    ("SELECT CAST(a AS DECIMAL(18, 2)) AS d FROM t", "constant", set()),
    (
        "SELECT COALESCE(a, b) AS d FROM t",
        "coalesce",
        {"SELECT a AS d FROM t"},
    ),
    (
        "SELECT a, b, c FROM t",
        "columns",
        {'SELECT b AS "a", a AS "b", c FROM t'},
    ),
    (
        "SELECT SUM(a) AS s, COUNT(DISTINCT b) AS d FROM t",
        "aggregate",
        {
            "SELECT MAX(a) AS s, COUNT(DISTINCT b) AS d FROM t",
            "SELECT SUM(a) AS s, COUNT(b) AS d FROM t",
        },
    ),
    (
        "SELECT ROW_NUMBER() OVER (PARTITION BY a, b ORDER BY c) AS n FROM t",
        "partition",
        {
            "SELECT ROW_NUMBER() OVER (PARTITION BY b ORDER BY c) AS n FROM t",
            "SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY c) AS n FROM t",
        },
    ),
    (
        "SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY c) AS n FROM t",
        "order",
        {"SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY c DESC) AS n FROM t"},
    ),
    ("SELECT a FROM t ORDER BY a", "order", set()),
]
MACROS = [
    (
        "case when {{ a }} > {{ b }} then 'x' end",
        "comparison",
        {"case when {{ a }} >= {{ b }} then 'x' end"},
    ),
    ("{% if a > 1 %}1{% endif %}", "comparison", set()),
    ("{# a > 1 #} -- b > 2", "comparison", set()),
    (
        "cast({{ a }} * 2 as decimal(18, 2))",
        "constant",
        {"cast({{ a }} * 3 as decimal(18, 2))"},
    ),
    ("{{ a }} = 'x'", "constant", {"{{ a }} = 'x?'"}),
    ("coalesce({{ f(a, b) }}, 0)", "coalesce", {"coalesce({{ f(a, b) }})"}),
    ("sum({{ a }})", "aggregate", {"max({{ a }})"}),
    (
        "from {{ t }}\nleft join {{ u }}\n    on t.a = u.a\n    and t.b = u.b",
        "join side",
        {"from {{ t }}\ninner join {{ u }}\n    on t.a = u.a\n    and t.b = u.b"},
    ),
    (
        "from {{ t }}\nleft join {{ u }}\n    on t.a = u.a\n    and t.b = u.b",
        "filter",
        {"from {{ t }}\nleft join {{ u }}\n    on t.a = u.a\n"},
    ),
    (
        "over (partition by a, b order by c)",
        "partition",
        {"over (partition by b order by c)"},
    ),
    ("over (order by c desc)", "order", {"over (order by c)"}),
]


@pytest.mark.parametrize(("query", "operator", "expected"), QUERIES)
def test_an_operator_changes_one_thing(
    query: str, operator: str, expected: set[str]
) -> None:
    tree = parsed(query)
    made = {
        written(with_fault(tree, fault))
        for fault in faults(tree, TYPES)
        if fault.operator == operator
    }
    assert made == expected
    # the query itself stays as it was
    assert written(tree) == query


@pytest.mark.parametrize(("text", "operator", "expected"), MACROS)
def test_an_operator_changes_the_sql_of_a_macro_and_no_jinja(
    text: str, operator: str, expected: set[str]
) -> None:
    made = {fault.text for fault in macro_faults(text) if fault.operator == operator}
    assert made == expected


def test_faults_that_read_alike_are_told_apart() -> None:
    tree = parsed("WITH s AS (SELECT a > 1 AS d, a > 1 AS e FROM t) SELECT * FROM s")
    found = [one.key for one in faults(tree, TYPES) if one.operator == "comparison"]
    assert found == [
        ("s", "comparison", "a > 1", "a >= 1", 1),
        ("s", "comparison", "a > 1", "a >= 1", 2),
    ]


def mutant(of: str, before: str, operator: str = "constant") -> Mutant:
    """Invent a mutant."""
    return Mutant(of, "final", operator, before, "", 1, f"models/{of}.sql")


def test_each_model_and_operator_is_drawn_from_and_a_change_leaves_the_draw() -> None:
    of_a = [mutant("a", str(number)) for number in range(60)]
    of_b = [mutant("b", "1"), mutant("b", "2", "order"), mutant("b", "3", "order")]
    first = drawn([*of_a, *of_b])

    assert len([one for one in first if one.of == "a"]) == 3
    assert {one.operator for one in first if one.of == "b"} == {"constant", "order"}
    assert [one for one in drawn([*of_a[30:], *of_b]) if one.of == "b"] == first[3:]


def test_a_share_begins_with_what_has_changed() -> None:
    mutants = [mutant(of, str(number)) for of in "abc" for number in range(10)]
    share = share_of(mutants, 0.5, {"models/b.sql"}, "seed")

    assert len(share) == 15
    assert [one for one in share if one.of == "b"] == mutants[10:20]
    assert share != share_of(mutants, 0.5, {"models/b.sql"}, "other seed")


def test_unknown_survivors_and_listed_ones_that_are_found_or_gone_are_told() -> None:
    killed, survivor, known = mutant("a", "1"), mutant("a", "2"), mutant("a", "3")
    results = [
        mutate.Result(killed, Verdict("unit test", "it_bites")),
        mutate.Result(survivor, Verdict()),
        mutate.Result(known, Verdict()),
    ]
    listed = {("a", *known.key): Known("1 is as good as 3", is_gap=False)}

    lines, is_well = mutate.report(results, listed, {killed, survivor, known})
    assert not is_well
    assert lines[0].startswith("3 faults, 1 killed (33.3%): 1 by unit test")
    assert lines[2:] == [
        "  survives, and changes no row of the sample: a, final: constant: no 2"
    ]
    assert mutate.report([results[0], results[2]], listed, {killed, known})[1]

    lines, is_well = mutate.report(
        results[:1], {("a", *killed.key): Known("no reason", is_gap=False)}, {killed}
    )
    assert not is_well
    assert lines[2:] == ["  is listed, and found by it_bites: a, final: constant: no 1"]

    lines, is_well = mutate.report(
        results[:1], {("a", *survivor.key): Known("gone", is_gap=True)}, {killed}
    )
    assert not is_well
    assert lines[2:] == [
        "  is listed, and there is none: a | final | constant | 2 |  | 1"
    ]


def test_each_known_survivor_has_its_reason() -> None:
    assert all(len(known.why) > 20 for known in known_survivors().values())


def test_listed_survivors_keep_their_reason_and_new_ones_are_gaps(
    tmp_path: Path,
) -> None:
    path = tmp_path / "survivors.yml"
    path.write_text(
        "- {of: a, step: final, operator: constant, before: '1', why: as good as 2}\n"
        "- {of: a, step: final, operator: constant, before: '2', gap: nobody asks}\n"
        "- {of: a, step: final, operator: constant, before: '3', why: is found now}\n"
    )
    survivors = [mutant("a", "4"), mutant("a", "2"), mutant("a", "1")]

    list_survivors([(one, False) for one in survivors], path)

    known = known_survivors(path)
    assert [key[3] for key in known] == ["1", "2", "4"]
    assert [about.is_gap for about in known.values()] == [False, True, True]
    assert next(iter(known.values())).why == "as good as 2"


def test_what_a_macro_has_written_is_not_tried_in_the_model() -> None:
    tree = parsed("SELECT a > 1 AS d, b > 2 AS e FROM t")
    source = "select a > 1 as d, {{ is_large('b') }} as e from t"
    found = [one.before for one in faults(tree, TYPES, source)]
    assert found == ["a > 1", "1"]


@pytest.mark.slow
def test_a_twentieth_of_the_faults_is_found(
    sample: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = mutate.main(
        ["--share", "0.05", "--build", str(sample.folder), "--processes", "1"]
        + ["--out", str(tmp_path / "mutants.csv")]
    )
    assert code == 0, capsys.readouterr().out
