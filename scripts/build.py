"""Build, audit, publish: what `make build` runs.

    python scripts/build.py [--vars YAML] [--full-refresh] [--threads N] …

Options are those of `dbt build`. The marts are published only if this run built every
model and passed every error-level test; then a summary says what is in them. Otherwise,
and so with --select, each fault is one line, the exit code is 1 and the last published
file stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.invocation import get_invocation_id

from given_vars import vars_fault, vars_in
from publish import (
    PROJECT,
    SCHEMA,
    WORKING,
    NotBuiltError,
    publish,
    published_file,
    working_file,
)
from raw_data import RawDataError
from raw_data.common import first_line
from raw_data.declared import COLUMN_MAPPING, PROPERTIES, read_seed

SOUND = {"success", "pass", "warn", "no-op"}
STEPS = {
    "seeds": "seeds: what is known of properties and channels, and the sample",
    "staging": "staging: raw rows typed and judged",
    "intermediate": "intermediate: sessions, conversions, journeys, costs",
    SCHEMA: "marts: what people read",
}
# what DuckDB says of a file that another process has open
LOCKED = "Could not set lock on file"
# DuckDB's own catalogues, what stands in the published file and what is attached beside
# it, and quotes, which dbt puts into SQL as they are
UNUSABLE = re.compile(
    r"(main|system|temp|marts|meta|(next|last)_publication)(\.|$)|[^.]*['\"]",
    re.IGNORECASE,
)
# dbt's heading is a line of its own; DuckDB's stands before what it says
HEADING = re.compile(r"^([A-Z][A-Za-z]+ )+Error\b(: (?=\S)|.*)")


def main() -> int:
    """Run the build and tell how it went; returns the exit code."""
    sys.stdout.reconfigure(line_buffering=True)
    started = time.monotonic()
    os.chdir(PROJECT)
    options = sys.argv[1:]
    fault = (
        file_fault(working_file(), published_file())
        or vars_fault(vars_in(options))
        or seeds_fault()
    )
    if fault:
        return refuse([fault])
    print("Building and testing (dbt build; its log is logs/dbt.log)")
    outcome = build(options)
    DuckDBConnectionManager.close_all_connections()
    faults = build_faults(outcome)
    if faults:
        return refuse(faults)
    manifest = manifest_file(outcome)
    nodes = nodes_of_this_run(manifest)
    if nodes is None:
        return refuse([is_of_another_run(manifest)])
    if absent := left_out(nodes, outcome.result.results):
        return refuse([part_is_not_published(absent)])
    print("Publishing")
    published = published_file()
    try:
        remark = publish(working_file(), published, manifest, variables(outcome))
    except (NotBuiltError, OSError, duckdb.Error) as error:
        return refuse([f"{shown(published)}: {one_line(str(error))}"])
    with duckdb.connect(str(published), read_only=True) as conn:
        print(summary(conn))
    seconds = time.monotonic() - started
    if remark:
        print(f"\n{remark}")
    print(
        f"\nPublished {shown(published)} in {seconds:.0f} s. Read-only SQL is welcome."
    )
    return 0


def file_fault(working: Path, published: Path) -> str | None:
    """Say why the two databases cannot be where they are to be, if so."""
    if working.resolve() == published.resolve():
        return (
            f"{shown(working)} cannot be both the working database and the published "
            "one: set TRIBUTARY_DB or TRIBUTARY_PUBLISHED to another file."
        )
    if UNUSABLE.match(working.name):
        return (
            f"{shown(working)}: the working database cannot have this name; set "
            "TRIBUTARY_DB to another one."
        )
    if not published.resolve().parent.is_dir():
        return (
            f"{shown(published)} is in a folder that does not exist: make it, or set "
            "TRIBUTARY_PUBLISHED to another file."
        )
    return unreadable(working) if working.exists() else None


def unreadable(working: Path) -> str | None:
    """Say why a file cannot be the working database, and what to do, if so."""
    try:
        # for a SQLite file DuckDB would look for an extension, on the network too
        options = {"autoload_known_extensions": False}
        duckdb.connect(str(working), read_only=True, config=options).close()
    except duckdb.Error as error:
        message = first_line(error)
        if LOCKED in message:
            return in_use(message)
        return (
            f"{shown(working)} cannot be read as the working database ({message}): "
            "move it away, and the build makes a new one from the raw data, or name "
            "another file by TRIBUTARY_DB."
        )
    return None


def seeds_fault() -> str | None:
    """Say what is wrong with the seeds of reading; of bytes dbt would not say whose."""
    try:
        for name in (COLUMN_MAPPING, PROPERTIES):
            read_seed(name)
    except RawDataError as error:
        return error.msg
    return None


def build(options: list[str]) -> dbtRunnerResult:
    """Run `dbt build`, saying what each layer is when its first node begins.

    Without unit tests: they test the SQL, which `make test` does, and not the data.
    """
    to_say = list(STEPS)
    one_at_a_time = threading.Lock()

    def say_steps(event: Any) -> None:  # noqa: ANN401 - dbt's events are untyped
        if event.info.name == "NodeStart":
            begun = layer_of(event.data.node_info)
            with one_at_a_time:
                while begun in to_say:
                    print(f"  {STEPS[to_say.pop(0)]}")

    # dbt's own account of a fault goes to its log; here it is one line
    quiet = ["--log-level", "none", "--log-level-file", "debug"]
    command = [*quiet, "build", "--exclude-resource-type", "unit_test"]
    command += [*target_of_its_own(working_file()), *options]
    return dbtRunner(callbacks=[say_steps]).invoke(command)


def layer_of(node_info: Any) -> str:  # noqa: ANN401
    """Name the layer that a node belongs to; a test belongs to none."""
    if node_info.resource_type == "seed":
        return "seeds"
    return node_info.node_relation.schema if node_info.resource_type == "model" else ""


def target_of_its_own(working: Path) -> list[str]:
    """Keep what dbt writes beside another working database apart from the usual.

    Two builds at once would each take the other's manifest for its own.
    """
    if working == WORKING or "DBT_TARGET_PATH" in os.environ:
        return []
    name = hashlib.sha256(str(working.resolve()).encode()).hexdigest()[:8]
    return ["--target-path", str(WORKING.with_name(f"{working.stem}-{name}"))]


def nodes_of_this_run(manifest: Path) -> dict[str, dict] | None:
    """Read the nodes of the manifest; none where another run of dbt has written it."""
    try:
        written = json.loads(manifest.read_text())
    except ValueError:
        return None
    is_own = written["metadata"]["invocation_id"] == get_invocation_id()
    return written["nodes"] if is_own else None


def is_of_another_run(manifest: Path) -> str:
    """Say that two runs of dbt wrote into one folder, and what to do."""
    return (
        f"{shown(manifest)} was written by another run of dbt while this one built: "
        "build again, or let the other write elsewhere (DBT_TARGET_PATH)."
    )


def manifest_file(outcome: dbtRunnerResult) -> Path:
    """Tell where dbt has written the manifest of a build."""
    target = outcome.result.args.get("target_path") or "target"
    return PROJECT / target / "manifest.json"


def variables(outcome: dbtRunnerResult) -> dict[str, Any]:
    """Tell the vars of a build: the project's, and over them those of the command."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    return project["vars"] | outcome.result.args.get("vars", {})


def build_faults(outcome: dbtRunnerResult) -> list[str]:
    """List what went wrong, a line each; nothing where all is well."""
    if isinstance(outcome.exception, KeyboardInterrupt):
        return ["Interrupted."]
    if outcome.exception:
        message = str(outcome.exception)
        return [in_use(message) if LOCKED in message else one_line(message)]
    if outcome.result is None or not hasattr(outcome.result, "results"):
        return ["dbt did not run; see logs/dbt.log."]
    faults = []
    for result in outcome.result.results:
        if str(result.status) in SOUND or str(result.status) == "skipped":
            continue
        fault = one_line(result.message or str(result.status))
        said = [fault]
        if str(result.status) == "fail":
            said = messages(result.node.compiled_code) or [
                f"{fault}; its SQL is {result.node.compiled_path}"
            ]
        faults += [f"{result.node.name}: {fault}" for fault in said]
    return faults or ([] if outcome.success else ["dbt failed; see logs/dbt.log."])


def messages(sql: str) -> list[str]:
    """Read what a failed test says in words, in a column `message`; most have none.

    Nor has one that reads raw data, which are at hand during the build alone.
    """
    try:
        with duckdb.connect(str(working_file()), read_only=True) as conn:
            found = conn.sql(sql)
            if "message" not in found.columns:
                return []
            return [message for (message,) in found.select("message").fetchall()]
    except duckdb.Error:
        return []


def left_out(nodes: Mapping[str, dict], results: Iterable[Any]) -> list[str]:
    """Name what a sound build has and this run lacks, models first.

    That is seeds and models, since what an earlier run left in the working database may
    be half of a build that was refused, and tests that stop a build.

    Args:
        nodes: those of dbt's manifest.
        results: those of the run.
    """
    sound = {result.node.unique_id for result in results if str(result.status) in SOUND}
    absent = sorted(
        (node["resource_type"], node["name"])
        for name, node in nodes.items()
        if name not in sound
        and node["resource_type"] in ("model", "seed", "test")
        and node["config"].get("severity", "error").lower() == "error"
        and node["config"]["materialized"] != "ephemeral"
    )
    return [name for _, name in absent]


def part_is_not_published(absent: list[str]) -> str:
    """Say that a build left something out, and what to do."""
    named = ", ".join([*absent[:3], *(["…"] if absent[3:] else [])])
    return (
        f"A part is not published, and {len(absent)} models and tests were left out "
        f"({named}): build all, without --select or --exclude."
    )


def in_use(message: str) -> str:
    """Say that somebody else has the working database open, and what to do."""
    process = re.search(r"\(PID (\d+)\)", message)
    who = f"process {process[1]}" if process else "another process"
    return (
        f"{shown(working_file())} is open in {who}, another build or a reader: wait "
        "until that ends, or name another file by TRIBUTARY_DB."
    )


def one_line(message: str) -> str:
    """Say an error in one line: without headings and dbt's macro stack."""
    lines = [HEADING.sub("", line.strip()) for line in message.splitlines()]
    return (
        " ".join(line for line in lines if line and line[0] != ">") or message.strip()
    )


def refuse(faults: list[str]) -> int:
    """Say on the error stream why nothing was published; returns the exit code."""
    for fault in faults:
        print(fault, file=sys.stderr)
    published = published_file()
    state = "is as it was" if published.exists() else "does not exist yet"
    print(f"Nothing was published: {shown(published)} {state}.", file=sys.stderr)
    return 1


def shown(path: Path) -> str:
    """Show a path as a user in the project folder would type it."""
    return os.path.relpath(path, PROJECT) if path.is_relative_to(PROJECT) else str(path)


def summary(conn: duckdb.DuckDBPyConnection) -> str:
    """Sum up a published file: rows per mart, reconciliation, data quality."""
    return "\n".join(
        [
            "\nRows",
            *mart_lines(conn),
            "\nReconciliation of tracking with the backend",
            *(reconciliation_lines(conn) or ["  no property has both sides"]),
            "\nData quality",
            *(finding_lines(conn) or ["  nothing found"]),
        ]
    )


def mart_lines(conn: duckdb.DuckDBPyConnection) -> list[str]:
    """Count the rows of each mart."""
    names = conn.execute(
        "select table_name from information_schema.tables "
        "where table_schema = ? order by table_name",
        [SCHEMA],
    ).fetchall()
    counts = [
        (name, conn.execute(f"select count(*) from {SCHEMA}.{name}").fetchall()[0][0])
        for (name,) in names
    ]
    return [f"  {name:<32}{count:>14,}" for name, count in counts]


def reconciliation_lines(conn: duckdb.DuckDBPyConnection) -> list[str]:
    """Say for each property how far its two sides agree."""
    rows = conn.execute(
        "select property, count(*) filter (status = 'matched'), count(*), "
        "count(*) filter (is_missing_in_tracking), "
        "count(*) filter (is_missing_in_backend), "
        "count(*) filter (is_awaiting_backend), "
        "sum(revenue_gap) filter (not is_awaiting_backend), sum(backend_revenue) "
        f"from {SCHEMA}.fct_conversion_reconciliation "
        "group by property order by property"
    ).fetchall()
    return [
        f"  {name}: {matched:,} of {total:,} match in everything; "
        f"{untracked:,} missing in tracking, {unbooked:,} missing in the backend, "
        f"{awaited:,} awaiting it\n"
        f"  {' ' * len(name)}  gap (backend - tracked) {gap or 0:,.2f} of "
        f"{booked or 0:,.2f}"
        for name, matched, total, untracked, unbooked, awaited, gap, booked in rows
    ]


def finding_lines(conn: duckdb.DuckDBPyConnection) -> list[str]:
    """List the checks that found something, those that fail first."""
    rows = conn.execute(
        "select property, status, check_name, rows_affected "
        f"from {SCHEMA}.rpt_data_quality where status != 'ok' "
        "order by property, status, check_name"
    ).fetchall()
    width = max((len(site) + 2 for site, *_ in rows), default=0)
    return [
        f"  {site:<{max(width, 16)}}{status:<6}{check:<40}{count:>8,}"
        for site, status, check, count in rows
    ]


if __name__ == "__main__":
    sys.exit(main())
