"""Write the report.

    make report [PROPERTY=company_x] [FROM=2021-07-01] [TO=2021-07-31] [CHARTS=DIR]
    python -m serving.report [--property NAME] [--from DAY] [--to DAY]
        [--out FILE] [--charts DIR]

Without a property, all of them, one after the other. With `--charts`, each chart is
written as a PNG file too. The published file is opened read-only.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

from publish import PROJECT
from serving.filters import Filters
from serving.marts import Marts, MartsError, Publication
from serving.pictures import png, safe_name
from serving.report.page import Report, chosen, html, report


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and write the report; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--property", metavar="NAME", help="a tracked site")
    parser.add_argument("--from", dest="first", type=day, metavar="DAY")
    parser.add_argument("--to", dest="last", type=day, metavar="DAY")
    parser.add_argument("--model", help="attribution model; else the build's default")
    parser.add_argument("--out", type=Path, default=PROJECT / "target" / "report.html")
    parser.add_argument("--charts", type=Path, metavar="DIR", help="one PNG per chart")
    options = parser.parse_args(arguments)
    if options.first and options.last and options.first > options.last:
        parser.error(f"--from {options.first} lies after --to {options.last}")
    try:
        reports = write(Marts(), options)
    except (MartsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{os.path.relpath(options.out)}: {', '.join(reports)}")
    return 0


def write(marts: Marts, options: argparse.Namespace) -> list[str]:
    """Write the page, and the pictures if asked for; returns the properties."""
    publication = marts.publication()
    properties = chosen(marts, options.property)
    computed = models_of(marts, publication)
    models = [
        model
        for model in publication.models
        if any(model in computed[about.name] for about in properties)
    ]
    if options.model and options.model not in models:
        raise MartsError(f"There is no model {options.model}: {', '.join(models)}.")
    wanted = options.model or publication.default_model
    reports = []
    for about in properties:
        print(f"  {about.name}", flush=True)
        span = (about.last - about.first).days if about.first and about.last else 0
        # not every property has journeys of its own: it is shown by a model that it has
        known = computed[about.name]
        model = wanted if wanted in known or not known else known[0]
        filters = Filters(
            about.name,
            *bounds(options.first, options.last, about.first, about.last),
            model=model,
            basis=publication.default_basis,
            span=span,
        )
        reports.append(report(marts, about, filters))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        html(reports, publication, marts.path.name), encoding="utf-8"
    )
    if options.charts:
        for each in reports:
            write_charts(each, options.charts)
    return [each.about.name for each in reports]


def models_of(marts: Marts, publication: Publication) -> dict[str, list[str]]:
    """List the models computed for each property, the default first."""
    rows = marts.ask(
        "select distinct property, attribution_model from marts.rpt_attribution_models"
    ).rows
    found: dict[str, list[str]] = defaultdict(list)
    for name, model in sorted(rows, key=lambda row: publication.models.index(row[1])):
        found[name].append(model)
    return found


def bounds(
    first: date | None, last: date | None, begin: date | None, end: date | None
) -> tuple[date | None, date | None]:
    """Fill in the end that was not chosen, on its side; none where neither was."""
    if first is None and last is None:
        return None, None
    return (
        first or min(begin or date.min, last or date.max),
        last or max(end or date.max, first or date.min),
    )


def write_charts(each: Report, folder: Path) -> None:
    """Write each chart of a report as a PNG file."""
    folder.mkdir(parents=True, exist_ok=True)
    for section in each.sections:
        for one in section.answered:
            if spec := one.spec:
                path = folder / f"{safe_name(each.about.name)}_{one.question.key}.png"
                path.write_bytes(png(spec))


def day(text: str) -> date:
    """Read a day, 2021-07-31."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no day like 2021-07-31") from error


if __name__ == "__main__":
    sys.exit(main())
