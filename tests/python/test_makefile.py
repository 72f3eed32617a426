"""What is typed after `make` reaches the programs as it was typed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import PROJECT

ODD = 'it\'s "$HOME" $(shell pwd) `pwd` \\ #1; a b'
ECHO = f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project that is set up, and whose Python prints what it is told."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    (tmp_path / "scripts").mkdir()
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(ECHO)
    python.chmod(0o755)
    for lock in ("", "-serving", "-dev"):
        (tmp_path / f"requirements{lock}.txt").touch()
    (tmp_path / "scripts" / "set_up.py").touch()
    (tmp_path / ".duckdb").mkdir()
    for stage in ("build", "serving", "dev"):
        (tmp_path / ".venv" / f"{stage}.done").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("target", "typed", "expected"),
    [
        ("build", ["VARS"], ["scripts/build.py", "--vars", ODD]),
        ("answers", ["VARS"], ["scripts/answers.py", "--vars", ODD]),
        ("parquet", ["TO"], ["scripts/raw_parquet.py", "--", ODD]),
        (
            "explain",
            ["ID", "PROPERTY", "MODEL"],
            ["scripts/explain.py", "--property", ODD, "--model", ODD, "--", ODD],
        ),
        (
            "inspect",
            ["DATA", "PROPERTY", "DATES", "SCHEMA"],
            ["scripts/inspect_data.py", "--property", ODD, "--dates", ODD]
            + ["--schema", ODD, "--", ODD],
        ),
        (
            "report",
            ["PROPERTY", "FROM", "TO"],
            ["-m", "serving.report", "--property", ODD, "--from", ODD, "--to", ODD],
        ),
        (
            "token",
            ["SELLER", "SCOPES"],
            ["-m", "serving.api.tokens", "make", "--scopes", ODD, "--", ODD],
        ),
        ("revoke", ["TOKEN"], ["-m", "serving.api.tokens", "revoke", "--", ODD]),
        ("build", [], ["scripts/build.py"]),
        ("explain", [], ["scripts/explain.py", "--", ""]),
    ],
)
def test_what_is_typed_arrives_as_it_is(
    project: Path, target: str, typed: list[str], expected: list[str]
) -> None:
    arguments = [f"{name}={ODD}" for name in typed]
    assert json.loads(told_by_make(project, target, *arguments)) == expected


def test_scanners_that_are_gone_are_put_back(project: Path) -> None:
    (project / ".duckdb").rmdir()
    assert json.loads(told_by_make(project, "setup")) == ["scripts/set_up.py"]


def told_by_make(project: Path, *arguments: str) -> str:
    """Run make in a project; returns what it prints."""
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=project,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
