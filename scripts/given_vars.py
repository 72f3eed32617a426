"""What `--vars` of a command says, looked at before YAML makes values of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import yaml

TIMESTAMP = "tag:yaml.org,2002:timestamp"


def vars_in(options: Sequence[str]) -> str:
    """Find the vars among options of dbt; empty if there are none."""
    found = ""
    for option, value in pairwise([*options, ""]):
        if option == "--vars":
            found = value
        elif option.startswith("--vars="):
            found = option.removeprefix("--vars=")
    return found


def vars_fault(text: str) -> str | None:
    """Say which date among vars is none, if so: YAML would not say which.

    What else is wrong with them is for their reader to say.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
    except yaml.YAMLError:
        return None
    for name, scalar in scalars_of(node, "vars"):
        if scalar.tag == TIMESTAMP:
            try:
                loader.construct_yaml_timestamp(scalar)
            except ValueError:
                return (
                    f"var {name}: {scalar.value} is no date. Write a day that there "
                    "is, such as 2024-02-29."
                )
    return None


def scalars_of(
    node: yaml.Node | None, name: str
) -> Iterator[tuple[str, yaml.ScalarNode]]:
    """List the single values in a node, each with the name that it is given to."""
    if isinstance(node, yaml.ScalarNode):
        yield name, node
    elif isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from scalars_of(part, name)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from scalars_of(key, name)
            yield from scalars_of(value, str(key.value))
