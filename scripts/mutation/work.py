"""What one process does: it lists faults, and judges one after the other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from sqlglot import exp

from mutation.asking import Asker
from mutation.choice import Mutant
from mutation.judge import Faulty, Judge, Stamp, Verdict
from mutation.operators import Fault, Types, faults, parsed, with_fault, written
from mutation.project import FIXTURE, LAYERS, Model, Project, UnitTest, read_project
from mutation.rendering import Renderer
from mutation.texts import macro_faults

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Sound:
    """A build without faults.

    `build` holds target/ of the build that dbt has made, `folder` a database that was
    built from it once more, by SQLGlot's SQL, and room for what is written.
    """

    build: Path
    folder: Path
    stamps: dict[str, Stamp] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()

    @property
    def target(self) -> Path:
        """Where dbt has written what it built."""
        return self.build / "target"

    @property
    def database(self) -> Path:
        """The database that faults are put into copies of."""
        return self.folder / "sound" / "tributary.duckdb"


class Worker:
    """Judges faults, with databases of its own."""

    def __init__(self, sound: Sound) -> None:
        """Copy the sound database."""
        self.sound = sound
        self.folder = sound.folder / str(os.getpid())
        self.project: Project = read_project(sound.target)
        self.judge = self.judge_of("judge")

    def judge_of(self, name: str) -> Judge:
        """Give a judge on a new copy of the sound database."""
        judge = Judge(self.project, PROJECT, self.copied(name))
        judge.stamps, judge.fixed = self.sound.stamps, self.sound.fixed
        return judge

    def copied(self, name: str) -> Path:
        """Copy the sound database into a folder."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return Path(shutil.copy(self.sound.database, folder))

    @cached_property
    def renderer(self) -> Renderer:
        """Load dbt, which faults of macros need."""
        target = self.folder / "target"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.sound.target / "partial_parse.msgpack", target)
        return Renderer(PROJECT, self.copied("rendering"), target)

    @cached_property
    def asker(self) -> Asker:
        """Make the Python tests ready."""
        return Asker()

    @cached_property
    def types(self) -> Types:
        """The types of columns by name, where all columns of a name have one."""
        rows = self.judge.run(
            "select column_name, min(data_type) from duckdb_columns() "
            "where database_name = 'tributary' "
            "group by column_name having count(distinct data_type) = 1"
        )
        return dict(rows)

    @cache  # noqa: B019 - a worker lives as long as its process
    def faults_of(self, name: str) -> tuple[Model, exp.Expression, list[Fault]]:
        """List the faults of a model, with the tree that they are in."""
        (model,) = (one for one in self.project.models.values() if one.name == name)
        tree = parsed(model.sql)
        return model, tree, faults(tree, self.types, model.source)

    def model_mutants(self) -> list[Mutant]:
        """List the faults of all models that are written in SQL."""
        return [
            Mutant(model.name, *fault.key, model.file)
            for model in self.project.models.values()
            if model.sql and model.layer in LAYERS
            for fault in self.faults_of(model.name)[2]
        ]

    def uses(self, keys: list[str]) -> dict[str, set[str]]:
        """Tell which macros each of some nodes calls."""
        return self.renderer.uses(keys)

    def macro_mutants(self, macros: set[str]) -> list[Mutant]:
        """List the faults of macros."""
        return [
            Mutant(name, *fault.key, self.renderer.file(name), is_macro=True)
            for name in sorted(macros)
            if self.renderer.file(name).startswith("macros/")
            for fault in macro_faults(self.renderer.macros[name])
        ]

    def verdict(self, mutant: Mutant, users: set[str]) -> Verdict:
        """Ask the engine and dbt's tests; `users` are the nodes that call a macro."""
        try:
            with self.faulty(mutant, users) as faulty:
                return self.judge.verdict(faulty)
        except RenderingError as error:
            return Verdict("error", str(error))

    def python_verdict(
        self, mutant: Mutant, users: set[str], changed: frozenset[str]
    ) -> Verdict:
        """Ask the Python tests, which read a build that holds the fault."""
        judge = self.judge_of("build")
        with self.faulty(mutant, users) as faulty:
            judge.write(faulty)
        judge.conn.close()
        build = self.folder / "build"
        (build / "target").symlink_to(self.sound.target)
        names = [self.project.models[key].name for key in changed]
        failed = self.asker.failed_test(build, names)
        return Verdict("Python test" if failed else "", failed, changed)

    @contextmanager
    def faulty(self, mutant: Mutant, users: set[str]) -> Iterator[Faulty]:
        """Give the project with a fault in it."""
        if not mutant.is_macro:
            yield self.faulty_model(mutant)
            return
        sound = self.renderer.macros[mutant.of]
        (fault,) = (one for one in macro_faults(sound) if one.key == mutant.key)
        with self.renderer.with_macro(mutant.of, fault.text):
            yield self.faulty_macro(users)

    def faulty_model(self, mutant: Mutant) -> Faulty:
        """Put a fault into a model, and into its unit tests."""
        model, tree, found = self.faults_of(mutant.of)
        (fault,) = (one for one in found if one.key == mutant.key)
        return Faulty(
            models={model.key: written(with_fault(tree, fault))},
            unit_tests=self.faulty_unit_tests(model, tree, fault),
        )

    def faulty_unit_tests(
        self, model: Model, tree: exp.Expression, fault: Fault
    ) -> Iterator[tuple[UnitTest, str]]:
        """Put a fault into each unit test of a model.

        Other vars may make another query of the model; the fault is where it reads the
        same, if anywhere.
        """
        for test in self.project.unit_tests_of(model.key):
            fixtures, body, others = self.taken_apart(test.key, written(tree))
            alike = [fault] if others is None else others
            for found in alike:
                if found.key == fault.key:
                    sql = written(with_fault(body, found))
                    yield test, self.on_fixtures(fixtures, sql)

    @cache  # noqa: B019
    def taken_apart(
        self, key: str, sound: str
    ) -> tuple[str, exp.Expression, list[Fault] | None]:
        """Part a unit test into its fixtures and the model, which reads relations.

        Args:
            key: the unit test.
            sound: the model.

        Returns:
            The fixtures, the query on relations, and its faults where it is another
            query than the model.
        """
        tree = parsed(self.project.unit_tests[key].sql)
        fixtures = []
        steps = tree.args.get("with_")
        for step in list(steps.expressions) if steps else []:
            if step.alias.startswith(FIXTURE):
                fixtures.append(written(step))
                step.pop()
        if steps and not steps.expressions:
            steps.pop()
        for table in tree.find_all(exp.Table):
            if table.name in self.project.fixtures:
                relation = exp.to_table(
                    self.project.fixtures[table.name], dialect="duckdb"
                )
                relation.set("alias", table.args.get("alias"))
                table.replace(relation)
        others = None if written(tree) == sound else faults(tree, self.types)
        return ", ".join(fixtures), tree, others

    def on_fixtures(self, fixtures: str, sql: str) -> str:
        """Let a model read fixtures where it reads relations."""
        for name, relation in self.project.fixtures.items():
            if name in fixtures:
                sql = sql.replace(relation, f'"{name}"')
        return f"with {fixtures} select * from ({sql})" if fixtures else sql

    def faulty_macro(self, users: set[str]) -> Faulty:
        """Render all that a macro is part of, as it is asked for."""
        models = {}
        for key in self.project.models:
            if key in users and self.project.models[key].sql:
                sql = self.rendered(key)
                if sql.split() != self.project.models[key].sql.split():
                    models[key] = sql
        tests = {}
        for key in self.project.tests:
            if key in users:
                sql = self.rendered(key)
                if sql.split() != self.project.tests[key].sql.split():
                    tests[key] = sql
        return Faulty(models, tests, self.rendered_unit_tests(users))

    def rendered_unit_tests(self, users: set[str]) -> Iterator[tuple[UnitTest, str]]:
        """Render the models of unit tests, on the fixtures that are there.

        Those of models that call the macro, and those that do so by vars of their own.
        """
        for test in self.project.unit_tests.values():
            if test.model in users or test.key in users:
                sql = self.rendered(test.key)
                if "".join(sql.split())[4:] in "".join(test.sql.split()):
                    continue
                fixtures, *_ = self.taken_apart(test.key, "")
                yield (
                    test,
                    f"with {fixtures} select * from ({sql}\n)" if fixtures else sql,
                )

    def rendered(self, key: str) -> str:
        """Render a node; what dbt cannot render is killed by that."""
        try:
            return self.renderer.rendered(key)
        except Exception as error:  # dbt's, Jinja's or the engine's, where it is asked
            raise RenderingError(str(error).splitlines()[0]) from error


class RenderingError(Exception):
    """dbt refuses a macro with a fault in it."""


def made_sound(build: Path, folder: Path) -> tuple[Sound, list[str]]:
    """Build the project once more as SQLGlot writes it, and ask all tests.

    Returns:
        The sound build, and what is wrong with it, which is nothing.
    """
    sound = Sound(build, folder)
    sound.database.parent.mkdir(parents=True)
    shutil.copy(build / "tributary.duckdb", sound.database)
    judge = Judge(read_project(sound.target), PROJECT, sound.database)
    wrong = judge.control()
    judge.conn.close()
    return Sound(build, folder, judge.stamps, judge.fixed), wrong
