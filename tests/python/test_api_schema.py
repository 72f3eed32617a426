"""The API does what its own OpenAPI document says, whatever schemathesis sends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from api_support import make_token, opened_store, running_api, sqlite_url

pytestmark = pytest.mark.slow


def run_schemathesis(published: Path, folder: Path, *options: str) -> None:
    """Check a running API against its document, with all checks."""
    url = sqlite_url(folder)
    opened_store(url).database.close()
    token = make_token(url, "s01", "read lots sales checkout")
    with running_api(published, url) as (_, address):
        run = subprocess.run(
            [
                *(Path(sys.executable).with_name("schemathesis"), "run"),
                *(f"{address}/v1/openapi.json", "--checks", "all", "--no-color"),
                *("-H", f"Authorization: Bearer {token}", "--seed", "1"),
                *("--warnings", "off", "--continue-on-failure", *options),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr
    assert "No issues found" in run.stdout


def test_whatever_is_sent_the_answer_is_as_documented(
    published: Path, tmp_path: Path
) -> None:
    run_schemathesis(published, tmp_path, "--phases", "examples,fuzzing", "-n", "1")


@pytest.mark.nightly
@pytest.mark.parametrize("phase", ["examples", "coverage", "fuzzing", "stateful"])
def test_whatever_is_sent_the_answer_is_as_documented_at_length(
    published: Path, tmp_path: Path, phase: str
) -> None:
    run_schemathesis(published, tmp_path, "--phases", phase, "-n", "40")
