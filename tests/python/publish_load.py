"""Readers and writers of a published file, a process each: test_publish_load runs them.

    python tests/python/publish_load.py read PUBLISHED STOP
    python tests/python/publish_load.py write PUBLISHED MANIFEST WORKING…

A reader opens the file, reads every row of every mart, closes it, and again until STOP
exists; it prints what each build that it saw looked like. A writer publishes one
working database after the other.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
# the history grows with each publication, whatever is published
MARTS = """
select distinct table_name from information_schema.tables
where table_schema = 'marts' and table_name != 'rpt_restatements' order by table_name
"""


def snapshot(published: Path) -> str:
    """Read all rows of all marts in one connection: their number and a hash of them."""
    with duckdb.connect(str(published), read_only=True) as conn:
        conn.execute("set threads = 1")
        seen = {
            mart: conn.execute(
                f"select count(*), coalesce(bit_xor(hash({mart})), 0) from marts.{mart}"
            ).fetchall()[0]
            for (mart,) in conn.execute(MARTS).fetchall()
        }
        publications = conn.execute("from meta.publication").fetchall()
    assert len(publications) == 1
    return json.dumps(seen)


def read(published: Path, stop: Path) -> None:
    """Read until told to stop; print how often each build was seen."""
    # on a few cores twenty of them would leave the writers nothing
    os.nice(10)
    seen: Counter[str] = Counter()
    while not stop.exists():
        seen[snapshot(published)] += 1
        if seen.total() == 1:
            print("reading", flush=True)
        time.sleep(0.05)
    print(json.dumps(seen))


def write(published: Path, manifest: Path, *working: Path) -> None:
    """Publish each working database in turn."""
    # twenty readers need not wait for what a writer imports
    sys.path += [str(PROJECT), str(PROJECT / "scripts")]
    from publish import publish

    for database in working:
        publish(database, published, manifest)


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*map(Path, sys.argv[2:]))
