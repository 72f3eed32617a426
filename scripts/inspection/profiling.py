"""Say what each column of a table holds."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import duckdb

from inspection.reading import Table
from inspection.vocabulary import lexicons
from raw_data import formats, quoted_name, quoted_text
from raw_data.declared import AMOUNT_FORMATS
from raw_data.formats import (
    SPACES,
    WITH_OFFSET,
    checked_format,
    format_sql,
    time_sql,
)

# how many different values a closer look takes, and how large a part must agree
SAMPLE = 2_000
MOST = 0.9
# 2005 to 2034: numbers in here may count seconds since 1970
FIRST_EPOCH, LAST_EPOCH = 1_104_537_600, 2_051_222_400
EPOCH_UNITS = {
    "epoch_seconds": 1,
    "epoch_milliseconds": 1_000,
    "epoch_microseconds": 1_000_000,
}
NATIVE_TIMES = ("TIMESTAMP", "DATE")
TEXT = "VARCHAR"
COUNTED = {
    "whole": r"[+-]?[0-9]+",
    # certain of their decimal separator
    "point": r"[+-]?([0-9]{4,}\.[0-9]+|[0-9]*\.([0-9]{1,2}|[0-9]{4,})|0?\.[0-9]+)",
    "comma": r"[+-]?([0-9]{4,},[0-9]+|[0-9]*,([0-9]{1,2}|[0-9]{4,})|0?,[0-9]+)",
    "point_grouped": f"[+-]?[0-9]{{1,3}}(([,{SPACES}][0-9]{{3}})+\\.[0-9]+"
    "|(,[0-9]{3}){2,})",
    "comma_grouped": f"[+-]?[0-9]{{1,3}}(([.{SPACES}][0-9]{{3}})+,[0-9]+"
    "|(\\.[0-9]{3}){2,})",
    # 1.234 and 1,234 are a thousand or a fraction
    "point_or_thousand": r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}",
    "comma_or_thousand": r"[+-]?[1-9][0-9]{0,2},[0-9]{3}",
    "gapped": f"[+-]?[0-9]{{1,3}}([{SPACES}][0-9]{{3}})+",
    "with_offset": WITH_OFFSET,
    "with_time": r".*[0-9]:[0-9]{2}.*",
    "url": r"(https?://.+|/[^ ]*)",
    "agent": r"(Mozilla/|Opera/|.*[Bb]ot\b).*",
    "email": r"[^@ ]+@[^@ ]+\.[a-z]+",
    "clock": r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp][Mm])?",
    "money": r"[€$£¥] ?-?[0-9.,]+|-?[0-9.,]+ ?([€$£¥]|[A-Z]{3})",
}
NUMBERED_FLAGS = frozenset(("0", "1", "0.0", "1.0"))
# what macro `flag` reads
FLAGS = NUMBERED_FLAGS | frozenset(
    ("true", "false", "t", "f", "yes", "no", "y", "n", "on", "off")
    + ("ja", "nein", "oui", "non", "granted", "denied")
)

TIME_OF_DAY = (
    r"(?:(?P<gap>[ T]|, )(?P<hour>\d{1,2}):\d{2}(?P<second>:\d{2}(?P<part>[.,]\d+)?)?"
    r"(?P<half> ?[AaPp][Mm])?(?P<offset> ?(?:[Zz]|[+-]\d{2}:?\d{2}))?)?"
)
SHORT_DAY = re.compile(
    r"(?P<one>\d{1,2})(?P<mark>[./-])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})"
    + TIME_OF_DAY
)
LONG_DAY = re.compile(
    r"(?P<year>\d{4})(?P<mark>[./-])\d{1,2}(?P=mark)\d{1,2}" + TIME_OF_DAY
)
NAMED_DAY = re.compile(
    r"\d{1,2}(?P<mark>[ -])(?P<month>[A-Za-z]{3,9})(?P=mark)(?P<year>\d{4}|\d{2})"
    + TIME_OF_DAY
)
PACKED_DAY = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


@dataclass
class Column:
    """What a column holds.

    `name` is its plain name, `header` the same as it is written in the place.
    `shape` is one of `empty`, `time`, `clock` (of a day), `number`, `money` (with its
    currency), `flag`, `url`, `agent`, `text`.
    `notation` is how its times or amounts are written, as `column_mapping.format` says
    it; null where they need no word. `is_grouped` are numbers with thousands, as in
    1.234, and no fractions. `odd` counts the values written otherwise, `negative` the
    numbers below 0. `question` is what the values cannot tell.
    """

    name: str
    data_type: str
    filled: int
    rows: int
    distinct: int
    shape: str = "text"
    notation: str | None = None
    is_day: bool = False
    is_naive: bool = False
    is_whole: bool = False
    is_grouped: bool = False
    is_dense: bool = False
    odd: int = 0
    negative: int = 0
    lowest: str | None = None
    highest: str | None = None
    examples: list[str] = field(default_factory=list)
    lexicons: dict[str, float] = field(default_factory=dict)
    question: str | None = None
    is_email: bool = False
    header: str = ""

    def __post_init__(self) -> None:
        """Take the plain name for the header where there is none."""
        self.header = self.header or self.name

    @property
    def uniqueness(self) -> float:
        """Different values over values."""
        return self.distinct / self.filled if self.filled else 0.0

    @property
    def is_unique(self) -> bool:
        """Whether it could be a key, but for a few repeated rows."""
        return self.filled >= 0.95 * self.rows and self.uniqueness > 0.9

    @property
    def null_share(self) -> float:
        """The part of rows without a value."""
        return 1 - self.filled / self.rows if self.rows else 1.0


def profiled(conn: duckdb.DuckDBPyConnection, table: Table) -> list[Column]:
    """Look at each column of a table."""
    if not table.columns:
        return []
    names = list(table.columns)
    looked = []
    for name in names:
        value = quoted_name(name)
        looked += [f"count({value})", f"count(distinct {value})"]
        looked += [f"min({value})", f"max({value})"]
        looked += [
            f"count(*) filter (regexp_full_match({value}, {quoted_text(pattern)}))"
            for pattern in COUNTED.values()
        ]
    row = conn.execute(
        f"select count(*), {', '.join(looked)} from {table.stored}"
    ).fetchall()[0]
    size = 4 + len(COUNTED)
    columns = []
    for number, name in enumerate(names):
        filled, distinct, low, high, *counts = row[1 + number * size :][:size]
        column = Column(
            name,
            table.columns[name],
            filled,
            row[0],
            distinct,
            header=table.headers.get(name, name),
        )
        column.lowest, column.highest = low, high
        judge(conn, table, column, dict(zip(COUNTED, counts, strict=True)))
        if column.shape == "time":
            at = instant_sql(column)
            at = f"cast({at} as date)" if column.is_day else at
            column.lowest, column.highest = conn.execute(
                f"select min({at})::text, max({at})::text from {table.stored}"
            ).fetchall()[0]
        columns.append(column)
    return columns


def judge(
    conn: duckdb.DuckDBPyConnection,
    table: Table,
    column: Column,
    counts: dict[str, int],
) -> None:
    """Tell the shape of a column, and how its values are written."""
    if not column.filled:
        column.shape = "empty"
        return
    values = sampled(conn, table, column)
    column.examples = shown(values)
    lowered = {value.lower() for value in values}
    column.lexicons = {
        name: len(known) / len(values)
        for name, lexicon in lexicons().items()
        if (known := [v for v in values if is_known(v, lexicon)])
    }
    if column.data_type.startswith(NATIVE_TIMES):
        column.shape, column.is_day = "time", column.data_type == "DATE"
        column.is_naive = "ZONE" not in column.data_type and not column.is_day
        return
    if counts["agent"] > 0.5 * column.filled:
        column.shape = "agent"
    elif counts["url"] > MOST * column.filled:
        column.shape = "url"
    elif counts["clock"] > MOST * column.filled:
        column.shape = "clock"
    elif counts["money"] > MOST * column.filled:
        column.shape = "money"
    elif judge_number(conn, table, column, counts) or judge_time(
        conn, table, column, counts, values
    ):
        pass
    elif len(lowered) <= 2 and lowered <= FLAGS:
        column.shape = "flag"
    column.is_email = counts["email"] > MOST * column.filled
    if column.shape == "number" and lowered <= NUMBERED_FLAGS:
        column.shape = "flag"


def is_known(value: str, lexicon: frozenset[str]) -> bool:
    """Tell whether a value, or of longer ones a word of it, is in a lexicon."""
    spelt = re.sub(r"\s+", "_", value.strip().lower())
    words = [word for word in re.split(r"[^a-z]+", spelt) if len(word) > 2]
    return spelt in lexicon or any(word in lexicon for word in words)


def sampled(conn: duckdb.DuckDBPyConnection, table: Table, column: Column) -> list[str]:
    """Take different values, the same ones each time."""
    value = quoted_name(column.name)
    rows = conn.execute(
        f"select {value} from {table.stored} where {value} is not null "
        f"group by {value} order by md5({value}) limit {SAMPLE}"
    ).fetchall()
    return [value for (value,) in rows]


def shown(values: list[str]) -> list[str]:
    """Show a few values, short."""
    return [value if len(value) <= 24 else f"{value[:23]}…" for value in values[:3]]


# --- numbers -------------------------------------------------------------------------


def judge_number(
    conn: duckdb.DuckDBPyConnection,
    table: Table,
    column: Column,
    counts: dict[str, int],
) -> bool:
    """Tell whether a column holds numbers, and how they are written."""
    points = counts["point"] + counts["point_grouped"]
    commas = counts["comma"] + counts["comma_grouped"]
    either = counts["point_or_thousand"] + counts["comma_or_thousand"]
    total = counts["whole"] + points + commas + either + counts["gapped"]
    if total < MOST * column.filled:
        return False
    if epoch := epoch_of(conn, table, column, counts):
        column.shape, column.notation = "time", epoch
        return True
    if counts["whole"] == column.filled and packed_days(conn, table, column):
        column.shape, column.notation, column.is_day = "time", "%Y%m%d", True
        return True
    column.shape = "number"
    column.odd = column.filled - total + min(points, commas)
    if column.data_type != TEXT:
        pass  # the number itself, not how somebody wrote it
    elif commas > points:
        column.notation = ","
    elif points:
        if counts["point_grouped"] or counts["comma_or_thousand"] or counts["gapped"]:
            column.notation = "."
    elif either:
        column.notation = "," if counts["point_or_thousand"] else "."
        column.question = "thousands or fractions"
    elif counts["gapped"]:
        column.notation = ","
    # a row of totals at the end says `Total` where the others have a number
    column.is_whole = counts["whole"] == total
    column.is_grouped = bool(column.notation) and not points + commas
    low, high, column.negative = numeric_range(conn, table, column)
    column.lowest, column.highest = low, high
    if column.is_whole and low is not None and high is not None:
        column.is_dense = int(high) - int(low) + 1 <= 2 * column.distinct
    return True


def numeric_range(
    conn: duckdb.DuckDBPyConnection, table: Table, column: Column
) -> tuple[str | None, str | None, int]:
    """Find the lowest and highest number, and how many are negative."""
    number = amount_sql(column)
    ((low, high, negative),) = conn.execute(
        f"select min({number}), max({number}), count(*) filter ({number} < 0) "
        f"from {table.stored}"
    ).fetchall()
    return written(low), written(high), negative


def amount_sql(column: Column) -> str:
    """Write a number as a decimal, as the build reads it."""
    value = quoted_name(column.name)
    if column.notation in AMOUNT_FORMATS:
        value = formats.amount_sql(value, column.notation)
    return f"try_cast({value} as decimal(38, 6))"


def written(number: Decimal | None) -> str | None:
    """Write a number without trailing zeros."""
    if number is None:
        return None
    try:
        text = f"{number:f}"
    except (InvalidOperation, ValueError):
        return str(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def epoch_of(
    conn: duckdb.DuckDBPyConnection,
    table: Table,
    column: Column,
    counts: dict[str, int],
) -> str | None:
    """Tell whether numbers count seconds or their parts since 1970.

    Numbers that follow one another without gaps are ids, whatever their size.
    """
    if counts["whole"] + counts["point"] + counts["point_or_thousand"] < column.filled:
        return None
    number = f"try_cast({quoted_name(column.name)} as decimal(38, 6))"
    ((low, high),) = conn.execute(
        f"select quantile_disc({number}, 0.02), quantile_disc({number}, 0.98) "
        f"from {table.stored} where {quoted_name(column.name)} != '0'"
    ).fetchall()
    if low is None or (column.distinct > 50 and high - low + 1 <= 2 * column.distinct):
        return None
    for name, units in EPOCH_UNITS.items():
        if FIRST_EPOCH * units <= low and high <= LAST_EPOCH * units:
            return name
    return None


def packed_days(conn: duckdb.DuckDBPyConnection, table: Table, column: Column) -> bool:
    """Tell whether all whole numbers are days like 20240305."""
    value = quoted_name(column.name)
    ((count,),) = conn.execute(
        f"select count(*) from {table.stored} where regexp_full_match({value}, "
        f"{quoted_text(PACKED_DAY.pattern)}) "
        f"and try_strptime({value}, '%Y%m%d') is not null"
    ).fetchall()
    return count == column.filled


# --- times ---------------------------------------------------------------------------


def judge_time(
    conn: duckdb.DuckDBPyConnection,
    table: Table,
    column: Column,
    counts: dict[str, int],
    values: list[str],
) -> bool:
    """Tell whether a column holds dates or times, and how they are written."""
    value = quoted_name(column.name)
    ((iso,),) = conn.execute(
        f"select count(*) from {table.stored} where {value} like '____-%' and "
        f"(try_cast({value} as timestamp) is not null "
        f"or try_cast({value} as timestamptz) is not null)"
    ).fetchall()
    kinds = Counter(kind for text in values if (kind := pattern_of(text)))
    likeliest, seen = kinds.most_common(1)[0] if kinds else (None, 0)
    if iso < 0.5 * column.filled and (not likeliest or seen < 0.5 * len(values)):
        return False
    column.shape = "time"
    column.is_day = counts["with_time"] == 0
    column.is_naive = not column.is_day and counts["with_offset"] < column.filled
    column.odd = column.filled - iso
    if iso >= MOST * column.filled or not likeliest:
        return True
    notation = settled(conn, table, column, likeliest)
    column.notation = notation
    told = checked_format(notation, column.name)
    assert told
    reads = " and ".join(
        f"{format_sql(value, one, None)} is null" for one in told.variants()
    )
    ((column.odd,),) = conn.execute(
        f"select count(*) from {table.stored} where {value} is not null and {reads} "
        f"and try_cast({value} as timestamp) is null"
    ).fetchall()
    return True


def pattern_of(text: str) -> str | None:
    """Write the pattern of a date or time, with `%1` and `%2` for day and month."""
    for form, day in (
        (SHORT_DAY, "{one}{mark}{two}{mark}"),
        (LONG_DAY, "%Y{mark}%m{mark}%d"),
        (NAMED_DAY, "%d{mark}{month}{mark}"),
    ):
        if not (match := form.fullmatch(text)):
            continue
        part = match.groupdict()
        month = "%b" if len(part.get("month") or "") == 3 else "%B"
        pattern = day.format(one="%1", two="%2", mark=part["mark"], month=month)
        if form is not LONG_DAY:
            pattern += "%Y" if len(part["year"]) == 4 else "%y"
        if part["gap"]:
            pattern += part["gap"] + ("%I" if part["half"] else "%H") + ":%M"
            pattern += ":%S" if part["second"] else ""
            pattern += f"{part['part'][0]}%f" if part["part"] else ""
            half = part["half"] or ""
            pattern += half[:-2] + "%p" if half else ""
            offset = part["offset"] or ""
            pattern += (" %z" if offset.startswith(" ") else "%z") if offset else ""
        return pattern
    return None


def settled(
    conn: duckdb.DuckDBPyConnection, table: Table, column: Column, pattern: str
) -> str:
    """Settle which of two numbers is the day: one above 12 is no month."""
    if "%1" not in pattern:
        return pattern
    value = quoted_name(column.name)
    parts = "^([0-9]{1,2})[./-]([0-9]{1,2})[./-]"
    ((first, second),) = conn.execute(
        f"select count(*) filter (try_cast(regexp_extract({value}, '{parts}', 1) as "
        f"integer) > 12), count(*) filter (try_cast(regexp_extract({value}, "
        f"'{parts}', 2) as integer) > 12) from {table.stored}"
    ).fetchall()
    day_first = pattern.replace("%1", "%d").replace("%2", "%m")
    month_first = pattern.replace("%1", "%m").replace("%2", "%d")
    if first > second:
        return day_first
    if second > first:
        return month_first
    if pattern.startswith("%1."):
        return day_first  # nobody writes the month first with points
    column.question = "day or month first"
    return day_first


def swapped(pattern: str) -> str:
    """Exchange day and month."""
    return pattern.replace("%d", "%1").replace("%m", "%d").replace("%1", "%m")


def instant_sql(column: Column, notation: str | None = None) -> str:
    """Write a time as a timestamp, whatever its clock."""
    value = quoted_name(column.name)
    told = notation or column.notation
    written = checked_format(told, column.name) if told else None
    if written is None:
        return f"try_cast({value} as timestamp)"
    text = f"regexp_replace({time_sql(value, written, None)}, '[+]00:00$', '')"
    return f"try_cast({text} as timestamp)"
