"""Renders nodes of the project anew, with another text of one macro.

dbt parses the project once; after that only the SQL that the macro is part of is
rendered, and no fixture of a unit test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dbt.adapters.factory import get_adapter
from dbt.cli.main import cli
from dbt.clients.jinja import MacroGenerator, add_rendered_test_kwargs, get_rendered
from dbt.context.providers import (
    generate_runtime_model_context,
    generate_runtime_unit_test_context,
)
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import GenericTestNode
from dbt.parser.unit_tests import UnitTestManifestLoader

from mutation.project import MARKED

OWN = "macro.tributary."


class Renderer:
    """dbt's project in memory, over a built database of its own."""

    def __init__(self, project: Path, database: Path, target: Path) -> None:
        """Load the project.

        Args:
            project: the folder of the project.
            database: a copy of the built database, which macros may ask.
            target: a folder with what dbt has parsed, for other files of dbt's, too.
        """
        os.environ.update(TRIBUTARY_DB=str(database), DO_NOT_TRACK="1")
        context = cli.make_context(
            "dbt",
            ["--log-level", "none", "compile", "--quiet", "--full-refresh"]
            + ["--inline", "select 1", "--target-path", str(target)]
            + ["--log-path", str(target), "--project-dir", str(project)]
            + ["--profiles-dir", str(project)],
        )
        parsed = (target / "partial_parse.msgpack").read_bytes()
        context.obj = {"manifest": Manifest.from_msgpack(parsed), "callbacks": []}
        cli.invoke(context)
        self.config = context.obj["runtime_config"]
        self.manifest = context.obj["manifest"]
        # what macros know as `graph`
        self.manifest.build_flat_graph()
        get_adapter(self.config).acquire_connection("mutation")

    def rendered(self, key: str) -> str:
        """Render a model, a data test, or the model of a unit test on its fixtures."""
        if key in self.manifest.unit_tests:
            loader = UnitTestManifestLoader(self.manifest, self.config, {key})
            manifest = loader.load()
            node = manifest.nodes[key]
            context = generate_runtime_unit_test_context(node, self.config, manifest)
        else:
            node = self.manifest.nodes[key]
            context = generate_runtime_model_context(node, self.config, self.manifest)
            if isinstance(node, GenericTestNode):
                add_rendered_test_kwargs(context, node)
        return MARKED.sub("", get_rendered(node.raw_code, context, node))

    @property
    def macros(self) -> dict[str, str]:
        """The project's own macros, by name."""
        return {
            key.removeprefix(OWN): macro.macro_sql
            for key, macro in self.manifest.macros.items()
            if key.startswith(OWN)
        }

    def file(self, name: str) -> str:
        """Name the file that a macro is in."""
        return self.manifest.macros[OWN + name].original_file_path

    @contextmanager
    def with_macro(self, name: str, sql: str) -> Iterator[None]:
        """Let a macro have another text for a while."""
        macro = self.manifest.macros[OWN + name]
        sound, macro.macro_sql = macro.macro_sql, sql
        try:
            yield
        finally:
            macro.macro_sql = sound

    def uses(self, keys: list[str]) -> dict[str, set[str]]:
        """Render nodes, and note which of the project's macros each has called."""
        used: dict[str, set[str]] = {}
        calling: set[str] = set()
        sound = MacroGenerator.__call__

        def noting(macro: MacroGenerator, *args: Any, **options: Any) -> Any:  # noqa: ANN401
            calling.add(macro.macro.unique_id)
            return sound(macro, *args, **options)

        MacroGenerator.__call__ = noting
        try:
            for key in keys:
                calling.clear()
                self.rendered(key)
                used[key] = {
                    name.removeprefix(OWN) for name in calling if name.startswith(OWN)
                }
        finally:
            MacroGenerator.__call__ = sound
        return used
