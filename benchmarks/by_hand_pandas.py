"""The heavy core of the marts by hand in pandas, to measure beside them.

    .venv-benchmarks/bin/python benchmarks/by_hand_pandas.py RAW OUT

Reads the raw Parquet of one Company X shop, writes sessions with their number, credited
touches, channel totals and the reconciliation as Parquet to OUT, and prints totals as
JSON. It does less than the marts: no row is judged, no time zone, no currency.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

RULES = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position_based",
    "time_decay",
)
LOOKBACK = pd.Timedelta(days=90)
HALF_LIFE = pd.Timedelta(days=7)
# a share is a whole number of this many parts, so that cents are exact
PARTS = 10**12


def main() -> None:
    """Compute, write and print."""
    raw, out = Path(sys.argv[1]), Path(sys.argv[2])
    sessions = numbered_sessions(raw)
    sessions.to_parquet(out / "sessions.parquet")
    conversions = reconciled(raw)
    conversions.to_parquet(out / "reconciliation.parquet")
    credits = credited(touches(sessions, conversions), conversions)
    credits.to_parquet(out / "credits.parquet")
    totals = channel_totals(credits)
    totals.to_parquet(out / "channel_totals.parquet")
    by_channel = totals[totals["date_basis"] == "touch"].groupby(
        ["attribution_model", "channel"]
    )[["share", "cents"]]
    print(
        json.dumps(
            {
                "sessions": len(sessions),
                "session_numbers": int(sessions["session_number"].sum()),
                "touches": int((credits["touch_number"] > 0).sum()),
                "statuses": conversions["status"].value_counts().to_dict(),
                "gap_cents": int(conversions["gap_cents"].sum()),
                "channels": {
                    f"{model} {channel}": [int(share), int(cents)]
                    for (model, channel), (share, cents) in by_channel.sum().iterrows()
                },
            }
        )
    )


def numbered_sessions(raw: Path) -> pd.DataFrame:
    """Read the sessions and number those of each user."""
    columns = ["session_id", "user_id", "event_date", "event_time", "channel_name"]
    columns += ["campaign_id", "market", "cpc"]
    sessions = pd.read_parquet(raw / "session_sources", columns=columns)
    sessions["started_at"] = pd.to_datetime(sessions["event_date"]) + pd.to_timedelta(
        sessions["event_time"]
    )
    sessions = sessions.drop(columns=["event_date", "event_time"])
    sessions = sessions.sort_values(["user_id", "started_at", "session_id"])
    sessions["session_number"] = sessions.groupby("user_id").cumcount() + 1
    return sessions


def reconciled(raw: Path) -> pd.DataFrame:
    """Set tracking beside the books and settle what counts."""
    tracked = pd.read_parquet(raw / "conversions")
    booked = pd.read_parquet(raw / "conversions_backend")
    both = tracked.merge(
        booked, on="conv_id", how="outer", suffixes=("", "_booked"), indicator="side"
    )
    is_tracked, is_booked = both["side"] != "right_only", both["side"] != "left_only"
    for name in ("conv_date", "conv_date_booked"):
        both[name] = pd.to_datetime(both[name])
    last_booked = both["conv_date_booked"].max()
    is_awaiting = ~is_booked & (both["conv_date"] > last_booked)
    cents = cents_of(both["revenue"])
    booked_cents = cents_of(both["revenue_booked"])
    both["status"] = np.select(
        [
            is_awaiting,
            ~is_tracked,
            ~is_booked,
            cents != booked_cents,
            both["user_id"] != both["user_id_booked"],
            both["conv_date"] != both["conv_date_booked"],
            both["market"] != both["market_booked"],
        ],
        [
            "awaiting_backend",
            "missing_in_tracking",
            "missing_in_backend",
            "revenue_differs",
            "user_differs",
            "date_differs",
            "market_differs",
        ],
        "matched",
    )
    both["gap_cents"] = booked_cents - cents
    both["is_counted"] = is_booked | is_awaiting
    both["cents"] = np.where(is_booked, booked_cents, cents)
    both["conversion_date"] = both["conv_date_booked"].fillna(both["conv_date"])
    both["market"] = np.where(is_booked, both["market_booked"], both["market"])
    both["user_id"] = both["user_id"].fillna(both["user_id_booked"])
    # the tracker's time if it lies on the day that counts, else the end of that day
    end_of_day = both["conversion_date"] + pd.Timedelta(days=1, microseconds=-1)
    tracked_at = both["conv_date"] + pd.to_timedelta(both["conv_time"])
    is_same_day = both["conv_date"] == both["conversion_date"]
    both["converted_at"] = tracked_at.where(is_same_day, end_of_day)
    return both.drop(columns=["side", "conv_time"])


def cents_of(amounts: pd.Series) -> pd.Series:
    """Turn amounts into whole cents, 0 where there is none."""
    return (amounts.astype("float64").fillna(0) * 100).round().astype("int64")


def touches(sessions: pd.DataFrame, conversions: pd.DataFrame) -> pd.DataFrame:
    """Find the sessions of each counted conversion within the lookback, in order."""
    counted = conversions.loc[
        conversions["is_counted"],
        ["conv_id", "user_id", "converted_at", "conversion_date", "market", "cents"],
    ]
    visits = sessions[
        ["session_id", "user_id", "started_at", "channel_name", "campaign_id"]
    ]
    found = counted.merge(visits, on="user_id")
    is_within = (found["started_at"] <= found["converted_at"]) & (
        found["started_at"] > found["converted_at"] - LOOKBACK
    )
    found = found[is_within].sort_values(["conv_id", "started_at", "session_id"])
    journey = found.groupby("conv_id", sort=False)
    found["touch_number"] = journey.cumcount() + 1
    found["touch_count"] = journey["session_id"].transform("size")
    found["last_touched_at"] = journey["started_at"].transform("max")
    number = found["touch_number"].where(found["channel_name"] != "Direct Traffic")
    found["last_non_direct"] = (
        number.groupby(found["conv_id"], sort=False)
        .transform("max")
        .fillna(found["touch_count"])
    )
    return found


def credited(found: pd.DataFrame, conversions: pd.DataFrame) -> pd.DataFrame:
    """Share each conversion over its touches under each rule, to the cent."""
    number = found["touch_number"].to_numpy()
    count = found["touch_count"].to_numpy()
    cents = found["cents"].to_numpy()
    age = (found["last_touched_at"] - found["started_at"]) / HALF_LIFE
    found["weight"] = np.rint(np.exp2(-age) * 1e13).astype("int64")
    journey = found.groupby("conv_id", sort=False)["weight"]
    total = journey.transform("sum").to_numpy()
    running = journey.cumsum().to_numpy()
    weight = found["weight"].to_numpy()
    last_non_direct = found["last_non_direct"].to_numpy()
    for rule in RULES:
        so_far, before = (
            parts_after(rule, k, count, last_non_direct, sum_so_far / total)
            for k, sum_so_far in ((number, running), (number - 1, running - weight))
        )
        found[f"{rule}_share"] = so_far - before
        found[f"{rule}_cents"] = whole_cents(so_far, cents) - whole_cents(before, cents)
    credits = found.drop(
        columns=["weight", "last_touched_at", "last_non_direct", "touch_count", "cents"]
    ).rename(columns={"channel_name": "channel"})
    credits["touch_date"] = credits["started_at"].dt.normalize()
    untouched = conversions[
        conversions["is_counted"] & ~conversions["conv_id"].isin(credits["conv_id"])
    ]
    rest = untouched[["conv_id", "user_id", "converted_at", "conversion_date"]].assign(
        market=untouched["market"],
        channel="(no touchpoint)",
        touch_number=0,
        touch_date=untouched["conversion_date"],
        **{f"{rule}_share": PARTS for rule in RULES},
        **{f"{rule}_cents": untouched["cents"] for rule in RULES},
    )
    return pd.concat([credits, rest], ignore_index=True)


def parts_after(
    rule: str,
    number: np.ndarray,
    count: np.ndarray,
    last_non_direct: np.ndarray,
    decayed: np.ndarray,
) -> np.ndarray:
    """Give the share that touches 1 to `number` have earned, in parts of 1e12."""
    middle = np.maximum(count - 2, 1)
    share = {
        "first_touch": lambda: number >= 1,
        "last_touch": lambda: number >= count,
        "last_non_direct": lambda: number >= last_non_direct,
        "linear": lambda: number / count,
        "position_based": lambda: np.where(
            count == 2, 0.5, (2.0 * middle + number - 1) / (5 * middle)
        ),
        "time_decay": lambda: decayed,
    }[rule]()
    share = np.where(number == 0, 0, np.where(number == count, 1, share))
    return np.floor(share * PARTS + 0.5).astype("int64")


def whole_cents(parts: np.ndarray, cents: np.ndarray) -> np.ndarray:
    """Turn a running share into cents, half a cent upwards."""
    return (parts * cents + PARTS // 2) // PARTS


def channel_totals(credits: pd.DataFrame) -> pd.DataFrame:
    """Add credits up by rule, date basis, day, channel and market."""
    columns = [f"{rule}_{part}" for rule in RULES for part in ("share", "cents")]
    totals = []
    for basis, date in (("conversion", "conversion_date"), ("touch", "touch_date")):
        keys = [date, "channel", "market"]
        summed = credits.groupby(keys, dropna=False)[columns].sum().reset_index()
        totals += [
            summed[keys]
            .rename(columns={date: "report_date"})
            .assign(
                date_basis=basis,
                attribution_model=rule,
                share=summed[f"{rule}_share"],
                cents=summed[f"{rule}_cents"],
            )
            for rule in RULES
        ]
    return pd.concat(totals, ignore_index=True)


if __name__ == "__main__":
    main()
