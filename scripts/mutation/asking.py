"""Asks the Python tests that look at the sample, without importing them each time.

A process imports pytest and the tests once; for each build that it is told of it forks,
and the child runs them there.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests" / "python"
# those that compare what is in the sample with what should be and build nothing else,
# the quickest first; what is marked slow is not asked
FILES = ("test_sample.py", "test_reference.py", "test_stability.py")


class Asker:
    """Another process, which has the tests ready."""

    def __init__(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mutation.asking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def failed_test(self, build: Path, changed: Iterable[str]) -> str:
        """Name the first test that fails on a build; empty where none does.

        Args:
            build: the folder of a build of the sample.
            changed: names of the models whose rows are others than those of a sound
                build; a file that names none of them is not asked.
        """
        files = [
            name
            for name in FILES
            if any(model in (TESTS / name).read_text() for model in changed)
        ]
        if not files:
            return ""
        self.process.stdin.write("\t".join([str(build), *files]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        # no line at all: the process has ended
        if not answer or answer.startswith("!"):
            raise RuntimeError(f"the Python tests cannot be run: {answer}")
        return answer.rstrip("\n")


def main() -> None:
    """Answer each line of the input by one of the output."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path[:0] = [str(TESTS), str(TESTS.parent)]
    for name in ("pytest", "conftest", *(name.removesuffix(".py") for name in FILES)):
        importlib.import_module(name)
    for line in sys.stdin:
        build, *files = line.rstrip("\n").split("\t")
        with tempfile.TemporaryFile("w+") as output:
            child = os.fork()
            if child == 0:
                os._exit(run_tests(build, files, output.fileno()))
            _, status = os.waitpid(child, 0)
            output.seek(0)
            answers.write(answer(os.waitstatus_to_exitcode(status), output.read()))
            answers.flush()


def run_tests(build: str, files: list[str], output: int) -> int:
    """Run tests in this process; returns the exit code of pytest."""
    import pytest

    os.dup2(output, 1)
    os.dup2(output, 2)
    code = pytest.main(
        ["-x", "--numprocesses", "0", "-p", "no:cacheprovider", "--built", build]
        + ["-m", "not slow and not nightly", "--basetemp", f"{build}/pytest"]
        + ["--tb", "no", *(str(TESTS / name) for name in files)]
    )
    # whoever calls ends the process at once
    sys.stdout.flush()
    return int(code)


def answer(code: int, output: str) -> str:
    """Say in one line how a run of pytest has ended; without tests it is an error."""
    failed = [line for line in output.splitlines() if line.startswith("FAILED ")]
    if code == 0:
        return "\n"
    if code == 1 and failed:
        return failed[0].split(" ")[1].split("::", 1)[1] + "\n"
    return f"! it ended with {code}: " + " ".join(output.split())[-1000:] + "\n"


if __name__ == "__main__":
    main()
