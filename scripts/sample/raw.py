"""What every sample shares: raw rows, what is planted in them, and their files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

Row = dict[str, str]

KEYS: dict[str, tuple[str, ...]] = {
    "session_sources": ("session_id",),
    "conversions": ("conv_id", "user_id", "conv_date"),
    "conversions_backend": ("conv_id", "user_id", "conv_date"),
    "api_adwords_costs": ("event_date", "campaign_id"),
    "attribution_customer_journey": ("conv_id", "session_id"),
    "session_costs": ("session_id",),
    # no declared keys: all that tells a refused row from another
    "visits": ("uid", "start_ts", "end_ts"),
    "orders": ("uid", "buy_ts", "revenue"),
    "costs": ("source_id", "dt", "costs"),
    "listings": ("id",),
    "brands": ("id_brand",),
    "category": ("id_category",),
    "clicks": ("datetime_session", "id_product"),
    "sellers": ("seller_id", "seller_since"),
    "events": ("event_id", "event_at"),
    "ticket_listings": ("listing_id", "quantity", "price"),
    "indirect_traffic": ("visitor_id", "visit_date", "visit_start_time"),
    "direct_traffic": ("visitor_id", "visit_date", "visit_start_time"),
    "customer_sales": ("sale_id", "sale_date"),
}

CHANNEL_WEIGHTS: dict[str, int] = {
    "Affiliate & Partnerships": 5,
    "Direct Traffic": 17,
    "FB & IG Ads": 9,
    "Microsoft Ads": 3,
    "Newsletter & Email": 6,
    "Organic Traffic": 15,
    "Paid Search Brand": 16,
    "Paid Search Non Brand": 12,
    "Performance Max": 10,
    "Referral": 3,
    "Social Organic": 2,
    "TikTok Ads": 2,
}
ADWORDS_CHANNELS = ("Paid Search Brand", "Paid Search Non Brand", "Performance Max")
OTHER_PAID_CHANNELS = (
    "Affiliate & Partnerships",
    "FB & IG Ads",
    "Microsoft Ads",
    "TikTok Ads",
)


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that the marts must find: a line of the planted defects."""

    property: str
    check_name: str
    raw_table: str
    finding_key: str
    note: str


@dataclass
class Sample:
    """The raw tables of one property, and what is planted in them."""

    name: str
    tables: dict[str, list[Row]]
    findings: list[Finding] = field(default_factory=list)

    def found(self, check: str, table: str, *key: str, note: str) -> None:
        """List one finding; the parts of its key are joined with `|`."""
        self.findings.append(Finding(self.name, check, table, "|".join(key), note))

    def reject(self, table: str, row: Row, reason: str, note: str = "") -> None:
        """Deliver one more row, which must be refused for this reason."""
        self.tables[table].append(row)
        key = "|".join(row[column] for column in KEYS[table])
        self.found("rejected_rows", table, f"{reason}: {key}", note=note or reason)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write UTF-8 with Unix line ends, so that two runs give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: Path) -> list[Row]:
    """Read a file back, every value as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_findings(path: Path, findings: Iterable[Finding]) -> None:
    """Write the planted defects in one order, whatever the order of planting."""
    columns = [column.name for column in fields(Finding)]
    write_csv(path, columns, (vars(finding) for finding in sorted(set(findings))))
