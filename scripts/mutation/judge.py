"""Builds a faulty project as far as the fault reaches, and asks the tests.

In a transaction on a built database that is rolled back: the models that hold the fault
are made anew, and those that read them, as long as their rows are others than before.
What is found first, by a unit test, by the engine or by a data test, kills the fault.
"""

from __future__ import annotations

import importlib.util
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import duckdb

from mutation.operators import parsed, written
from mutation.project import DataTest, Model, Project, UnitTest

# a fault that drops the key of a join may never end
SECONDS_PER_STATEMENT = 20
MEMORY = "3GB"
# rows and a sum of hashes: equal where the rows are the same, in whatever order
Stamp = tuple[int, int]
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Verdict:
    """What became of a fault: who killed it, or the models whose rows it changed."""

    killed_by: str = ""
    what: str = ""
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Faulty:
    """A project with a fault in it: the SQL that is other than it was."""

    models: Mapping[str, str] = field(default_factory=dict)
    tests: Mapping[str, str] = field(default_factory=dict)
    # read one by one, since the first may do
    unit_tests: Iterable[tuple[UnitTest, str]] = ()


class Judge:
    """Judges faults on one database, which it leaves as it was."""

    def __init__(self, project: Project, folder: Path, database: Path) -> None:
        """Open a database of this process alone.

        Args:
            project: the project as it is.
            folder: where its files are, for models in Python.
            database: the built database; `control` must have been there once.
        """
        self.project = project
        self.folder = folder
        self.conn = duckdb.connect(
            str(database),
            config={
                "threads": "1",
                "memory_limit": MEMORY,
                "preserve_insertion_order": "true",
            },
        )
        self.conn.execute("set enable_progress_bar = false")
        self.ready = tests_by_last_model(project)
        self.fixed: frozenset[str] = frozenset()
        self.stamps: dict[str, Stamp] = {}
        self.contracts = {
            model.key: self.types(model)
            for model in project.models.values()
            if model.is_contract
        }
        self.expected: dict[str, tuple[str, str]] = {}
        self.modules: dict[str, ModuleType] = {}

    def control(self) -> list[str]:
        """Build everything from the SQL as SQLGlot writes it, and keep that.

        What is judged later is written so too. Models that read a place which is open
        during a build alone stay as they are.

        Returns:
            What a sound project fails, which is nothing.
        """
        fixed, wrong = set(), []
        for model in self.project.models.values():
            before = self.stamp(model)
            try:
                self.build(model, model.sql and written(parsed(model.sql)))
            except duckdb.BinderException:
                fixed.add(model.key)
            self.stamps[model.key] = self.stamp(model)
            # a first run ends with all units unchanged, and begins with none
            is_state = "is_changed" in dict(self.types(model))
            if before != self.stamps[model.key] and not is_state:
                wrong.append(f"{model.name} has other rows when SQLGlot writes it")
        self.fixed = frozenset(fixed)
        wrong += [
            test.name for test in self.project.tests.values() if self.finds(test.sql)
        ]
        for test in self.project.unit_tests.values():
            if test.model not in self.fixed and self.differs(test, test.sql):
                wrong.append(test.name)
        return wrong

    def verdict(self, faulty: Faulty) -> Verdict:
        """Judge one fault."""
        try:
            for test, sql in faulty.unit_tests:
                if test.model not in self.fixed and self.differs(test, sql):
                    return Verdict("unit test", test.name)
            with self.rolled_back():
                changed: set[str] = set()
                for test in self.built(faulty, changed):
                    if self.finds(faulty.tests.get(test.key, test.sql)):
                        return Verdict("data test", test.name, frozenset(changed))
                return Verdict(changed=frozenset(changed))
        except duckdb.Error as error:
            return Verdict("error", str(error).splitlines()[0])

    def write(self, faulty: Faulty) -> None:
        """Build a faulty project for good."""
        for _ in self.built(faulty, set()):
            pass

    def built(self, faulty: Faulty, changed: set[str]) -> Iterator[DataTest]:
        """Build what a fault reaches, and give each test when it has its turn."""
        yield from (self.project.tests[key] for key in faulty.tests)
        for model in self.project.models.values():
            sql = faulty.models.get(model.key)
            if model.key not in self.fixed and (sql or model.parents & changed):
                self.build(model, sql or model.sql)
                if self.stamp(model) != self.stamps[model.key]:
                    changed.add(model.key)
            for test in self.ready.get(model.key, []):
                if test.parents & changed and test.key not in faulty.tests:
                    yield test

    def build(self, model: Model, sql: str | None) -> None:
        """Make one model anew."""
        if sql is None:
            self.run_python(model)
            return
        kind = "view" if model.is_view else "table"
        self.run(f"create or replace {kind} {model.relation} as {sql}")
        if model.is_contract and self.types(model) != self.contracts[model.key]:
            raise duckdb.BinderException(f"{model.name} breaks its contract")

    def types(self, model: Model) -> list[Row]:
        """List the columns of a model and their types, in no order."""
        return sorted(row[:2] for row in self.run(f"describe {model.relation}"))

    def run_python(self, model: Model) -> None:
        """Make a model that is written in Python."""
        if model.name not in self.modules:
            path = self.folder / model.file
            spec = importlib.util.spec_from_file_location(model.name, path)
            self.modules[model.name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(self.modules[model.name])
        relations = {
            one.name: one.relation
            for one in self.project.models.values()
            if one.key in model.parents
        }
        stub = SimpleNamespace(
            config=lambda **_: None,
            ref=lambda name: self.conn.sql(f"from {relations[name]}"),
        )
        try:
            rows = self.modules[model.name].model(stub, self.conn)
        except Exception as error:  # whatever rows that make no sense may lead to
            raise duckdb.Error(f"{model.name}: {error}") from error
        self.conn.register("of_python", rows)
        self.run(f"create or replace table {model.relation} as from of_python")
        self.conn.unregister("of_python")

    def stamp(self, model: Model) -> Stamp:
        """Count the rows of a model, and add up what they come to."""
        rows = self.run(
            f"select count(*), sum(hash(every)::hugeint) from {model.relation} as every"
        )
        return rows[0]

    def finds(self, sql: str) -> bool:
        """Tell whether a data test finds anything."""
        return bool(self.run(f"select 1 from ({sql}\n) limit 1"))

    def differs(self, test: UnitTest, sql: str) -> bool:
        """Tell whether a unit test gets other rows than it expects.

        They are compared as dbt compares them: in one query, so that both have the
        same types.
        """
        if test.key not in self.expected:
            self.expected[test.key] = self.expectation(test)
        columns, expected = self.expected[test.key]
        rows = self.run(
            f"select {columns}, true from ({sql}\n) "
            f"union all select {columns}, false from ({expected}\n)"
        )
        actual = counted(row[:-1] for row in rows if row[-1])
        return actual != counted(row[:-1] for row in rows if not row[-1])

    def expectation(self, test: UnitTest) -> tuple[str, str]:
        """Write the columns that a unit test looks at, and a query for its rows."""
        described = self.run(f"describe {test.sql}")
        types = {name.lower(): kind for name, kind, *_ in described}
        if isinstance(test.expected, str):
            return ", ".join(types), test.expected
        if not test.expected:
            return ", ".join(types), f"from ({test.sql}\n) limit 0"
        rows = [
            "select "
            + ", ".join(
                f"cast({literal(value)} as {types[name.lower()]}) as {name}"
                for name, value in row.items()
            )
            for row in test.expected
        ]
        return ", ".join(test.expected[0]), " union all ".join(rows)

    def run(self, sql: str) -> list[Row]:
        """Run a statement; one that takes too long is stopped, which is an error."""
        timer = threading.Timer(SECONDS_PER_STATEMENT, self.conn.interrupt)
        timer.start()
        try:
            return self.conn.execute(sql).fetchall()
        finally:
            timer.cancel()

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """Take back what is done meanwhile."""
        self.conn.begin()
        try:
            yield
        finally:
            self.conn.rollback()


def tests_by_last_model(project: Project) -> dict[str, list[DataTest]]:
    """List under each model the tests that can be asked once it is built."""
    place = {key: number for number, key in enumerate(project.models)}
    ready: dict[str, list[DataTest]] = {}
    for test in project.tests.values():
        models = [key for key in test.parents if key in place]
        if models:
            ready.setdefault(max(models, key=place.get), []).append(test)
    return ready


def literal(value: object) -> str:
    """Write a value of YAML as dbt writes it into SQL."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def counted(rows: Iterable[Row]) -> Counter[Row]:
    """Count rows, whatever their order."""
    return Counter(tuple(frozen(value) for value in row) for row in rows)


def frozen(value: object) -> object:
    """Make a value one that can be counted."""
    if isinstance(value, list):
        return tuple(frozen(part) for part in value)
    if isinstance(value, dict):
        return tuple((name, frozen(part)) for name, part in value.items())
    return value
