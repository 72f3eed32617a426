"""What is installed: pinned, hashed, from no place of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from set_up import path_lines
from support import PROJECT

LOCKS = sorted(PROJECT.glob("requirements*.txt"))
PINNED = re.compile(r"^[a-z0-9][a-z0-9._-]*(\[[a-z0-9,_-]+\])?==\S+( ; .+)?$", re.I)
HASH = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")


def requirements(lock: Path) -> list[tuple[str, list[str]]]:
    """Read a lock: each requirement, and what is said after it."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = []
    for line in lines:
        requirement, *rest = re.split(r"\s+(?=--)", line)
        found.append((requirement, rest))
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_and_hashed(lock: Path) -> None:
    found = requirements(lock)
    assert found
    for requirement, options in found:
        assert PINNED.match(requirement), requirement
        assert options, f"{requirement} has no hash"
        assert all(HASH.match(option) for option in options), requirement


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_is_of_what_was_asked_for(lock: Path) -> None:
    locked = [Requirement(requirement) for requirement, _ in requirements(lock)]
    asked = lock.with_suffix(".in").read_text(encoding="utf-8").splitlines()
    for line in asked:
        if not line.strip() or line.startswith(("#", "-")):
            continue
        wanted = Requirement(line)
        name = canonicalize_name(wanted.name)
        versions = [
            pin.version
            for package in locked
            if canonicalize_name(package.name) == name
            for pin in package.specifier
        ]
        assert versions, f"{lock.name} has no {wanted.name}"
        assert all(wanted.specifier.contains(version) for version in versions), wanted


def test_a_copy_of_the_project_runs_its_own_code(tmp_path: Path) -> None:
    project, copy = tmp_path / "project", tmp_path / "elsewhere" / "copy"
    (project / "scripts").mkdir(parents=True)
    (project / "one.py").touch()
    (project / "scripts" / "two.py").touch()
    venv.create(project / ".venv", symlinks=True)
    (packages,) = (project / ".venv").glob("lib/python*/site-packages")
    (packages / "tributary.pth").write_text(path_lines(packages, project))
    shutil.copytree(project, copy, symlinks=True)

    for folder in (project, copy):
        said = subprocess.run(
            [folder / ".venv/bin/python", "-c", "import one, two; print(one, two)"],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        ).stdout
        assert f"{folder}/one.py" in said
        assert f"{folder}/scripts/two.py" in said


def test_an_environment_outside_names_the_project_in_full(tmp_path: Path) -> None:
    lines = path_lines(tmp_path / "lib", tmp_path / "project").splitlines()

    assert lines == [f"{tmp_path}/project", f"{tmp_path}/project/scripts"]


def test_set_up_demands_the_hashes() -> None:
    """Pip alone would check them too; said outright, a lock without them is refused."""
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (pip,) = re.findall(r"^PIP := (.*)$", makefile, re.MULTILINE)
    makefile = makefile.replace("$(PIP)", pip)
    installs = [line for line in makefile.splitlines() if "pip install" in line]
    assert len(installs) >= len(LOCKS)
    assert [line for line in installs if "--require-hashes" not in line] == []
