"""Answer the owners' questions from the published marts, one CSV file for each.

    python scripts/answers.py [--vars YAML]
    python scripts/answers.py --out DIR

Every analysis below `analyses/` is compiled by dbt, so that vars are respected: tell it
those of the build. It is run against the published file (`TRIBUTARY_PUBLISHED`, else
`tributary.duckdb` in the project), which is opened read-only. The working database is
neither read nor locked.
An answer holds the question, the column names and the rows.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from given_vars import vars_fault
from publish import PROJECT, published_file
from raw_data.common import first_line, quoted_name, quoted_text

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class AnswersError(Exception):
    """What keeps the questions from being answered, in one line."""


@dataclass(frozen=True)
class Analysis:
    """A compiled analysis: the query, its question and where its answer goes."""

    folder: str
    name: str
    question: str
    catalogue: str
    sql: str


@dataclass(frozen=True)
class Answer:
    """The column names and rows that an analysis gives."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def heading(sql: str) -> str:
    """Take the question from the comment in the first line of an analysis."""
    line = sql.lstrip().partition("\n")[0]
    question = line.removeprefix("--").strip()
    if not line.startswith("--") or not question:
        raise AnswersError(f"its first line asks no question: {line!r}")
    return question


def escaped(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    if text.startswith(FORMULA_STARTS) and not PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def cell(value: object) -> str:
    """Write a value as text: null is empty, a decimal never has an exponent."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case str():
            return escaped(value)
        case _:
            return str(value)


def csv_lines(question: str, answer: Answer) -> Iterator[list[str]]:
    """Give the lines of an answer: the question, the column names, the rows."""
    yield [escaped(question)]
    yield [escaped(column) for column in answer.columns]
    for row in answer.rows:
        yield [cell(value) for value in row]


def write_csv(path: Path, lines: Iterable[Sequence[str]]) -> None:
    """Write lines of cells as UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def compiled_analyses(variables: str = "{}") -> list[Analysis]:
    """Compile every analysis with dbt and vars as YAML, in the order of their files.

    dbt opens no database for it, so that a build under way is not waited for; the
    published file takes the working one's place later. What the last build with these
    vars has parsed is not parsed again.
    """
    if fault := vars_fault(variables):
        raise AnswersError(fault)
    from dbt.cli.main import dbtRunner  # importing it takes seconds

    with contextlib.chdir(PROJECT), tempfile.TemporaryDirectory() as folder:
        # not in place: dbt writes there, and a build may be under way
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(PROJECT / "target" / "partial_parse.msgpack", folder)
        run = dbtRunner().invoke(
            [
                "compile",
                *("--select", "resource_type:analysis"),
                "--quiet",
                "--no-introspect",
                "--no-populate-cache",
                *("--vars", variables),
                *("--project-dir", str(PROJECT)),
                *("--profiles-dir", str(PROJECT)),
                *("--target-path", folder),
                *("--log-path", folder),
            ]
        )
    if not run.success:
        reason = " ".join(str(run.exception or "see above").split())
        raise AnswersError(f"dbt cannot compile the analyses: {reason}")
    nodes = [result.node for result in run.result]
    return [analysis(node) for node in sorted(nodes, key=lambda node: node.path)]


def analysis(node: Any) -> Analysis:  # noqa: ANN401 (dbt's nodes differ by version)
    """Take what is needed from a compiled node of dbt."""
    try:
        question = heading(node.raw_code)
    except AnswersError as error:
        raise AnswersError(f"{node.original_file_path}: {error}") from error
    return Analysis(
        folder=Path(node.original_file_path).parent.name,
        name=node.name,
        question=question,
        catalogue=node.database,
        sql=node.compiled_code,
    )


def answered(question: Analysis, published: Path) -> Answer:
    """Run an analysis against the published file, read-only.

    The query names the working database's catalogue, so the file is attached as that.
    """
    catalogue, path = quoted_name(question.catalogue), quoted_text(str(published))
    with duckdb.connect() as connection:
        connection.execute(f"attach {path} as {catalogue} (read_only)")
        connection.execute(f"use {catalogue}")
        result = connection.execute(question.sql)
        columns = [column[0] for column in result.description]
        return Answer(columns, result.fetchall())


def write_answers(
    published: Path, folder: Path, variables: str = "{}"
) -> Iterator[tuple[Path, int, str]]:
    """Write every answer below the folder; give its path, row count and question."""
    if not published.is_file():
        raise AnswersError(f"{published} does not exist: run make build first")
    for question in compiled_analyses(variables):
        try:
            answer = answered(question, published)
        except duckdb.Error as error:
            raise AnswersError(f"{question.name}: {first_line(error)}") from error
        path = folder / question.folder / f"{question.name}.csv"
        write_csv(path, csv_lines(question.question, answer))
        yield path, len(answer.rows), question.question


def shown(path: Path) -> Path:
    """Shorten a path below the working directory."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; the exit code is 1 where nothing can be answered."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=PROJECT / "answers", help="folder of the answers"
    )
    parser.add_argument("--vars", default="{}", metavar="YAML", help="vars for dbt")
    options = parser.parse_args(arguments)
    folder = options.out.absolute()
    try:
        for path, row_count, question in write_answers(
            published_file(), folder, options.vars
        ):
            print(f"{shown(path)}: {row_count} rows: {question}")
    except AnswersError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
