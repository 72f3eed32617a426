"""What the API is told by its environment, and the limits it keeps."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from publish import PROJECT, published_file
from raw_data import RawDataError
from raw_data.declared import PROPERTIES, read_seed

INVENTORY = "TRIBUTARY_INVENTORY"
# a day, in seconds
LONGEST_RESERVATION = 86_400
DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


@dataclass(frozen=True)
class Settings:
    """How one API runs. Times are seconds, rates are requests a second.

    `inventory` is a connection string, `property_name` the property whose raw source
    the inventory is, `time_zone` that of its clock. A `burst` is how many requests may
    come at once before a rate counts.
    """

    published: Path = field(default_factory=published_file)
    inventory: str = field(default_factory=lambda: inventory_url())
    property_name: str = "vivid_seats"
    time_zone: ZoneInfo = ZoneInfo("UTC")
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")

    token_rate: float = 600
    address_rate: float = 1200
    # wrong tokens from one address: guessing is hopeless, and shall be quiet too
    refused_rate: float = 5
    refused_burst: float = 100

    query_seconds: float = 10
    body_bytes: int = 65_536
    reservation_seconds: int = 600
    idempotency_days: int = 7

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the environment: `TRIBUTARY_INVENTORY` and `TRIBUTARY_API_…`."""
        name = setting("PROPERTY", "vivid_seats")
        rate = number("RATE", cls.token_rate)
        return cls(
            property_name=name,
            time_zone=ZoneInfo(time_zone_of(name)),
            hosts=(*cls.hosts, *setting("HOSTS", "").split()),
            token_rate=rate,
            address_rate=number("ADDRESS_RATE", 2 * rate),
            query_seconds=number("QUERY_SECONDS", cls.query_seconds),
            reservation_seconds=whole_number(
                "RESERVATION_SECONDS", cls.reservation_seconds, most=LONGEST_RESERVATION
            ),
        )


def setting(name: str, default: str) -> str:
    """Read environment variable `TRIBUTARY_API_<name>`."""
    return os.environ.get(f"TRIBUTARY_API_{name}", "").strip() or default


def number(name: str, default: float) -> float:
    """Read a number above 0 from the environment.

    Raises:
        SystemExit: it is none, in one line that names the variable.
    """
    text = setting(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise SystemExit(f"TRIBUTARY_API_{name} is {text!r}: give a number above 0.")
    return value


def whole_number(name: str, default: int, most: int) -> int:
    """Read a whole number above 0, and no larger than another, from the environment.

    Raises:
        SystemExit: it is none, in one line that names the variable.
    """
    text = setting(name, str(default))
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= most:
        raise SystemExit(
            f"TRIBUTARY_API_{name} is {text!r}: give a whole number from 1 to {most}."
        )
    return value


def inventory_url() -> str:
    """Tell where the inventory is, as SQLAlchemy writes it.

    `TRIBUTARY_INVENTORY` is the path of a SQLite file, or the connection string of a
    PostgreSQL database; without it, inventory.db in the project.
    """
    text = os.environ.get(INVENTORY, "").strip() or "inventory.db"
    scheme, separator, rest = text.partition("://")
    if not separator:
        # a path may hold signs that mean something in a connection string
        return f"sqlite:///{quote(str(PROJECT / text))}"
    if scheme not in DRIVERS:
        raise SystemExit(
            f"{INVENTORY} must be the path of a SQLite file, or "
            "postgresql://user:password@host:5432/database."
        )
    return f"{DRIVERS[scheme]}://{rest}"


def time_zone_of(property_name: str) -> str:
    """Look up a property's time zone in the seed that says what properties are."""
    try:
        rows = read_seed(PROPERTIES).rows.values()
    except RawDataError as error:
        raise SystemExit(error.msg) from None
    zones = {row["property"]: row["time_zone"] for row in rows}
    return zones.get(property_name) or "UTC"
