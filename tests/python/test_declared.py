"""The seeds that say how raw data is read, as people save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from raw_data import RawDataError, declared
from raw_data.declared import (
    Rename,
    column_mapping,
    declared_layouts,
    property_settings,
)

MAPPING = "property,raw_table,source_column,column_name,format\n"
PROPERTIES = "property,time_zone,currency,timestamp_format,gross_margin\n"
ORDER = "shop,conversions,Währung,currency,\n"
ZONES = frozenset(["UTC", "Europe/Berlin"])


@pytest.fixture
def mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a file in place of the project's column mapping."""
    path = tmp_path / "column_mapping.csv"
    monkeypatch.setattr(declared, "COLUMN_MAPPING", str(path))
    return path


@pytest.fixture
def properties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a file in place of the project's properties."""
    path = tmp_path / "properties.csv"
    monkeypatch.setattr(declared, "PROPERTIES", str(path))
    return path


def refusal() -> str:
    """Read the two seeds, of which one must be refused; returns the words."""
    with pytest.raises(RawDataError) as caught:
        column_mapping(declared_layouts())
        property_settings(ZONES)
    assert "\n" not in caught.value.msg
    return caught.value.msg


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_byte_order_mark_is_no_part_of_a_seed(
    mapping: Path, properties: Path, line_end: str
) -> None:
    text = f"{MAPPING}{ORDER}\n".replace("\n", line_end)
    mapping.write_bytes(text.encode("utf-8-sig"))
    text = f"{PROPERTIES}shop,Europe/Berlin,EUR,,\n".replace("\n", line_end)
    properties.write_bytes(text.encode("utf-8-sig"))

    found = column_mapping(declared_layouts())
    assert found["shop", "contract", "conversions"] == {"währung": Rename("currency")}
    assert property_settings(ZONES)["shop"].time_zone == "Europe/Berlin"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_seed_with_semicolons_is_refused(
    mapping: Path, properties: Path, encoding: str
) -> None:
    mapping.write_text((MAPPING + ORDER).replace(",", ";"), encoding=encoding)
    message = refusal()
    assert message.startswith(f"{mapping}: the first line is 'property;raw_table;")
    assert "property,raw_table,source_column,column_name. Write commas" in message

    mapping.write_text(MAPPING)
    properties.write_text(PROPERTIES.replace(",", ";"), encoding=encoding)
    assert f"{properties}: the first line is 'property;time_zone;" in refusal()


@pytest.mark.parametrize("header", ["", "property,zone,currency\n"])
def test_a_seed_without_a_column_is_refused(
    mapping: Path, properties: Path, header: str
) -> None:
    mapping.write_text(MAPPING)
    properties.write_text(header)
    assert f"{properties}: the first line is {header.strip()!r}, but" in refusal()


def test_a_seed_that_is_not_utf_8_is_refused_by_its_line(mapping: Path) -> None:
    text = f"{MAPPING}shop,conversions,id,conversion_id,\n{ORDER}"
    mapping.write_text(text, encoding="cp1252")
    assert refusal() == (
        f"{mapping}, line 3: this is not UTF-8. Save the file as UTF-8 (Excel calls it "
        "CSV UTF-8)."
    )
    mapping.write_text(text, encoding="utf-16")
    assert f"{mapping}, line 1: this is not UTF-8" in refusal()


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ("shop,conversions,Total", 3),
        # an amount with a decimal comma, which is a value
        ("shop,conversions,Total,revenue,,", 6),
        ("shop;conversions;Total;revenue;", 1),
    ],
)
def test_a_row_of_another_number_of_values_is_refused(
    mapping: Path, row: str, count: int
) -> None:
    mapping.write_text(f"{MAPPING}\n{row}\n{ORDER}")
    words = f"{mapping}, line 3: the number of values is {count}, but must be 5 as in"
    assert refusal().startswith(words)


def test_a_mapping_to_nowhere_is_refused_by_its_line(mapping: Path) -> None:
    mapping.write_text(f"{MAPPING}{ORDER}shop,conversions,total,turnover,\n")
    assert f"{mapping}, line 3: no layout declares a column 'turnover'" in refusal()


@pytest.mark.parametrize("notation", ["%d/%m/%Y", "d/m/yyyy", "epoch_seconds", "iso"])
def test_an_amount_written_like_a_time_is_refused_by_its_line(
    mapping: Path, notation: str
) -> None:
    row = f"shop,conversions,total,revenue,{notation}\n"
    mapping.write_text(f"{MAPPING}{ORDER}{row}")
    assert refusal() == (
        f"{mapping}, line 3: {notation!r} is no format of revenue. It is an amount: "
        "write , or ."
    )


@pytest.mark.parametrize("notation", [",", "."])
@pytest.mark.parametrize(
    ("table", "column"), [("conversions", "converted_at"), ("ad_costs", "cost_date")]
)
def test_a_time_written_like_an_amount_is_refused_by_its_line(
    mapping: Path, table: str, column: str, notation: str
) -> None:
    row = f'shop,{table},ts,{column},"{notation}"\n'
    mapping.write_text(f"{MAPPING}{ORDER}{row}")
    assert refusal() == (
        f"{mapping}, line 3: {notation!r} is no format of {column}. It is a time: "
        "write it like %d/%m/%Y or epoch_seconds."
    )


def test_a_format_fits_what_is_declared_or_what_is_not(mapping: Path) -> None:
    """Of a column without a type, the format itself says what it is."""
    rows = (
        'shop,conversions,total,revenue,","',
        "shop,conversions,ts,converted_at,%d/%m/%Y",
        "shop,sessions,ad,campaign_id,%d/%m/%Y",
        'shop,sessions,id,session_id,","',
    )
    mapping.write_text(MAPPING + "\n".join(rows) + "\n")
    found = column_mapping(declared_layouts())
    assert found["shop", "contract", "conversions"] == {
        "total": Rename("revenue", ","),
        "ts": Rename("converted_at", "%d/%m/%Y"),
    }
    assert found["shop", "contract", "sessions"] == {
        "ad": Rename("campaign_id", "%d/%m/%Y"),
        "id": Rename("session_id", ","),
    }
