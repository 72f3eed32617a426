"""A build has no pandas, and does not look for it again and again.

Of each value that DuckDB (1.5.5) takes from Python it asks whether that is one of
pandas's. Where pandas is absent Python searches its folders each time, a few tenths of
a millisecond: many values are handed over as one text.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support import PROJECT

# far below a search for each value, far above one for each table and file
SEARCHES_AT_MOST = 100
COUNTING = """
import importlib.util, sys

class Searches:
    count = 0

    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            Searches.count += 1
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Searches())
import duckdb
conn = duckdb.connect()
"""


def searches(code: str, *arguments: str) -> tuple[int, int]:
    """Run code that counts its rows in `count`; returns these and the searches."""
    told = "\nprint(count, Searches.count)"
    command = [sys.executable, "-c", COUNTING + code + told, *arguments]
    run = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=True
    )
    rows, found = run.stdout.split()
    return int(rows), int(found)


def test_the_search_is_noticed() -> None:
    code = "count = len(conn.execute('select unnest(?)', [['a'] * 500]).fetchall())"
    rows, found = searches(code)
    assert rows == 500
    assert found >= rows


def test_malformed_lines(tmp_path: Path) -> None:
    header = "conv_id,user_id,conv_date,market,revenue\n"
    malformed = "c1,u1,2021-07-15,GB,10.5,more\n" * 500
    (tmp_path / "conversions.csv").write_text(header + malformed)
    columns = "session_id,user_id,event_date,event_time,channel_name,market"
    record = "{" + ", ".join(f'"{name}": "1"' for name in columns.split(",")) + "}\n"
    (tmp_path / "session_sources.jsonl").write_text(record * 500 + "{\n")
    rows, found = searches(
        """
from raw_data import open_raw
open_raw(conn, {"company_x": sys.argv[1]})
((count,),) = conn.execute("select count(*) from raw.main.malformed_lines").fetchall()
""",
        str(tmp_path),
    )
    assert rows == 501
    assert found <= SEARCHES_AT_MOST


def test_what_python_models_return() -> None:
    folder = PROJECT / "models" / "intermediate" / "attribution"
    rows, found = searches(
        """
def result_of(name):
    path = f"{sys.argv[1]}/{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.model(Dbt, conn)

class Dbt:
    config = lambda **options: None
    ref = conn.table

conn.execute(
    "create table int_markov_transitions as select 'shop' as property, "
    "step // 10 as user_group, null::text as from_state, "
    "chr((65 + step % 10)::int) as to_state, null::boolean as is_conversion, "
    "1 as step_count from range(1000) as steps (step) union all "
    "select 'shop', step // 10, chr((65 + step % 10)::int), null, step % 3 = 0, 1 "
    "from range(1000) as steps (step)"
)
conn.execute(
    "create table int_channel_sets as select 'shop' as property, "
    "chr((65 + step % 10)::int) as channels, step // 10 as user_group, 1.5 as revenue "
    "from range(1000) as steps (step)"
)
effects = result_of("int_markov_removal_effects")
conn.execute("create table int_markov_removal_effects as from effects")
replicates = result_of("int_markov_replicates")
count = len(effects) + len(replicates)
""",
        str(folder),
    )
    assert rows == 101 * 10 + 100 * 10
    assert found <= SEARCHES_AT_MOST
