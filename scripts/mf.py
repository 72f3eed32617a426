"""Ask the metrics: MetricFlow's `mf`, without its look for a newer version.

    python scripts/mf.py query --metrics sessions,revenue --group-by property

Arguments are those of `mf`. It reads the working database, and dbt's manifest in
target/, which `dbt parse` or a build writes.
"""

from __future__ import annotations

import os

from dbt_metricflow.cli import main


class NoUpdateChecker:
    """Stands in for what would ask a registry at each start."""

    def check(self, package_name: str, package_version: str) -> None:
        """Find nothing newer."""


if __name__ == "__main__":
    os.environ.setdefault("DO_NOT_TRACK", "1")
    main.UpdateChecker = NoUpdateChecker
    main.cli(prog_name="mf")
