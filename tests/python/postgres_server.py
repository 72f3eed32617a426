"""A PostgreSQL server of the tests' own: its own data, on a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from support import free_port

HOST = "127.0.0.1"
USER = "shopkeeper"
# what a connection string must quote, in either form
PASSWORD = "Wacholder7391 '\\@%/é"
# how any of these files would give the password away
TRACE = b"Wacholder7391"


@dataclass(frozen=True)
class Server:
    """A running server, its superuser `USER` asked for `PASSWORD`."""

    binaries: Path
    folder: Path
    port: int

    def dsn(
        self,
        *,
        host: str = HOST,
        port: int | None = None,
        user: str = USER,
        password: str = PASSWORD,
        database: str = "postgres",
        options: str = "",
    ) -> str:
        """Write a connection string as a URI."""
        return (
            f"postgresql://{user}:{quote(password, safe='')}@{host}:"
            f"{port or self.port}/{database}{options}"
        )

    def psql(self, script: str, database: str = "postgres") -> None:
        """Run a script of psql's; its first error is an error here."""
        command = [self.binaries / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
        where = ["-h", HOST, "-p", str(self.port), "-U", USER, "-d", database]
        environment = os.environ | {"PGPASSWORD": PASSWORD, "PGCLIENTENCODING": "UTF8"}
        subprocess.run(
            [*command, *where], input=script.encode(), env=environment, check=True
        )

    def control(self, action: str) -> None:
        """Start or stop it, and wait until that is done."""
        options = f"-p {self.port} -c listen_addresses={HOST} -c fsync=off"
        run_as_user(
            [
                *(self.binaries / "pg_ctl", action, "-w", "-m", "immediate"),
                *("-D", self.folder / "data", "-l", self.folder / "log"),
                *("-o", f"{options} -c unix_socket_directories=''"),
            ],
            self.folder,
        )


def server_binaries() -> Path | None:
    """Find the server's programs: on the path, or where Debian keeps them."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep)]
    folders += sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    for folder in map(Path, folders):
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "psql")):
            return folder.resolve()
    return None


@contextmanager
def running_server(binaries: Path) -> Iterator[Server]:
    """Start a server with an empty data folder; stop it and remove that afterwards."""
    port = free_port()
    # pytest's own folders are closed to the user that the server runs as
    folder = Path(tempfile.mkdtemp(prefix="tributary_postgres_"))
    server = Server(binaries, folder, port)
    try:
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        if user := server_user():
            for path in (folder, folder / "password"):
                shutil.chown(path, user)
        run_as_user(
            [
                binaries / "initdb",
                *("-D", folder / "data", "-U", USER, "-A", "scram-sha-256"),
                *("-E", "UTF8", "--locale=C", "--no-sync"),
                f"--pwfile={folder / 'password'}",
            ],
            folder,
        )
        server.control("start")
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.control("stop")
        shutil.rmtree(folder)


def server_user() -> str | None:
    """Name whom to run the server as; it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    users = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"


def run_as_user(command: list[str | Path], folder: Path) -> None:
    """Run a program of the server's quietly."""
    subprocess.run(
        command, user=server_user(), cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
