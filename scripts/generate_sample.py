"""Write the generated samples, and the list of what is planted in them.

    python scripts/generate_sample.py
    python scripts/generate_sample.py --out DIR
    python scripts/generate_sample.py --scale full --sqlite PATH
    python scripts/generate_sample.py --scale full --afisha FOLDER
    python scripts/generate_sample.py --scale full --vestiaire FOLDER
    python scripts/generate_sample.py --truth FOLDER --users 60000 --brand-search

The first writes the seeds and `tests/fixtures/planted_defects.csv`, the same bytes each
time; the second the same tree below DIR; the third Company X's 2021 layout at its real
size, as a SQLite file, and the next two Afisha and Vestiaire, as folders of CSV files
(the defects of none are listed); the last a shop whose channels' causal effects are
set, and `truth.csv` beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from random import Random

from sample import afisha, corner_shop, shop, shop_2023, vestiaire, vivid_seats
from sample.buyers import list_buyers_2021
from sample.causal_shop import causal_shop, write_causal_shop
from sample.conversion_defects import CONVERSION_DEFECTS
from sample.full_scale import write_full_scale
from sample.raw import Sample, write_csv, write_findings
from sample.refused_rows import REFUSED_ROWS
from sample.touch_defects import TOUCH_DEFECTS
from sample.verify import verify

PROJECT = Path(__file__).resolve().parents[1]
SEED = 20210701
AFISHA_SEED = 20170601
VESTIAIRE_SEED = 20210901
VIVID_SEATS_SEED = 20220502
CORNER_SHOP_SEED = 20241001
DATE_COLUMNS = ("event_date", "conv_date")


def damaged_shop(rng: Random) -> shop.Shop:
    """Open the clean shop and plant every defect in it."""
    damaged = shop.clean_shop(rng)
    for plant in (*CONVERSION_DEFECTS, *TOUCH_DEFECTS, *REFUSED_ROWS):
        plant(damaged)
    return damaged


def write_tables(
    sample: Sample,
    columns: Mapping[str, Sequence[str]],
    folder: Path,
    rng: Random,
    prefix: str = "",
) -> None:
    """Write each table in the order of its days, and in no order within a day."""
    for table, names in columns.items():
        rows = rng.sample(sample.tables[table], len(sample.tables[table]))
        for name in set(DATE_COLUMNS) & set(names):
            rows.sort(key=itemgetter(name))
        write_csv(folder / f"{prefix}{table}.csv", names, rows)


def write_small(out: Path) -> None:
    """Write the seeds of all layouts and the planted defects, and check them."""
    rng = Random(SEED)
    sample_2021, sample_2023 = damaged_shop(rng), shop_2023.shop_2023(rng)
    seeds = out / "seeds"
    write_tables(sample_2021, shop.COLUMNS, seeds / "company_x", rng)
    write_tables(
        sample_2023,
        shop_2023.COLUMNS,
        seeds / "company_x_2023",
        rng,
        prefix="company_x_2023__",
    )
    tickets = afisha.damaged_shop(Random(AFISHA_SEED))
    afisha.write_tables(tickets, seeds / "afisha")
    fashion = vestiaire.damaged_shop(Random(VESTIAIRE_SEED))
    vestiaire.write_tables(fashion, seeds / "vestiaire")
    marketplace = vivid_seats.damaged_shop(Random(VIVID_SEATS_SEED))
    vivid_seats.write_tables(marketplace, seeds / "vivid_seats")
    corner = corner_shop.damaged_shop(Random(CORNER_SHOP_SEED))
    corner_shop.write_tables(corner, seeds / "corner_shop")
    list_buyers_2021(sample_2021, seeds / "company_x")
    planted_defects = out / "tests" / "fixtures" / "planted_defects.csv"
    samples = (sample_2021, sample_2023, tickets, fashion, marketplace, corner)
    write_findings(planted_defects, [f for sample in samples for f in sample.findings])
    verify(seeds / "company_x", planted_defects)


def main() -> None:
    """Read the command line and write what it asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", choices=("small", "full"), default="small")
    parser.add_argument("--out", type=Path, default=PROJECT, metavar="DIR")
    parser.add_argument("--sqlite", type=Path, metavar="PATH")
    parser.add_argument("--afisha", type=Path, metavar="FOLDER")
    parser.add_argument("--vestiaire", type=Path, metavar="FOLDER")
    parser.add_argument("--truth", type=Path, metavar="FOLDER")
    parser.add_argument("--users", type=int, default=60_000, metavar="N")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S")
    parser.add_argument("--brand-search", action="store_true")
    arguments = parser.parse_args()
    full = (arguments.sqlite, arguments.afisha, arguments.vestiaire)
    places = [place for place in full if place]
    if (arguments.scale == "full") != (len(places) == 1):
        parser.error("--scale full goes with one of --sqlite, --afisha, --vestiaire")
    if arguments.truth:
        opened = causal_shop(arguments.brand_search)
        write_causal_shop(opened, arguments.truth, arguments.users, arguments.seed)
    elif arguments.sqlite:
        write_full_scale(arguments.sqlite, Random(SEED))
    elif arguments.afisha:
        afisha.write_full_afisha(arguments.afisha, Random(AFISHA_SEED))
    elif arguments.vestiaire:
        vestiaire.write_full_vestiaire(arguments.vestiaire, Random(VESTIAIRE_SEED))
    else:
        write_small(arguments.out)


if __name__ == "__main__":
    main()
