"""Run the API on loopback: `make api`.

python -m serving.api [--port 8000]
"""

from __future__ import annotations

import argparse
import logging
import socket
from contextlib import suppress

import uvicorn

from serving.api.app import create_app
from serving.api.metrics import DefinitionError
from serving.api.settings import Settings
from serving.port import port

HOST = "127.0.0.1"


class Server(uvicorn.Server):
    """Says where it is, as soon as it listens there."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen; where somebody else does, that is said and the end."""
        await super().startup(sockets)
        print(f"http://{HOST}:{self.config.port}/v1/docs", flush=True)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="api", description="Run the API.")
    parser.add_argument("--port", type=port, default=8000)
    parser.add_argument("--quiet", action="store_true", help="log faults alone")
    options = parser.parse_args()
    level = logging.ERROR if options.quiet else logging.INFO
    logging.basicConfig(level=level, format="%(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        app = create_app(Settings.from_environment())
    except DefinitionError as error:
        raise SystemExit(f"models/semantic: {error}") from None
    # its own log would hold addresses and queries; the envelope keeps one that does not
    config = uvicorn.Config(
        app,
        host=HOST,
        port=options.port,
        access_log=False,
        log_level="error",
        server_header=False,
        timeout_keep_alive=30,
        limit_concurrency=1000,
    )
    with suppress(KeyboardInterrupt):
        Server(config).run()


if __name__ == "__main__":
    main()
