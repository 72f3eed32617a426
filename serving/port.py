"""The number of a port, as a command line says it."""

from __future__ import annotations

import argparse

MOST = 65_535


def port(text: str) -> int:
    """Read the number of a port.

    Raises:
        argparse.ArgumentTypeError: it is none, in one sentence.
    """
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(
            f"{text} is no port: give a number from 1 to {MOST}"
        )
    return number
