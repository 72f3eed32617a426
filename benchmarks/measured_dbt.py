"""Run dbt and write down what each node took: `benchmarks/scale.py` runs this.

    python benchmarks/measured_dbt.py MEASURES build …

MEASURES gets a line of JSON for each node as it ends, so that a run that is killed
leaves what it had measured. CPU time is that of the process, DuckDB's threads included:
nodes that run at the same time get equal parts of it, and the memory of all of them.
With one thread of dbt all of it is the node's.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = Path(__file__).resolve().parents[1]
STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")
# what is told on the way; the rest is in the file
TOLD_SECONDS = 5


@dataclass
class Running:
    """What a node has used since it started (s, s, GB, GB)."""

    started: float
    cpu_seconds: float = 0.0
    gigabytes: float = 0.0
    spilled_gigabytes: float = 0.0

    def add(self, lap: Lap, nodes: int) -> None:
        """Take the node's part of a lap in which so many ran."""
        self.cpu_seconds += lap.cpu_seconds / nodes
        self.gigabytes = max(self.gigabytes, lap.gigabytes)
        self.spilled_gigabytes = max(self.spilled_gigabytes, lap.spilled_gigabytes)


class Lap(NamedTuple):
    """What the process used in a while (s, GB, GB)."""

    cpu_seconds: float
    gigabytes: float
    spilled_gigabytes: float


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

    def lap(self) -> Lap:
        """Give what was used since the last lap, and begin another."""
        cpu = time.process_time()
        used = Lap(cpu - self.cpu, peak_gigabytes(), self.spilled / 1e9)
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

    running: dict[str, Running] = {}
    one_at_a_time = threading.Lock()
    with Path(sys.argv[1]).open("w", buffering=1) as file:

        def write(name: str, layer: str, status: str, used: Running) -> None:
            line = {"node": name, "layer": layer, "status": status}
            line |= asdict(used) | {"seconds": meter.at() - used.started}
            file.write(json.dumps(line) + "\n")
            if line["seconds"] >= TOLD_SECONDS:
                print(
                    f"  {line['seconds']:8.1f} s {line['gigabytes']:6.2f} GB  "
                    f"{name.split('.', 2)[-1]}",
                    flush=True,
                )

        def share() -> None:
            lap = meter.lap()
            # what dbt did while no node ran is nobody's
            for node in running.values():
                node.add(lap, len(running))

        def note(event: Any) -> None:  # noqa: ANN401 - dbt's events are untyped
            with one_at_a_time:
                if event.info.name == "NodeStart":
                    if "start" in running:
                        share()
                        write("start", "dbt", "", running.pop("start"))
                    share()
                    running[event.data.node_info.unique_id] = Running(meter.at())
                elif event.info.name == "NodeFinished":
                    share()
                    info = event.data.node_info
                    used = running.pop(info.unique_id)
                    write(info.unique_id, layer_of(info), info.node_status, used)

        running["start"] = Running(0.0)
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
