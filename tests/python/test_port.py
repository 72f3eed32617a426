"""Where API and dashboard listen is said in one line, or why they cannot."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from api_support import running_api, sqlite_url
from serving.port import port
from support import PROJECT


def started(folder: Path, module: str, number: str) -> subprocess.CompletedProcess:
    """Run a command that cannot listen where it is told to, and wait for its end."""
    return subprocess.run(
        [sys.executable, "-m", module, "--port", number],
        cwd=PROJECT,
        env=os.environ | {"TRIBUTARY_INVENTORY": str(folder / "inventory.db")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("text", ["1", "8000", "65535"])
def test_a_port_is_a_number(text: str) -> None:
    assert port(text) == int(text)


@pytest.mark.parametrize("text", ["99999", "65536", "0", "-5", "http"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        port(text)
    assert str(refused.value) == f"{text} is no port: give a number from 1 to 65535"


# a command that took it would serve, and the test end with its time
@pytest.mark.parametrize("module", ["serving.api", "serving.dashboard"])
def test_a_command_says_what_is_no_port(tmp_path: Path, module: str) -> None:
    ended = started(tmp_path, module, "99999")
    assert ended.returncode != 0
    assert ended.stdout == ""
    assert ended.stderr.splitlines()[-1].endswith(
        "99999 is no port: give a number from 1 to 65535"
    )


def test_the_api_says_where_it_is_when_it_is_there(tmp_path: Path) -> None:
    with running_api(
        tmp_path / "none", sqlite_url(tmp_path), output=subprocess.PIPE
    ) as (process, address):
        assert process.stdout.readline().decode() == f"{address}/v1/docs\n"


def test_the_api_names_no_address_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = started(tmp_path, "serving.api", str(other.getsockname()[1]))
    assert ended.returncode != 0
    assert ended.stdout == ""
    assert "already in use" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
