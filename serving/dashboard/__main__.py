"""Serve the dashboard on loopback.

    make dashboard [PORT=8501]
    python -m serving.dashboard [--port N]

It reads the published file (`TRIBUTARY_PUBLISHED`, else `tributary.duckdb`) and nothing
else, and picks up a new one without a restart. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from streamlit.web import cli

# what takes a second to import, so that the first reader need not wait for it
import serving.questions  # noqa: F401
from serving.port import port

ADDRESS = "127.0.0.1"
SETTINGS = {
    "server.address": ADDRESS,
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    # nobody else learns that it is used
    "browser.gatherUsageStats": "false",
    "browser.serverAddress": ADDRESS,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "theme.light.primaryColor": "#145c96",
    "theme.light.linkColor": "#145c96",
    "theme.dark.primaryColor": "#8cc2ef",
    "theme.dark.linkColor": "#8cc2ef",
}


def main() -> int:
    """Read the command line and serve until stopped; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="dashboard",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=port, default=8501, metavar="N")
    options = parser.parse_args()
    app = Path(__file__).with_name("app.py")
    settings = SETTINGS | {"server.port": str(options.port)}
    flags = [f"--{name}={value}" for name, value in settings.items()]
    return cli.main(["run", str(app), *flags], standalone_mode=False) or 0


if __name__ == "__main__":
    sys.exit(main())
