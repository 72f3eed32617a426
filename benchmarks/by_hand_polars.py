"""The heavy core of the marts by hand in Polars, to measure beside them.

    .venv-benchmarks/bin/python benchmarks/by_hand_polars.py RAW OUT

The same as benchmarks/by_hand_pandas.py, which says what it does and what it leaves
out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

RULES = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position_based",
    "time_decay",
)
LOOKBACK = pl.duration(days=90)
HALF_LIFE_MICROSECONDS = 7 * 86_400_000_000
# a share is a whole number of this many parts, so that cents are exact
PARTS = 10**12


def main() -> None:
    """Compute, write and print."""
    raw, out = Path(sys.argv[1]), Path(sys.argv[2])
    sessions = numbered_sessions(raw)
    sessions.write_parquet(out / "sessions.parquet")
    conversions = reconciled(raw)
    conversions.write_parquet(out / "reconciliation.parquet")
    credits = credited(touches(sessions, conversions), conversions)
    credits.write_parquet(out / "credits.parquet")
    totals = channel_totals(credits)
    totals.write_parquet(out / "channel_totals.parquet")
    by_channel = (
        totals.filter(pl.col("date_basis") == "touch")
        .group_by("attribution_model", "channel")
        .agg(pl.col("share", "cents").sum())
    )
    print(
        json.dumps(
            {
                "sessions": sessions.height,
                "session_numbers": int(sessions["session_number"].sum()),
                "touches": int((credits["touch_number"] > 0).sum()),
                "statuses": dict(conversions["status"].value_counts().iter_rows()),
                "gap_cents": int(conversions["gap_cents"].sum()),
                "channels": {
                    f"{model} {channel}": [share, cents]
                    for model, channel, share, cents in by_channel.iter_rows()
                },
            }
        )
    )


def numbered_sessions(raw: Path) -> pl.DataFrame:
    """Read the sessions and number those of each user."""
    return (
        pl.scan_parquet(raw / "session_sources" / "*.parquet")
        .select(
            "session_id",
            "user_id",
            pl.col("event_date")
            .dt.combine(pl.col("event_time").str.to_time("%H:%M:%S"))
            .alias("started_at"),
            "channel_name",
            "campaign_id",
            "market",
            "cpc",
        )
        .sort("user_id", "started_at", "session_id")
        .with_columns(
            (pl.int_range(pl.len()).over("user_id") + 1).alias("session_number")
        )
        .collect()
    )


def reconciled(raw: Path) -> pl.DataFrame:
    """Set tracking beside the books and settle what counts."""
    tracked = pl.scan_parquet(raw / "conversions" / "*.parquet")
    booked = pl.scan_parquet(raw / "conversions_backend" / "*.parquet")
    is_tracked = pl.col("revenue").is_not_null()
    is_booked = pl.col("revenue_booked").is_not_null()
    is_awaiting = ~is_booked & (pl.col("conv_date") > pl.col("conv_date_booked").max())
    cents, booked_cents = cents_of("revenue"), cents_of("revenue_booked")
    conversion_date = pl.coalesce("conv_date_booked", "conv_date")
    status = (
        pl.when(is_awaiting)
        .then(pl.lit("awaiting_backend"))
        .when(~is_tracked)
        .then(pl.lit("missing_in_tracking"))
        .when(~is_booked)
        .then(pl.lit("missing_in_backend"))
        .when(cents != booked_cents)
        .then(pl.lit("revenue_differs"))
        .when(pl.col("user_id").ne_missing(pl.col("user_id_booked")))
        .then(pl.lit("user_differs"))
        .when(pl.col("conv_date") != pl.col("conv_date_booked"))
        .then(pl.lit("date_differs"))
        .when(pl.col("market").ne_missing(pl.col("market_booked")))
        .then(pl.lit("market_differs"))
        .otherwise(pl.lit("matched"))
    )
    # the tracker's time if it lies on the day that counts, else the end of that day
    tracked_at = pl.col("conv_date").dt.combine(
        pl.col("conv_time").str.to_time("%H:%M:%S")
    )
    end_of_day = conversion_date.cast(pl.Datetime("us")) + pl.duration(
        days=1, microseconds=-1
    )
    return (
        tracked.join(booked, on="conv_id", how="full", coalesce=True, suffix="_booked")
        .with_columns(
            status=status,
            gap_cents=booked_cents - cents,
            is_counted=is_booked | is_awaiting,
            cents=pl.when(is_booked).then(booked_cents).otherwise(cents),
            conversion_date=conversion_date,
            market=pl.when(is_booked)
            .then(pl.col("market_booked"))
            .otherwise(pl.col("market")),
            user_id=pl.coalesce("user_id", "user_id_booked"),
            converted_at=pl.when(
                (pl.col("conv_date") == conversion_date).fill_null(False)
            )
            .then(tracked_at)
            .otherwise(end_of_day),
        )
        .drop("conv_time")
        .collect()
    )


def cents_of(column: str) -> pl.Expr:
    """Turn amounts into whole cents, 0 where there is none."""
    return (pl.col(column).cast(pl.Float64).fill_null(0) * 100).round().cast(pl.Int64)


def touches(sessions: pl.DataFrame, conversions: pl.DataFrame) -> pl.LazyFrame:
    """Find the sessions of each counted conversion within the lookback, in order."""
    counted = (
        conversions.lazy()
        .filter("is_counted")
        .select(
            "conv_id", "user_id", "converted_at", "conversion_date", "market", "cents"
        )
    )
    visits = sessions.lazy().select(
        "session_id", "user_id", "started_at", "channel_name", "campaign_id"
    )
    return (
        counted.join(visits, on="user_id")
        .filter(
            (pl.col("started_at") <= pl.col("converted_at"))
            & (pl.col("started_at") > pl.col("converted_at") - LOOKBACK)
        )
        .sort("conv_id", "started_at", "session_id")
        .with_columns(
            touch_number=pl.int_range(pl.len()).over("conv_id") + 1,
            touch_count=pl.len().over("conv_id").cast(pl.Int64),
            last_touched_at=pl.col("started_at").max().over("conv_id"),
        )
        .with_columns(
            last_non_direct=pl.col("touch_number")
            .filter(pl.col("channel_name") != "Direct Traffic")
            .max()
            .over("conv_id")
            .fill_null(pl.col("touch_count"))
        )
    )


def credited(found: pl.LazyFrame, conversions: pl.DataFrame) -> pl.DataFrame:
    """Share each conversion over its touches under each rule, to the cent."""
    age = (
        pl.col("last_touched_at") - pl.col("started_at")
    ).dt.total_microseconds() / HALF_LIFE_MICROSECONDS
    weighed = found.with_columns(
        weight=((2.0 ** (-age)) * 1e13).round().cast(pl.Int64)
    ).with_columns(
        running=pl.col("weight").cum_sum().over("conv_id"),
        total=pl.col("weight").sum().over("conv_id"),
    )
    number = pl.col("touch_number")
    shares = {}
    for rule in RULES:
        shares[f"{rule}_so_far"] = parts_after(rule, number, pl.col("running"))
        shares[f"{rule}_before"] = parts_after(
            rule, number - 1, pl.col("running") - pl.col("weight")
        )
    steps = {}
    for rule in RULES:
        so_far, before = pl.col(f"{rule}_so_far"), pl.col(f"{rule}_before")
        steps[f"{rule}_share"] = so_far - before
        steps[f"{rule}_cents"] = whole_cents(so_far) - whole_cents(before)
    credits = (
        weighed.with_columns(**shares)
        .select(
            "conv_id",
            "user_id",
            "converted_at",
            "conversion_date",
            "market",
            "session_id",
            "started_at",
            pl.col("channel_name").alias("channel"),
            "campaign_id",
            "touch_number",
            pl.col("started_at").dt.date().alias("touch_date"),
            **steps,
        )
        .collect()
    )
    untouched = (
        conversions.filter("is_counted")
        .join(credits.select("conv_id").unique(), on="conv_id", how="anti")
        .select(
            "conv_id",
            "user_id",
            "converted_at",
            "conversion_date",
            "market",
            pl.lit("(no touchpoint)").alias("channel"),
            pl.lit(0, pl.Int64).alias("touch_number"),
            pl.col("conversion_date").alias("touch_date"),
            **{f"{rule}_share": pl.lit(PARTS, pl.Int64) for rule in RULES},
            **{f"{rule}_cents": pl.col("cents") for rule in RULES},
        )
    )
    return pl.concat([credits, untouched], how="diagonal")


def parts_after(rule: str, number: pl.Expr, sum_so_far: pl.Expr) -> pl.Expr:
    """Give the share that touches 1 to `number` have earned, in parts of 1e12."""
    count = pl.col("touch_count")
    middle = pl.max_horizontal(count - 2, pl.lit(1))
    share = {
        "first_touch": (number >= 1).cast(pl.Float64),
        "last_touch": (number >= count).cast(pl.Float64),
        "last_non_direct": (number >= pl.col("last_non_direct")).cast(pl.Float64),
        "linear": number / count,
        "position_based": pl.when(count == 2)
        .then(0.5)
        .otherwise((2.0 * middle + number - 1) / (5 * middle)),
        "time_decay": sum_so_far / pl.col("total"),
    }[rule]
    share = (
        pl.when(number == 0).then(0.0).when(number == count).then(1.0).otherwise(share)
    )
    return (share * PARTS + 0.5).floor().cast(pl.Int64)


def whole_cents(parts: pl.Expr) -> pl.Expr:
    """Turn a running share into cents, half a cent upwards."""
    return (parts * pl.col("cents") + PARTS // 2) // PARTS


def channel_totals(credits: pl.DataFrame) -> pl.DataFrame:
    """Add credits up by rule, date basis, day, channel and market."""
    columns = [f"{rule}_{part}" for rule in RULES for part in ("share", "cents")]
    totals = []
    for basis, date in (("conversion", "conversion_date"), ("touch", "touch_date")):
        summed = credits.group_by(date, "channel", "market").agg(pl.col(columns).sum())
        totals += [
            summed.select(
                pl.col(date).alias("report_date"),
                "channel",
                "market",
                pl.lit(basis).alias("date_basis"),
                pl.lit(rule).alias("attribution_model"),
                pl.col(f"{rule}_share").alias("share"),
                pl.col(f"{rule}_cents").alias("cents"),
            )
            for rule in RULES
        ]
    return pl.concat(totals)


if __name__ == "__main__":
    main()
