"""The keyed hash that stands for a personal value.

HMAC-SHA-256 (RFC 2104) in DuckDB's own functions, so that millions of values are hashed
by all threads. The key comes from an environment variable and is bound as a parameter
into a table in memory: it stands in no SQL text, and so in no log, manifest or compiled
file, and never reaches the working database.
"""

from __future__ import annotations

import hashlib
import os

import duckdb

KEY_VARIABLE = "TRIBUTARY_PII_KEY"
BLOCK_SIZE = 64  # bytes, of SHA-256


def register_pii_hash(conn: duckdb.DuckDBPyConnection) -> None:
    """Create `raw.main.pii_hash(value)`: 32 hexadecimal digits, null without a key."""
    conn.execute(
        "create table raw.main.pii_key as "
        "select ?::blob as inner_pad, ?::blob as outer_pad",
        hmac_pads(os.environ.get(KEY_VARIABLE, "")),
    )
    inner = "(select inner_pad from raw.main.pii_key)"
    outer = "(select outer_pad from raw.main.pii_key)"
    conn.execute(
        "create macro raw.main.pii_hash(value) as "
        f"left(sha256({outer} || unhex(sha256({inner} || encode(value::text)))), 32)"
    )


def hmac_pads(key: str) -> list[bytes | None]:
    """Derive the inner and outer pad of HMAC-SHA-256 from a key; nulls without one."""
    if not key:
        return [None, None]
    secret = key.encode()
    if len(secret) > BLOCK_SIZE:
        secret = hashlib.sha256(secret).digest()
    secret = secret.ljust(BLOCK_SIZE, b"\0")
    return [bytes(byte ^ pad for byte in secret) for pad in (0x36, 0x5C)]
