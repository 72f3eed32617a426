"""Run dbt and write down what each node took: `benchmarks/scale.py` runs this.

    python benchmarks/measured_dbt.py MEASURES build --threads 1 …

MEASURES gets a line of JSON for each node as it ends, so that a run that is killed
leaves what it had measured. With one thread of dbt one node runs at a time, and what
the process uses meanwhile, DuckDB's threads included, is the node's. With more of them
wall time is still the node's, and the rest that of all nodes that ran meanwhile.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")
# what is told on the way; the rest is in the file
TOLD_SECONDS = 5


class Meter:
    """CPU time, memory and spilling of this process, from one lap to the next."""

    def __init__(self, spill_folder: Path) -> None:
        """Begin at the start of the process."""
        self.started = time.monotonic()
        self.cpu = 0.0
        self.spill_folder = spill_folder
        self.spilled = 0
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self) -> None:
        """Keep the largest size of the folder that DuckDB spills to."""
        while True:
            self.spilled = max(self.spilled, size_of(self.spill_folder))
            time.sleep(0.1)

    def at(self) -> float:
        """Tell the seconds since the start."""
        return time.monotonic() - self.started

    def lap(self) -> dict[str, float]:
        """Give what was used since the last lap (s, GB, GB), and begin another."""
        cpu = time.process_time()
        used = {
            "cpu_seconds": cpu - self.cpu,
            "gigabytes": peak_gigabytes(),
            "spilled_gigabytes": self.spilled / 1e9,
        }
        self.cpu, self.spilled = cpu, 0
        return used


def size_of(folder: Path) -> int:
    """Add up the sizes of the files in a folder, 0 where there is none."""
    total = 0
    try:
        for file in os.scandir(folder):
            total += file.stat().st_size
    except FileNotFoundError:
        # DuckDB removes them as it goes
        pass
    return total


def peak_gigabytes() -> float:
    """Read the largest memory of this process since the last reading, and forget it.

    Linux tells and forgets; elsewhere it is 0 and only the sum of a run is known.
    """
    try:
        (kibibytes,) = re.findall(r"VmHWM:\s+(\d+) kB", STATUS.read_text())
        RESET.write_text("5")
    except (OSError, ValueError):
        return 0.0
    return int(kibibytes) * 1024 / 1e9


def main() -> int:
    """Run dbt and write a line for the start, each node and the end."""
    database = Path(os.environ["TRIBUTARY_DB"])
    meter = Meter(database.with_name(f"{database.name}.tmp"))
    from dbt.cli.main import dbtRunner

    starts: dict[str, float] = {}
    running: set[str] = set()
    one_at_a_time = threading.Lock()
    with Path(sys.argv[1]).open("w", buffering=1) as file:

        def write(name: str, layer: str, status: str, started: float) -> None:
            line = {"node": name, "layer": layer, "status": status, "started": started}
            line |= {"seconds": meter.at() - started} | meter.lap()
            file.write(json.dumps(line) + "\n")
            if line["seconds"] >= TOLD_SECONDS:
                print(
                    f"  {line['seconds']:8.1f} s {line['gigabytes']:6.2f} GB  "
                    f"{name.split('.', 2)[-1]}",
                    flush=True,
                )

        def note(event: Any) -> None:  # noqa: ANN401 - dbt's events are untyped
            with one_at_a_time:
                if event.info.name == "NodeStart":
                    if not starts:
                        write("start", "dbt", "", 0)
                    if not running:
                        # what dbt did in between is nobody's
                        meter.lap()
                    running.add(event.data.node_info.unique_id)
                    starts[event.data.node_info.unique_id] = meter.at()
                elif event.info.name == "NodeFinished":
                    info = event.data.node_info
                    started = starts[info.unique_id]
                    running.discard(info.unique_id)
                    write(info.unique_id, layer_of(info), info.node_status, started)

        os.chdir(PROJECT)
        outcome = dbtRunner(callbacks=[note]).invoke(
            ["--log-level", "none", *sys.argv[2:]]
        )
    if not outcome.success:
        tell_faults(outcome)
    return int(not outcome.success)


def layer_of(info: Any) -> str:  # noqa: ANN401
    """Name the layer of a node: seeds, staging, intermediate, marts or data tests."""
    match info.resource_type:
        case "seed":
            return "seeds"
        case "model":
            return info.node_relation.schema
        case "test":
            return "data tests"
        case _:
            return "dbt"


def tell_faults(outcome: Any) -> None:  # noqa: ANN401
    """Print what failed."""
    for result in getattr(outcome.result, "results", None) or []:
        if str(result.status) in {"error", "fail"}:
            print(f"{result.node.name}: {result.message}")
    if outcome.exception:
        print(outcome.exception)


if __name__ == "__main__":
    sys.exit(main())
