"""Put faults into the SQL on purpose, and see which the tests do not find.

    python scripts/mutate.py [--share 0.1] [--of NAME …] [--build FOLDER] [--list]

A fault is one small change of an intermediate model, a mart or a macro (`operators.py`
and `texts.py` in `scripts/mutation`). Of all that there could be some are drawn, always
the same. Each is put into a built sample and the project's own tests are asked: unit
tests, data tests, then the Python tests that read the sample. Those that nobody finds
must be listed in `survivors.yml`, each with the reason why it is no fault (`why`) or
with what no test looks at yet (`gap`); else, and when a listed one is found, the exit
code is 1.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from mutation.choice import (
    Known,
    Mutant,
    drawn,
    hashed,
    known_survivors,
    list_survivors,
    share_of,
)
from mutation.judge import Verdict
from mutation.project import read_project
from mutation.work import PROJECT, Sound, Worker, made_sound
from raw_data.personal import KEY_VARIABLE

KILLERS = ("unit test", "data test", "Python test", "error")
# what personal values are hashed with in the tests
KEY = "Nachtigall-1848"
Users = dict[str, set[str]]


@dataclass(frozen=True)
class Result:
    """What became of a mutant."""

    mutant: Mutant
    verdict: Verdict

    @property
    def is_killed(self) -> bool:
        """Whether somebody found it."""
        return bool(self.verdict.killed_by)


def main(options: list[str] | None = None) -> int:
    """Run what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="part of the faults")
    parser.add_argument("--of", nargs="*", help="models and macros by name, all faults")
    parser.add_argument("--build", type=Path, help="a build of the sample")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--list", action="store_true", help="write survivors.yml anew")
    parser.add_argument("--out", type=Path, default=PROJECT / "target" / "mutants.csv")
    asked = parser.parse_args(options)
    os.environ[KEY_VARIABLE] = KEY
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        folder = Path(name)
        build = asked.build or built_sample(folder / "build")
        sound, wrong = made_sound(build.resolve(), folder)
        if wrong:
            print("\n".join(["The sample fails without any fault:", *wrong]))
            return 1
        with processes(sound, asked.processes) as pool:
            users = users_of_macros(pool, sound, asked.processes)
            every = every_mutant(pool, users)
            chosen = chosen_of(every, asked.share, asked.of)
            print(f"{len(chosen)} of {len(every)} faults are tried")
            listed = known_survivors()
            # a part is quick: it believes what the list says of Python tests
            believed = set(listed) if asked.share < 1 else set()
            results = judged(pool, chosen, users, believed)
    write(asked.out, results)
    is_whole = asked.share == 1 and not asked.of
    if asked.list and is_whole:
        list_survivors(
            (one.mutant, bool(one.verdict.changed))
            for one in results
            if not one.is_killed
        )
        listed = known_survivors()
    lines, is_well = report(results, listed, set(every) if is_whole else None)
    seconds = time.monotonic() - started
    print("\n".join([*lines, f"{seconds:.0f} s; each of them is in {asked.out}"]))
    return 0 if is_well else 1


def built_sample(folder: Path) -> Path:
    """Build the sample with all tests."""
    os.environ.update(TRIBUTARY_DB=str(folder / "tributary.duckdb"), DO_NOT_TRACK="1")
    folder.mkdir()
    outcome = dbtRunner().invoke(
        ["--log-level", "none", "build", "--target-path", str(folder / "target")]
        + ["--log-path", str(folder), "--project-dir", str(PROJECT)]
        + ["--profiles-dir", str(PROJECT)]
    )
    DuckDBConnectionManager.close_all_connections()
    if not outcome.success:
        raise SystemExit("the sample cannot be built: run make build")
    return folder


# what a process of the pool does; its worker lives as long as it
worker: Worker


def begin(sound: Sound) -> None:
    """Give a process its worker."""
    global worker
    worker = Worker(sound)


def model_mutants() -> list[Mutant]:
    """List the faults of all models."""
    return worker.model_mutants()


def macro_mutants(macros: set[str]) -> list[Mutant]:
    """List the faults of macros."""
    return worker.macro_mutants(macros)


def uses(keys: list[str]) -> dict[str, set[str]]:
    """Tell which macros each of some nodes calls."""
    return worker.uses(keys)


def verdict(mutant: Mutant, users: set[str]) -> Verdict:
    """Ask the engine and dbt's tests."""
    return worker.verdict(mutant, users)


def python_verdict(mutant: Mutant, users: set[str], changed: frozenset[str]) -> Verdict:
    """Ask the Python tests."""
    return worker.python_verdict(mutant, users, changed)


@contextmanager
def processes(sound: Sound, count: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes that judge; nothing of this one's connections goes with them."""
    pool = ProcessPoolExecutor(
        count, multiprocessing.get_context("spawn"), begin, (sound,)
    )
    with pool:
        yield pool


def users_of_macros(pool: ProcessPoolExecutor, sound: Sound, count: int) -> Users:
    """Tell of each macro by which models and data tests it is called."""
    project = read_project(sound.target)
    keys = [key for key, model in project.models.items() if model.sql]
    keys += project.tests
    # other vars may call other macros
    keys += [key for key, test in project.unit_tests.items() if test.has_own_vars]
    users: Users = {}
    for used in pool.map(uses, [keys[part::count] for part in range(count)]):
        for key, macros in used.items():
            for macro in macros:
                users.setdefault(macro, set()).add(key)
    return users


def every_mutant(pool: ProcessPoolExecutor, users: Users) -> list[Mutant]:
    """List all faults that there could be."""
    of_models = pool.submit(model_mutants)
    of_macros = pool.submit(macro_mutants, set(users))
    return [*of_models.result(), *of_macros.result()]


def chosen_of(
    every: list[Mutant], share: float, names: list[str] | None
) -> list[Mutant]:
    """Choose what is tried: all faults of what is named, else a share of the drawn."""
    if names:
        return [mutant for mutant in every if mutant.of in names]
    mutants = drawn(every)
    if share == 1:
        return mutants
    return share_of(mutants, share, changed_files(), hashed(*every))


def changed_files() -> set[str]:
    """Name the files that differ from where this branch began.

    On the main branch, those of the last commit; none where git knows of no other.
    """
    for base in ("origin/main", "main"):
        found = git("merge-base", "HEAD", base)
        if found and (changed := git("diff", "--name-only", *found)):
            return set(changed)
    return set(git("diff", "--name-only", "HEAD~1"))


def git(*command: str) -> list[str]:
    """Ask git for lines; none where it cannot say."""
    asked = subprocess.run(
        ["git", *command], cwd=PROJECT, capture_output=True, text=True
    )
    return asked.stdout.split() if asked.returncode == 0 else []


def judged(
    pool: ProcessPoolExecutor,
    mutants: list[Mutant],
    users: Users,
    believed: set[tuple],
) -> list[Result]:
    """Judge mutants: dbt's tests all of them, Python's those that are left.

    Python tests read rows; a fault that has changed none is none that they could find.
    """
    found = {}
    asked = {
        pool.submit(
            verdict, one, users.get(one.of, set()) if one.is_macro else set()
        ): one
        for one in mutants
    }
    for answer in as_completed(asked):
        found[asked[answer]] = answer.result()
    left: dict[Future[Verdict], Mutant] = {
        pool.submit(python_verdict, one, users.get(one.of, set()), said.changed): one
        for one, said in found.items()
        if not said.killed_by and said.changed and one.entry not in believed
    }
    print(f"{len(left)} are left for the Python tests")
    for answer in as_completed(left):
        if answer.result().killed_by:
            found[left[answer]] = answer.result()
    return [Result(one, found[one]) for one in mutants]


def report(
    results: list[Result],
    listed: dict[tuple, Known],
    every: set[Mutant] | None,
) -> tuple[list[str], bool]:
    """Sum up in lines, and tell whether all is as it should be.

    Args:
        results: what became of each mutant that was tried.
        listed: the known survivors.
        every: all mutants that there could be, where the whole was tried.
    """
    killed = Counter(one.verdict.killed_by for one in results if one.is_killed)
    survivors = [one.mutant for one in results if not one.is_killed]
    known = [one for one in survivors if one.entry in listed]
    found = [one for one in results if one.is_killed and one.mutant.entry in listed]
    unknown = [one for one in results if not one.is_killed and one.mutant not in known]
    gaps = sum(listed[one.entry].is_gap for one in known)
    total = killed.total()
    lines = [
        f"{len(results)} faults, {total} killed ({total / (len(results) or 1):.1%}): "
        + ", ".join(f"{killed[name]} by {name}" for name in KILLERS),
        f"{len(survivors)} survive: {len(known) - gaps} are no faults, "
        f"{gaps} are known to be untested, {len(unknown)} are not listed",
    ]
    for one in unknown:
        rows = "no row of the sample" if not one.verdict.changed else "rows"
        lines.append(f"  survives, and changes {rows}: {one.mutant}")
    lines += [
        f"  is listed, and found by {one.verdict.what}: {one.mutant}" for one in found
    ]
    gone = set()
    if every is not None:
        gone = set(listed) - {one.entry for one in every}
        lines += [
            f"  is listed, and there is none: {' | '.join(map(str, one))}"
            for one in gone
        ]
    return lines, not (unknown or found or gone)


def write(path: Path, results: Iterable[Result]) -> None:
    """Write each mutant and what became of it as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["of", "step", "operator", "before", "after", "turn"]
            + ["killed_by", "what", "changed"]
        )
        for one in results:
            said = one.verdict
            changed = " ".join(sorted(name.split(".")[-1] for name in said.changed))
            writer.writerow(
                [one.mutant.of, *one.mutant.key, said.killed_by, said.what, changed]
            )


if __name__ == "__main__":
    sys.exit(main())
