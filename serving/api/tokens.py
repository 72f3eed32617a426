"""Let sellers and partners in: make, list and revoke tokens.

    python -m serving.api.tokens make SELLER [--scopes "read lots"] [--days 90]
    python -m serving.api.tokens list
    python -m serving.api.tokens revoke TOKEN_ID

A token is shown once, when it is made: only a hash of it is stored.
"""

from __future__ import annotations

import argparse
import re
import sys
from datetime import timedelta

from sqlalchemy import insert, select, update

from serving.api.guard import SCOPES, new_token
from serving.api.inventory.engine import Database
from serving.api.inventory.store import utc_now
from serving.api.inventory.tables import TOKENS
from serving.api.settings import inventory_url

SELLER = re.compile(r"[!-~]{1,64}")
LONGEST_DAYS = 3650


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tokens", description="Tokens of the API.")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make", help="make a token")
    making.add_argument("seller", help="the seller_id whose lots it is for")
    making.add_argument("--scopes", default="read lots sales")
    making.add_argument("--days", type=int, default=90, help="until it expires")
    commands.add_parser("list", help="list the tokens, without their secrets")
    revoking = commands.add_parser("revoke", help="let a token in no more")
    revoking.add_argument("token_id")
    options = parser.parse_args(arguments)
    database = Database(inventory_url())
    database.migrate()
    try:
        if options.command == "make":
            return make(database, options.seller, options.scopes, options.days)
        if options.command == "revoke":
            return revoke(database, options.token_id)
        return show(database)
    finally:
        database.close()


def make(database: Database, seller: str, scopes: str, days: int) -> int:
    """Make a token and print it, the only time that it is seen."""
    wanted = scopes.replace(",", " ").split()
    strange = sorted(set(wanted) - set(SCOPES))
    if strange or not wanted:
        print(
            f"No scope is called {' or '.join(strange) or 'that'}. There is: "
            f"{', '.join(SCOPES)}.",
            file=sys.stderr,
        )
        return 1
    if not SELLER.fullmatch(seller):
        print("A seller_id has 1 to 64 letters, digits or signs.", file=sys.stderr)
        return 1
    if not 1 <= days <= LONGEST_DAYS:
        print(f"A token lasts 1 to {LONGEST_DAYS} days.", file=sys.stderr)
        return 1
    token_id, secret_hash, token = new_token()
    now = utc_now()
    with database.writing() as conn:
        conn.execute(
            insert(TOKENS).values(
                token_id=token_id,
                seller_id=seller,
                secret_hash=secret_hash,
                scopes=" ".join(sorted(set(wanted))),
                created_at=now,
                expires_at=now + timedelta(days=days),
            )
        )
    print(token)
    return 0


def show(database: Database) -> int:
    """List the tokens."""
    with database.reading() as conn:
        rows = conn.execute(select(TOKENS).order_by(TOKENS.c.created_at)).all()
    for row in rows:
        if row.revoked_at:
            state = f"revoked {row.revoked_at:%Y-%m-%d}"
        elif row.expires_at <= utc_now():
            state = f"expired {row.expires_at:%Y-%m-%d}"
        else:
            state = f"until {row.expires_at:%Y-%m-%d}"
        print(f"{row.token_id}  {row.seller_id:<20}  {state}  {row.scopes}")
    return 0


def revoke(database: Database, token_id: str) -> int:
    """Revoke a token, by its id or the token itself."""
    known = token_id.split("_")[1] if token_id.count("_") >= 2 else token_id
    with database.writing() as conn:
        changed = conn.execute(
            update(TOKENS)
            .where(TOKENS.c.token_id == known, TOKENS.c.revoked_at.is_(None))
            .values(revoked_at=utc_now())
        ).rowcount
    if not changed:
        print("No valid token has that id; see `make tokens`.", file=sys.stderr)
        return 1
    print(f"Token {known} is revoked.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
