"""The benchmark of any size, and what docs/scale.md reckons from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import PROJECT

BENCHMARKS = PROJECT / "benchmarks"
PEER_PYTHON = PROJECT / ".venv-benchmarks" / "bin" / "python"


def said_by(program: str, *arguments: str | Path) -> str:
    """Run a benchmark; returns what it printed."""
    command = [sys.executable, BENCHMARKS / program, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_page_shows_what_the_calculation_prints() -> None:
    page = (PROJECT / "docs" / "scale.md").read_text()

    assert said_by("cluster_cost.py") in page


def test_prices_are_the_readers_own() -> None:
    dear = said_by("cluster_cost.py", "--vcpu-hour", "0.5")

    costs = [
        line.split("|")[2]
        for said in (said_by("cluster_cost.py"), dear)
        for line in said.splitlines()
        if line.startswith("| USD a full build")
    ]
    cheap_cost, dear_cost = (float(cost.replace(",", "")) for cost in costs)
    assert dear_cost == pytest.approx(10 * cheap_cost, rel=0.1)


@pytest.mark.nightly
def test_a_small_run_measures_all_shapes_and_agrees_with_what_is_done_by_hand(
    tmp_path: Path,
) -> None:
    peers = "--peers" if PEER_PYTHON.exists() else "--no-peers"

    said = said_by("scale.py", "--sessions", "20000", "--temp", tmp_path, peers)

    for heading in ("Floor: ", "layer ", "model ", "Whole build: "):
        assert f"\n{heading}" in said
    assert said.count("same totals") == (2 if PEER_PYTHON.exists() else 0)
    assert list(tmp_path.iterdir()) == []
