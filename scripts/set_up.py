"""What set-up does after pip: put DuckDB's scanners and the project in place.

The scanner extensions come as wheels, from the same lock as DuckDB itself, and are
installed into a folder of the project: nothing is downloaded when a build runs. The
project's own modules become importable in its environment.
"""

from __future__ import annotations

import os
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
EXTENSIONS = PROJECT / ".duckdb"
PACKAGES = ("duckdb_extension_postgres_scanner", "duckdb_extension_sqlite_scanner")


def extension_file(package: str) -> Path:
    """Find the extension inside an installed wheel."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed: run `make setup`.")
    folder = Path(spec.submodule_search_locations[0])
    return next(folder.glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension"))


def path_lines(packages: Path, project: Path) -> str:
    """Write where the modules are: `project` and its scripts, a line each.

    An environment inside the project names it from `packages` on, so that a copy of
    both runs its own code.
    """
    packages, project = packages.resolve(), project.resolve()
    is_inside = packages.is_relative_to(project)
    root = Path(os.path.relpath(project, packages)) if is_inside else project
    return f"{root}\n{root / 'scripts'}\n"


def main() -> None:
    """Install each extension where the plugin looks for it, and write the path file."""
    EXTENSIONS.mkdir(exist_ok=True)
    with duckdb.connect(config={"extension_directory": str(EXTENSIONS)}) as conn:
        for package in PACKAGES:
            path = str(extension_file(package)).replace("'", "''")
            conn.execute(f"force install '{path}'")
    packages = Path(sysconfig.get_path("purelib"))
    (packages / "tributary.pth").write_text(path_lines(packages, PROJECT))


if __name__ == "__main__":
    main()
