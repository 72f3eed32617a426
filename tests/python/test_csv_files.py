"""CSV files as they are in life: encodings, NUL bytes, separators, odd ends."""

from __future__ import annotations

import codecs
import gzip
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raw_data import RawDataError, csv_files, encoding, open_raw
from raw_data.csv_files import csv_relation
from raw_data.declared import Place
from support import REAL_DATA, Build, dbt

HEADER = "conv_id,user_id,conv_date,market,revenue"
VESTIAIRE = REAL_DATA / "vestiaire"


@pytest.fixture
def conn() -> duckdb.DuckDBPyConnection:
    """Connect to an empty database."""
    return duckdb.connect()


def conversions(*markets: str, separator: str = ",") -> str:
    """Write a table of conversions, one for each market."""
    lines = [HEADER, *(f"c1,u1,2021-07-15,{market},1.00" for market in markets)]
    return "\n".join(lines).replace(",", separator) + "\n"


def opened(
    conn: duckdb.DuckDBPyConnection, folder: Path, content: bytes, **settings: str
) -> list[str]:
    """Open a file of conversions; returns the markets in it."""
    (folder / "conversions.csv").write_bytes(content)
    open_raw(conn, {"company_x": {"path": str(folder), **settings}})
    rows = conn.execute("select market from raw.company_x.conversions").fetchall()
    return [market for (market,) in rows]


def files(conn: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """List name, encoding and NUL bytes of the files that were read."""
    return conn.execute(
        "select file_name, encoding, nul_byte_count from raw.main.files order by all"
    ).fetchall()


def refused(folder: Path, content: bytes, *words: str, **settings: str) -> None:
    """Assert that a file is refused in one line that names it and holds the words."""
    with pytest.raises(RawDataError) as caught:
        opened(duckdb.connect(), folder, content, **settings)
    message = caught.value.msg
    assert "\n" not in message
    for word in ("company_x", "conversions.csv", *words):
        assert word in message


# --- encodings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "written", "market", "is_copied"),
    [
        ("utf-8", "utf-8", "Hermès – 5 €", False),
        ("utf-8", "utf-8-sig", "Hermès – 5 €", False),
        ("utf-16", "utf-16", "Hermès – 5 €", True),
        ("utf-16-le", "utf-16-le", "Hermès – 5 €", True),
        ("utf-16-be", "utf-16-be", "Hermès – 5 €", True),
        ("latin-1", "latin-1", "Hermès", False),
        # a dash and the euro sign are control characters in latin-1
        ("cp1252", "cp1252", "Hermès – 5 €", True),
        ("utf-8", "ascii", "Hermes", False),
        ("utf-32", "utf-32", "Hermès – 5 €", True),
    ],
)
def test_the_encoding_is_told_by_the_file(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: str,
    written: str,
    market: str,
    is_copied: bool,
) -> None:
    copies = []
    copied = encoding.copied
    monkeypatch.setattr(
        "raw_data.csv_files.copied",
        lambda *file: copies.append(file) or copied(*file),
    )

    assert opened(conn, tmp_path, conversions(market).encode(written)) == [market]
    assert files(conn) == [("conversions.csv", told, 0)]
    assert bool(copies) == is_copied


def test_utf_16_with_either_mark_and_a_quoted_first_name(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = conversions("Genève").replace("conv_id", '"conv_id"')
    content = codecs.BOM_UTF16_BE + text.encode("utf-16-be")
    assert opened(conn, tmp_path, content) == ["Genève"]


def test_a_mark_before_nul_bytes_and_a_quoted_first_name(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = conversions("Gen\0ève").replace("conv_id", '"conv_id"')
    assert opened(conn, tmp_path, text.encode("utf-8-sig")) == ["Genève"]


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_can_be_set(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, order: str
) -> None:
    content = conversions("Genève").encode(order)
    assert opened(conn, tmp_path, content, encoding="utf-16") == ["Genève"]


@pytest.mark.parametrize("name", ["cp1252", "windows-1252", "CP1252"])
def test_the_var_goes_before_what_the_file_tells(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    content = conversions("Genève").encode("utf-8")
    assert opened(conn, tmp_path, content, encoding=name) == ["GenÃ¨ve"]
    assert files(conn) == [("conversions.csv", "cp1252", 0)]


def test_any_encoding_that_python_knows_can_be_set(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = conversions("Łódź").encode("cp852")
    assert opened(conn, tmp_path, content, encoding="cp852") == ["Łódź"]


def test_latin_1_with_control_characters_is_read_when_set(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = conversions("\x81é").encode("latin-1")
    assert opened(conn, tmp_path, content, encoding="latin-1") == ["\x81é"]


@pytest.mark.parametrize("name", ["utf-9", "rot13", "hex", "zip", ""])
def test_an_encoding_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "conversions.csv").write_text(conversions("GB"))
    with pytest.raises(RawDataError, match=r"company_x.*encoding.*which is none"):
        open_raw(
            duckdb.connect(), {"company_x": {"path": str(tmp_path), "encoding": name}}
        )


def test_a_damaged_utf_8_file_is_refused_with_the_place(tmp_path: Path) -> None:
    content = conversions("Genève", "Zürich", "Köln").encode()
    broken = content.replace("ö".encode(), b"\xf6")
    place = broken.index(b"\xf6")
    words = "UTF-8 but for byte 0xf6", f"position {place:,}", "`encoding`", "cp1252"
    refused(tmp_path, broken, *words)


def test_a_damaged_utf_8_file_is_read_when_its_encoding_is_set(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = conversions("Genève", "Köln").encode().replace("ö".encode(), b"\xf6")
    markets = opened(conn, tmp_path, content, encoding="latin-1")
    assert markets == ["GenÃ¨ve", "Köln"]


def test_a_byte_of_no_encoding_is_refused_with_the_place(tmp_path: Path) -> None:
    content = conversions("K\x8aln \x81").encode("latin-1")
    words = "neither UTF-8", "cp1252", "0x81", f"position {content.index(0x81):,}"
    refused(tmp_path, content, *words, "`encoding`")


@pytest.mark.parametrize("set_to", ["utf-8", "utf-16", "ascii", "cp1252"])
def test_a_file_that_is_not_what_the_var_says_is_refused(
    tmp_path: Path, set_to: str
) -> None:
    content = conversions("é\x81").encode("latin-1")
    content += b"" if len(content) % 2 else b"\n"  # half a character of UTF-16
    refused(tmp_path, content, f"not {set_to}", "0x", "position", encoding=set_to)


def test_places_are_counted_over_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "BLOCK", 7)
    content = conversions(*["Genève Zürich"] * 40).encode() + b"\xe9\n"
    refused(tmp_path, content, "0xe9", f"position {len(content) - 2:,}")
    refused(tmp_path, content[:-2] + b"\xc3", f"position {len(content) - 2:,}")


@pytest.mark.parametrize("written", ["utf-8", "utf-16", "cp1252", "latin-1"])
def test_a_character_may_lie_across_blocks(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: str,
) -> None:
    markets = ["é" * count for count in range(1, 12)]
    monkeypatch.setattr(encoding, "BLOCK", 5)
    content = conversions(*markets).replace("2021", "\0002021").encode(written)
    assert sorted(opened(conn, tmp_path, content)) == markets


# --- NUL bytes -----------------------------------------------------------------------


@pytest.mark.parametrize("written", ["utf-8", "utf-16", "latin-1", "cp1252"])
def test_nul_bytes_are_taken_out_and_counted(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, written: str
) -> None:
    text = conversions('\0"Her\0mès, Paris"', "\0").replace("revenue", "rev\0enue")
    assert opened(conn, tmp_path, text.encode(written)) == ["Hermès, Paris", None]
    assert files(conn)[0][2] == 4


def test_files_are_named_by_where_they_lie(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "conversions").mkdir()
    (tmp_path / "conversions" / "1.csv").write_text(conversions("a\0"))
    (tmp_path / "conversions" / "2.csv").write_bytes(conversions("é").encode("latin-1"))
    duckdb.sql("select 'c1' as conv_id, 'x' as conv_date, 1 as revenue").write_parquet(
        str(tmp_path / "conversions" / "3.parquet")
    )
    open_raw(conn, {"company_x": str(tmp_path)})
    assert files(conn) == [
        ("conversions/1.csv", "utf-8", 1),
        ("conversions/2.csv", "latin-1", 0),
    ]


@pytest.fixture(scope="module")
def damaged_files(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build from two places, of which one has NUL bytes and latin-1 names."""
    folder = tmp_path_factory.mktemp("damaged")
    for name, content in (
        ("a", conversions("Genève").replace("Gen", "Ge\0n\0").encode("latin-1")),
        ("b", conversions("GB").replace("c1", "c2").encode()),
    ):
        (folder / name).mkdir()
        (folder / name / "conversions.csv").write_bytes(content)
    raw = {"layout": "company_x", "path": [str(folder / "a"), str(folder / "b")]}
    return dbt(
        folder / "build",
        "build",
        "--select",
        "+rpt_data_quality",
        "--indirect-selection",
        "cautious",
        variables={"raw": {"shop": raw}},
    )


def test_nul_bytes_are_a_finding(damaged_files: Build) -> None:
    assert damaged_files.faults == {}
    assert damaged_files.rows(
        "select status, rows_checked, rows_affected, amount_affected "
        "from marts.rpt_data_quality where check_name = 'nul_bytes_removed'"
    ) == [("warn", 2, 1, 2)]
    assert damaged_files.rows(
        "select finding_key from marts.fct_data_quality_findings "
        "where check_name = 'nul_bytes_removed'"
    ) == [("conversions|conversions.csv",)]
    assert damaged_files.rows(
        "select place_number, encoding, nul_byte_count from staging.stg_raw__files "
        "order by place_number"
    ) == [(1, "latin-1", 2), (2, "utf-8", 0)]


# --- separators and quotes -----------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_by_the_header(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, separator: str
) -> None:
    content = conversions("GB", separator=separator).encode()
    assert opened(conn, tmp_path, content) == ["GB"]


def test_what_is_quoted_in_the_header_separates_nothing(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = conversions("GB", separator=";").replace("user_id", '"u,s,e,r,i,d"', 1)
    assert opened(conn, tmp_path, text.encode()) == ["GB"]


@pytest.mark.parametrize(
    ("separator", "written"), [("tab", "\t"), ("\t", "\t"), ("^", "^"), (";", ";")]
)
def test_the_separator_can_be_set(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, separator: str, written: str
) -> None:
    text = conversions("GB", separator=written)
    header, _, rows = text.partition("\n")
    notes = ",".join("note" for _ in range(9))
    content = f"{header}{written}{notes}\n{rows.rstrip()}{written}\n".encode()
    assert opened(conn, tmp_path, content, separator=separator) == ["GB"]


@pytest.mark.parametrize("separator", ["", ";;", '"', "\n", 7])
def test_a_separator_that_is_none_is_refused(tmp_path: Path, separator: object) -> None:
    raw = {"company_x": {"path": str(tmp_path), "separator": separator}}
    with pytest.raises(RawDataError, match=r"company_x.*separator.*one character"):
        open_raw(duckdb.connect(), raw)


@pytest.mark.parametrize("written", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_quotes_and_line_breaks_in_values_and_header(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, written: str, line_end: str
) -> None:
    text = conversions('"a ""b"" €\n2, c"').replace("user_id", '"user\nname"')
    text = text.replace("\n", line_end)
    markets = opened(conn, tmp_path, text.encode(written))
    assert markets == [f'a "b" €{line_end}2, c']


def test_a_header_whose_quote_does_not_end_is_refused(tmp_path: Path) -> None:
    content = conversions("GB").replace("user_id", '"user_id').encode()
    refused(tmp_path, content, "header", "quote that does not end")


def test_line_ends_of_several_kinds_are_refused_in_one_line(tmp_path: Path) -> None:
    content = conversions("GB", "DE").encode()
    content = content.replace(b"1.00\n", b"1.00\r\n", 1).replace(b"\nc1", b"\rc1")
    content += b"c1,u1,2021-07-15,GB,1.00\rc1,u1,2021-07-15,GB,1.00"
    refused(tmp_path, content, "cannot be read as CSV", "line ends")


# --- odd files -----------------------------------------------------------------------


def test_an_empty_line_before_the_header_is_refused(tmp_path: Path) -> None:
    content = b"\n" + conversions("GB").encode()
    refused(tmp_path, content, "begins with an empty line")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\0"])
def test_a_file_with_nothing_in_it_is_an_empty_table(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, content: bytes
) -> None:
    assert opened(conn, tmp_path, content) == []
    assert len(files(conn)) == 1


def test_a_header_that_comes_again_is_no_row(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = conversions("GB") + conversions("DE") + "conv_id,u,2021-07-15,GB,1\n"
    assert opened(conn, tmp_path, text.encode()) == ["GB", "DE", "GB"]
    assert conn.execute("from raw.main.malformed_lines").fetchall() == [
        ("company_x", "conversions", None, HEADER, "it is the header again")
    ]


def test_a_header_that_comes_again_among_malformed_lines(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = conversions("GB") + "c1\n" + f"{HEADER}\n" * 2
    assert opened(conn, tmp_path, text.encode()) == ["GB"]
    problems = conn.execute("select line from raw.main.malformed_lines").fetchall()
    assert problems == [("c1",), (HEADER,), (HEADER,)]


def test_an_empty_line_is_no_part_of_the_malformed_line_after_it(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    opened(conn, tmp_path, f'{conversions("GB")}\nc1\n\n\n"\n'.encode())
    found = conn.execute("select line from raw.main.malformed_lines").fetchall()
    assert found == [("c1",), ('"\n',)]


# --- files so large that threads share them ------------------------------------------


def counts(conn: duckdb.DuckDBPyConnection, folder: Path) -> tuple[int, int, int]:
    """Open conversions; returns rows, malformed lines, and line numbers of those."""
    open_raw(conn, {"company_x": str(folder)})
    rows = conn.execute("select count(*) from raw.company_x.conversions").fetchall()
    malformed = conn.execute(
        "select count(*), count(distinct line_number) from raw.main.malformed_lines"
    ).fetchall()
    return *rows[0], *malformed[0]


def test_one_malformed_line_where_a_part_begins(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """DuckDB's threads read 8 million bytes each."""
    ends = ["u"] * 9_000
    ends[8_000] = ",u"
    lines = [f"c,u,2021-07-15,GB,1.00{end:u>977}\n" for end in ends]
    (tmp_path / "conversions.csv").write_text(f"{HEADER}\n{''.join(lines)}")
    assert counts(conn, tmp_path) == (8_999, 1, 1)


@pytest.mark.parametrize(
    ("name", "written"),
    [("conversions.csv", "latin-1"), ("conversions.csv.gz", "utf-8")],
)
@pytest.mark.parametrize("end", ["", '"'])
def test_parts_that_are_malformed_as_a_whole(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    name: str,
    written: str,
    end: str,
) -> None:
    """Wherever DuckDB begins to read, it is at such a line; a quote may stay open."""
    good = "c,u,2021-07-15,GB,1.00\n" * 10
    malformed = f"c,{'ü' * 4_000}\n" * 2_250
    text = f"{HEADER}\n{good}{malformed}{good}{end}".encode(written)
    packed = gzip.compress(text) if name.endswith(".gz") else text
    (tmp_path / name).write_bytes(packed)
    assert counts(conn, tmp_path) == (20, 2_250 + len(end), 2_250 + len(end))


def test_a_quote_open_at_the_end_of_a_file_larger_than_memory(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """It alone must be read as a whole."""
    conn.execute("set threads = 2; set memory_limit = '100MB'")
    rows = f"{HEADER}\n" + "c,u,2021-07-15,GB,1.00\n" * 5_000_000
    (tmp_path / "conversions.csv").write_text(rows)
    assert counts(conn, tmp_path) == (5_000_000, 0, 0)
    (tmp_path / "conversions.csv").write_text(f'{rows}"')
    words = "needs more memory.*end within a quote.*folder of smaller files"
    with pytest.raises(RawDataError, match=rf"company_x.*conversions.csv.*{words}"):
        counts(conn, tmp_path)


def test_values_of_many_lines_that_look_like_rows(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    row = "c,u,2021-07-15,GB,1.00\n"
    markets = [f'"{row * 2_000}{number}"' for number in range(400)]
    found = opened(conn, tmp_path, conversions(*markets).encode())
    assert found == [market[1:-1] for market in markets]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n", (False, False)),
        ('a,"b"\n', (True, False)),
        ('a,""\n', (True, False)),
        ('"a""b",5"\n', (True, False)),
        ('a,"b\n', (True, True)),
        ('a\r"b,""\r', (True, True)),
        ('a, """b,5""', (True, True)),
        ('"', (True, True)),
        ('"a" "b', (True, True)),
        # with what is before it, it could be either
        ('a,"b,"\n', (True, True)),
        ('"a"",",b\n', (True, True)),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_quote_that_may_be_open_at_the_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    expected: tuple[bool, bool],
    size: int,
) -> None:
    monkeypatch.setattr(encoding, "BLOCK", size)
    (tmp_path / "a.csv").write_text(text, newline="")
    assert csv_files.quotes_in(tmp_path / "a.csv", b",") == expected


@pytest.mark.parametrize("separator", [" ", "~", "§"])
def test_a_quote_open_at_the_end_behind_any_separator(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, separator: str
) -> None:
    text = f'{conversions("GB", separator=separator)}c1{separator}"u\n'
    assert opened(conn, tmp_path, text.encode(), separator=separator) == ["GB"]
    found = conn.execute("select line from raw.main.malformed_lines").fetchall()
    assert found == [(f'c1{separator}"u\n',)]


@settings(max_examples=200, deadline=None)
@given(text=st.text('",\n a', max_size=20), size=st.integers(1, 8))
def test_lines_that_duckdb_rejects_of_a_whole_file_are_noted(
    text: str, size: int
) -> None:
    """A file of this size it reads as a whole unless it is told not to."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "BLOCK", size)
        path = Path(folder) / "a.csv"
        path.write_text(f"a,b\n{text}")
        conn = duckdb.connect()
        conn.execute("attach ':memory:' as raw")
        relation = csv_relation(conn, Place("shop", "vestiaire", str(path)), path)
        conn.execute(
            f"from read_csv('{path}', auto_detect = false, header = true, "
            "quote = '\"', escape = '\"', columns = {'a': 'text', 'b': 'text'}, "
            "store_rejects = true)"
        ).fetchall()
        rejected = conn.execute("select distinct line from reject_errors").fetchall()
        assert {(line.number,) for line in relation.malformed} == {*rejected}


# --- the shop's own files, as they are -----------------------------------------------


@pytest.mark.skipif(not VESTIAIRE.is_dir(), reason="no real data in vestiaire")
@pytest.mark.parametrize(
    ("name", "row_count", "told", "nul_bytes"),
    [
        ("listings", 3_042, "utf-8", 0),
        ("brands", 12_679, "latin-1", 2),
        ("category", 21, "utf-8", 0),
        ("clicks_unsubmitted", 8_841, "utf-8", 0),
    ],
)
def test_the_files_of_vestiaire_are_read_as_they_are(
    conn: duckdb.DuckDBPyConnection,
    name: str,
    row_count: int,
    told: str,
    nul_bytes: int,
) -> None:
    path = VESTIAIRE / f"{name}.csv"
    conn.execute("attach ':memory:' as raw")
    relation = csv_relation(conn, Place("shop", "vestiaire", str(path)), path)

    rows = conn.execute(f"from {relation.sql}").fetchall()
    assert len(rows) == row_count
    assert relation.malformed == ()
    assert relation.file is not None
    assert (relation.file.encoding, relation.file.nul_bytes) == (told, nul_bytes)
    assert not any("\0" in value for row in rows for value in row if value)
    if name == "brands":
        assert {("14", "Hermès"), ("9", "Chloé"), ("12383", "Hyeres Lor")} <= set(rows)
    if name == "clicks_unsubmitted":
        assert any(row[-1] == "größe" for row in rows)
