"""Notations of times and amounts, and the SQL that brings them to one.

What a notation does not fit stays as it is, so that staging refuses it by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from raw_data.common import RawDataError, quoted_text

# how many of the unit make a second
EPOCHS = {
    "epoch": 1,
    "epoch_s": 1,
    "epoch_seconds": 1,
    "unix": 1,
    "epoch_ms": 1_000,
    "epoch_milliseconds": 1_000,
    "epoch_us": 1_000_000,
    "epoch_microseconds": 1_000_000,
}
ISO = ("iso", "iso8601", "iso 8601", "iso-8601")
LAST_EPOCH = 4_102_444_800  # 2100-01-01, in seconds
EXAMPLES = "%d/%m/%Y %H:%M, d/m/yyyy hh:mm, epoch_seconds or epoch_milliseconds"

# letters of a notation as people write it; `m` is a minute right after an hour
LETTERS = re.compile(
    r"y+|Y+|M+|m+|d+|D+|[hH]+|s+|S+|f+|(?i:am/pm|am|pm|tt)|a|[zZX]+|T|'[^']*'|."
)
HALF_DAYS = ("am/pm", "am", "pm", "tt", "a")
CODES = {
    "yyyy": "%Y",
    "yy": "%y",
    "mmmm": "%B",
    "mmm": "%b",
    "mm": "%m",
    "m": "%m",
    "dd": "%d",
    "d": "%d",
    "ss": "%S",
    "s": "%S",
}
TIME_CODES = re.compile(r"[ T]*%[HIMSpfz].*", re.DOTALL)
WITH_OFFSET = r".*[0-9]:[0-9]{2}.*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)"
# thousands: a point or comma (whichever is not the decimal one), spaces, apostrophes
SPACES = " '’\u00a0\u202f\u2009"


@dataclass(frozen=True)
class Format:
    """How times are written: a pattern of strptime, or a count since 1970.

    Exactly one is given; `units` is how many of what is counted make a second.
    """

    pattern: str | None = None
    units: int | None = None

    @property
    def has_time(self) -> bool:
        """Whether the pattern tells a time of day."""
        return self.pattern is not None and bool(TIME_CODES.search(self.pattern))

    def variants(self) -> list[Format]:
        """List this notation and those that differ in how exact the time of day is."""
        if self.pattern is None:
            return [self]
        if not self.has_time:
            times = (" %H:%M:%S", " %H:%M", " %H:%M:%S.%f")
            return [self, *(Format(self.pattern + time) for time in times)]
        others = []
        if self.pattern.endswith(":%M"):
            others.append(Format(f"{self.pattern}:%S"))
        date_alone = TIME_CODES.sub("", self.pattern)
        if re.search("%[dj]", date_alone):
            others.append(Format(date_alone))
        return [self, *others]


def checked_format(notation: str, where: str) -> Format | None:
    """Read a notation of times; null is ISO 8601.

    Args:
        notation: a pattern (`%d/%m/%Y`), letters (`d/m/yyyy hh:mm`) or `epoch_seconds`.
        where: what to blame, for the error.

    Raises:
        RawDataError: it is none of these.
    """
    word = notation.strip().lower()
    if word in ISO:
        return None
    if word in EPOCHS:
        return Format(units=EPOCHS[word])
    pattern = notation if "%" in notation else pattern_of_letters(notation)
    if pattern is not None and is_pattern(pattern):
        return Format(pattern)
    raise RawDataError(
        f"{where}: {notation!r} is no format of dates or times. Write it like "
        f"{EXAMPLES}."
    )


def pattern_of_letters(notation: str) -> str | None:
    """Translate `d/m/yyyy hh:mm` to a pattern; null if a letter means nothing."""
    tokens = LETTERS.findall(notation)
    is_half_day = any(token.lower() in HALF_DAYS for token in tokens)
    pattern, after_hour = [], False
    for token in tokens:
        kind = token[0]
        if kind in "hH":
            pattern.append("%I" if is_half_day else "%H")
            after_hour = True
        elif kind in "mM" and len(token) < 3 and after_hour:
            pattern.append("%M")
            after_hour = False
        elif token.lower() in CODES and kind in "yYmMdDs":
            pattern.append(CODES[token.lower()])
        elif kind in "Sf":
            # fractions; SS alone is how some write seconds
            pattern.append("%S" if token in ("S", "SS") else "%f")
        elif kind in "zZX":
            pattern.append("%z")
        elif token.lower() in HALF_DAYS:
            pattern.append("%p")
        elif kind == "'":
            pattern.append(token[1:-1])
        elif kind.isalpha() and kind != "T":
            return None
        else:
            pattern.append(token)
    return "".join(pattern)


def is_pattern(pattern: str) -> bool:
    """Tell whether the engine reads a pattern, and whether it names a whole day."""
    has_day = re.search("%[dj]", pattern) and re.search("%[Yy]", pattern)
    has_month = re.search("%[mbBj]", pattern)
    try:
        duckdb.execute("select try_strptime('', ?)", [pattern])
    except duckdb.Error:
        return False
    return bool(has_day and has_month)


def time_sql(value: str, notation: Format, clock: str | None) -> str:
    """Write the SQL that brings a time to ISO 8601.

    Args:
        value: SQL of the time as text.
        notation: how it is written; its time of day may be more or less exact.
        clock: the time zone whose clock an instant is told by, without an offset; null
            tells it in UTC with `+00:00`.
    """
    text = f"trim({value})"
    attempts = [format_sql(text, one, clock) for one in notation.variants()]
    return f"coalesce({', '.join([*attempts, value])})"


def format_sql(text: str, notation: Format, clock: str | None) -> str:
    """Write the SQL that reads one notation; null where it does not fit."""
    if notation.units:
        number = f"try_cast({text} as decimal(24, 6))"
        micros = f"try_cast({number} * {1_000_000 // notation.units} as bigint)"
        instant = f"make_timestamp({micros})"
        return (
            f"case when {number} between 0 and {LAST_EPOCH * notation.units} "
            f"then {told_sql(instant, clock)} end"
        )
    assert notation.pattern
    if "%z" in notation.pattern or "%Z" in notation.pattern:
        offset = f"regexp_replace({text}, '(?i)z$', '+00:00')"
        parsed = f"try_strptime({offset}, {quoted_text(notation.pattern)})"
        return told_sql(f"timezone('UTC', {parsed})", clock)
    parsed = f"try_strptime({text}, {quoted_text(notation.pattern)})"
    kind = "timestamp" if notation.has_time else "date"
    return f"cast(cast({parsed} as {kind}) as text)"


def told_sql(instant: str, clock: str | None) -> str:
    """Write an instant, given as a timestamp in UTC, as text."""
    if clock is None:
        return f"cast({instant} as text) || '+00:00'"
    local = f"timezone({quoted_text(clock)}, timezone('UTC', {instant}))"
    return f"cast({local} as text)"


def local_day_sql(value: str, clock: str) -> str:
    """Write the SQL that tells a time with an offset by a clock, so that its day is."""
    local = f"timezone({quoted_text(clock)}, try_cast({value} as timestamptz))"
    return (
        f"case when regexp_full_match(trim({value}), {quoted_text(WITH_OFFSET)}) "
        f"then coalesce(cast({local} as text), {value}) else {value} end"
    )


def number_sql(value: str) -> str:
    """Write the SQL of a fraction as text, null for NaN, which is no number.

    An id of which one file made a fraction is that of the other files: a whole one has
    no point, as long as all of its digits are written (up to 1e16).
    """
    return (
        f"(case when abs({value}) < 1e16 and {value} = trunc({value}) "
        f"then {value}::bigint::text when not isnan({value}) then {value}::text end)"
    )


def amount_sql(value: str, decimal_separator: str, has_numbers: bool = False) -> str:
    """Write the SQL that takes thousands separators out and makes a decimal point.

    Only whole groups of three are thousands, so that `12.50` is never read as 1250, nor
    `0.125` as 125.

    Args:
        value: SQL of the amount as text.
        decimal_separator: a comma or a point.
        has_numbers: whether what looks like a number is one, whose point is a point.
    """
    thousands = f"{SPACES}." if decimal_separator == "," else f"{SPACES},"
    mark = re.escape(decimal_separator)
    groups = f"[1-9][0-9]{{0,2}}([{thousands}][0-9]{{3}})+"
    grouped = f"[+-]?([0-9]+|{groups})({mark}[0-9]*)?"
    bare = f"translate(trim({value}), {quoted_text(thousands)}, '')"
    number = f"when try_cast({value} as double) is not null then {value} "
    return (
        f"case {number if has_numbers else ''}"
        f"when regexp_full_match(trim({value}), {quoted_text(grouped)}) "
        f"then replace({bare}, {quoted_text(decimal_separator)}, '.') else {value} end"
    )
