"""Two weeks of Vestiaire's second-hand fashion: listings and the clicks on them.

Sellers begin listings, submit most of them and sell some; while they write one they
click through its steps, and buyers click on what is submitted. The same shop opens
small, with every defect planted and listed, and at its real size, as the files come:
brands in latin-1 with NUL bytes in them, clicks with line ends of Windows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sample.raw import Row, Sample, write_csv

COLUMNS: dict[str, tuple[str, ...]] = {
    "listings": (
        "id",
        "id_customer",
        "id_brand",
        "id_category",
        "date_created",
        "date_completed",
        "date_sold",
    ),
    "brands": ("id_brand", "brand"),
    "category": ("id_category", "category"),
    "clicks": (
        "datetime_session",
        "id_user",
        "id_product",
        "event_category",
        "event_action",
        "event_label",
    ),
}

FIRST_INSTANT = datetime(2021, 9, 1)
DAY_COUNT = 14
FIRST_LISTING = 18_706_000

BRANDS = (
    "Gucci", "APC", "Cacharel", "Celine", "Chloé", "Dior", "Hermès", "Isabel Marant",
    "Les Prairies De Paris", "Louis Vuitton", "Marc Jacobs", "Moschino", "Sandro",
    "Paco Rabanne", "Pierre Hardy", "Tom Ford", "Zadig & Voltaire", "Veja", "Superga",
    "Bonpoint", "Ralph Lauren", "Cyrillus", "Comptoir des Cotonniers", "Kenzo",
    "Sonia Rykiel", "Balenciaga", "Lanvin", "Longchamp", "Maje", "Repetto", "Prada",
    "Miu Miu", "Fendi", "Loewe", "Acne Studios", "Agnès B.", "Barbour", "Furla",
    "Burberry", "Carhartt", "Chanel", "Coach", "Courrèges", "Etro", "Ganni",
    "Jacquemus", "Jil Sander", "Lemaire", "Levi's", "Maison Kitsuné", "Marni",
    "Missoni", "Mulberry", "Bottega Veneta", "Polène", "Rouje", "Sézane", "Toteme",
    "Valentino", "Vanessa Bruno",
)  # fmt: skip
# as the site numbers them; shoes, bags and others are there several times
CATEGORIES: dict[str, str] = {
    "5": "Bags",
    "812": "Pet accessories",
    "63": "Jewellery",
    "823": "Art & culture",
    "11": "Shoes",
    "3": "Shoes",
    "7": "Girls",
    "141": "Bags",
    "852": "Art & Design",
    "811": "High-tech",
    "805": "Design & decoration",
    "10": "Accessories",
    "9": "Baby",
    "14": "Accessories",
    "13": "Shoes",
    "8": "Boys",
    "6": "Accessories",
    "2": "Clothing",
    "12": "Clothing",
    "810": "Sport & Leisure",
}
# how often a category is listed, and how much of what is submitted in it sells
DEMAND: dict[str, tuple[float, float]] = {
    "2": (0.34, 0.14),
    "5": (0.2, 0.26),
    "3": (0.18, 0.17),
    "12": (0.06, 0.12),
    "6": (0.07, 0.15),
    "13": (0.04, 0.1),
    "63": (0.04, 0.2),
    "7": (0.03, 0.08),
    "141": (0.02, 0.18),
    "11": (0.02, 0.12),
}
SELLER_ACTIONS = (
    "start deposit", "select universe", "select category", "select brand from results",
    "upload photo", "select condition", "confirm information", "confirm photos",
)  # fmt: skip
BUYER_ACTIONS = ("view product", "add to favourites", "make an offer")
LABELS = (
    "",
    "next",
    "photo_1",
    "matière",
    "sous-catégorie",
    "main photo, front",
    "cuir",
)

LISTING_COUNT = 400
SELLER_COUNT = 150
CLICK_COUNT = 1_500
UNKNOWN_BRANDS = ("99001", "99001", "99002", "")
UNKNOWN_CATEGORIES = ("777", "")
FULL_LISTINGS = 3_042
FULL_SELLERS = 1_166
FULL_BRANDS = 12_679
FULL_CLICKS = 8_841
NUL_BRANDS = (500, 4_200)


@dataclass
class Shop(Sample):
    """The raw tables of the shop; rows carry the plain names of their columns."""

    rng: Random = field(default_factory=Random)

    @property
    def listings(self) -> list[Row]:
        """Rows of listings."""
        return self.tables["listings"]

    @property
    def clicks(self) -> list[Row]:
        """Rows of clicks."""
        return self.tables["clicks"]


# --- the clean shop ------------------------------------------------------------------


def person(number: int) -> str:
    """Name somebody, by 64 hexadecimal digits as the site does."""
    return hashlib.sha256(f"person {number}".encode()).hexdigest()


def instant(at: datetime) -> str:
    """Write an instant of a listing, to the second and in UTC."""
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def drawn_listing(rng: Random, number: int, seller: str, brands: Sequence[str]) -> Row:
    """Draw a listing: most are submitted, fewer of them sell."""
    category = rng.choices(tuple(DEMAND), [part for part, _ in DEMAND.values()])[0]
    created = FIRST_INSTANT + timedelta(seconds=rng.randrange(DAY_COUNT * 86_400))
    completed = sold = ""
    if rng.random() < 0.84:
        done = created + timedelta(seconds=round(rng.lognormvariate(6.5, 1.2)) + 20)
        completed = instant(done)
        if rng.random() < DEMAND[category][1]:
            sold = instant(done + timedelta(hours=rng.uniform(2, 24 * 40)))
    return {
        "id": str(number),
        "id_customer": seller,
        # few brands are most of what is listed
        "id_brand": brands[int(len(brands) * rng.random() ** 2.5)],
        "id_category": category,
        "date_created": instant(created),
        "date_completed": completed,
        "date_sold": sold,
    }


def drawn_click(rng: Random, listing: Row) -> Row:
    """Draw a click: of the seller who writes the listing, or of a buyer later."""
    is_buyer = bool(listing["date_completed"]) and rng.random() < 0.6
    began = listing["date_completed"] if is_buyer else listing["date_created"]
    # a clock of its own second, so that no two clicks are alike by chance
    wait = timedelta(microseconds=rng.randrange(3 * 86_400 if is_buyer else 900) * 1000)
    at = datetime.fromisoformat(began.removesuffix("Z")) + wait * (
        1000 if is_buyer else 1
    )
    at += timedelta(microseconds=rng.randrange(1, 1_000) * 1000)
    return {
        "datetime_session": f"{at:%Y-%m-%d %H:%M:%S.%f}",
        "id_user": person(rng.randrange(10_000, 10_300))
        if is_buyer
        else listing["id_customer"],
        "id_product": listing["id"],
        "event_category": "",
        "event_action": rng.choice(BUYER_ACTIONS if is_buyer else SELLER_ACTIONS),
        "event_label": rng.choice(LABELS),
    }


def clean_shop(
    rng: Random,
    listings: int = LISTING_COUNT,
    sellers: int = SELLER_COUNT,
    clicks: int = CLICK_COUNT,
    brands: Sequence[str] = BRANDS,
) -> Shop:
    """Open the shop for two weeks."""
    brand_ids = [str(2 + 3 * place) for place in range(len(brands))]
    shop = Shop("vestiaire", {table: [] for table in COLUMNS}, rng=rng)
    shop.tables["brands"] = [
        {"id_brand": key, "brand": name}
        for key, name in zip(brand_ids, brands, strict=True)
    ]
    shop.tables["category"] = [
        {"id_category": key, "category": name} for key, name in CATEGORIES.items()
    ]
    for place in range(listings):
        # everybody sells something, a few sell much
        number = place if place < sellers else int(sellers * rng.random() ** 3)
        shop.listings.append(
            drawn_listing(rng, FIRST_LISTING + 7 * place, person(number), brand_ids)
        )
    seen: set[tuple[str, ...]] = set()
    while len(shop.clicks) < clicks:
        click = drawn_click(rng, shop.listings[int(listings * rng.random() ** 1.4)])
        if tuple(click.values()) not in seen:
            seen.add(tuple(click.values()))
            shop.clicks.append(click)
    return shop


# --- what is planted -----------------------------------------------------------------


def repeated_names(shop: Shop) -> None:
    """List the category names that stand under several ids: they are one category."""
    for name, count in Counter(CATEGORIES.values()).items():
        if count > 1:
            key = "category_name_repeated", "category", name
            shop.found(*key, note=f"{count} ids")


def submitted(shop: Shop, is_sold: bool) -> list[Row]:
    """Pick the listings that were submitted, sold or not."""
    return [
        row
        for row in shop.listings
        if row["date_completed"] and is_sold == bool(row["date_sold"])
    ]


def moved(text: str, **back: int) -> str:
    """Move an instant back."""
    return instant(datetime.fromisoformat(text.removesuffix("Z")) - timedelta(**back))


def odd_times(shop: Shop) -> None:
    """Complete listings before they began, sell some too early, or never submitted."""
    rows = shop.rng.sample(submitted(shop, is_sold=False), 4)
    for place, row in enumerate(rows):
        row["date_completed"] = moved(row["date_created"], seconds=1 + 40 * place)
        check = "listing_completed_before_start"
        shop.found(check, "listings", row["id"], note="clock")
    # one submitted in the second in which it began is in order
    row = next(row for row in submitted(shop, is_sold=False) if row not in rows)
    row["date_completed"] = row["date_created"]
    first, second, *others = shop.rng.sample(submitted(shop, is_sold=True), 5)
    for row in (first, second):
        row["date_sold"] = moved(row["date_completed"], hours=1)
        check = "listing_sold_before_completion"
        shop.found(check, "listings", row["id"], note="clock")
    for row in others:
        row["date_completed"] = ""
        check = "listing_sold_without_completion"
        shop.found(check, "listings", row["id"], note="never submitted")


def unknown_names(shop: Shop) -> None:
    """Let listings name brands and categories that nobody knows, or none, or no seller.

    A brand and a category that are known by their id alone have no name either.
    """
    shop.tables["brands"].append({"id_brand": "99003", "brand": ""})
    rows = shop.rng.sample(shop.listings, 8)
    for row, brand in zip(rows, (*UNKNOWN_BRANDS, "99003"), strict=False):
        row["id_brand"] = brand
    for row, category in zip(rows[5:], UNKNOWN_CATEGORIES, strict=False):
        row["id_category"] = category
    rows[7]["id_customer"] = ""
    for brand in sorted({*UNKNOWN_BRANDS, "99003"}):
        check = "listing_brand_unknown"
        shop.found(check, "listings", brand or "(none)", note="in no brand's row")
    for category in UNKNOWN_CATEGORIES:
        check = "listing_category_unknown"
        shop.found(check, "listings", category or "(none)", note="in no category's row")


def lost_clicks(shop: Shop) -> None:
    """Click on listings that are not there, on none, as nobody, and twice in all."""
    for place, click in enumerate(shop.rng.sample(shop.clicks, 6)):
        product = ("18000001", "18000001", "18000002", "", "", click["id_product"])
        shop.clicks.append(click | {"id_product": product[place]})
    for product in ("18000001", "18000002", "(none)"):
        check = "listing_event_without_listing"
        shop.found(check, "clicks", product, note="no such listing")
    shop.clicks.append(shop.clicks[20] | {"id_user": ""})
    shop.clicks.append(shop.clicks[21].copy())


def refused_rows(shop: Shop) -> None:
    """Deliver rows that cannot be read, ids that repeat, and an empty row.

    Of several faults the first in the order key, timestamp is said.
    """
    model = shop.listings[30]
    for reason, damage in (
        ("id is missing", {"id": "", "date_created": "soon"}),
        ("date_created is not a timestamp", {"id": "1", "date_created": "soon"}),
        (
            "date_created is not a timestamp",
            {"id": "2", "date_created": "", "date_completed": "soon"},
        ),
        ("date_completed is not a timestamp", {"id": "3", "date_completed": "soon"}),
        (
            "date_sold is not a timestamp",
            {"id": "4", "date_sold": "2021-02-30T10:00:00Z"},
        ),
        # the first by all columns stays
        ("id is repeated", {"id_customer": "f" * 65}),
    ):
        shop.reject("listings", model | damage, reason)
    unnamed = {"id_brand": "", "brand": "Nameless"}
    shop.reject("brands", unnamed, "id_brand is missing")
    again = shop.tables["brands"][3] | {"brand": "Zzz"}
    shop.reject("brands", again, "id_brand is repeated")
    again = shop.tables["category"][3] | {"category": "Zzz"}
    shop.reject("category", again, "id_category is repeated")
    empty = {"id_category": "", "category": ""}
    shop.reject("category", empty, "the row is empty")
    late = shop.clicks[40] | {"datetime_session": "2021-09-01 25:00:00"}
    shop.reject("clicks", late, "datetime_session is not a timestamp")


PLANTED: tuple[Callable[[Shop], None], ...] = (
    repeated_names,
    odd_times,
    unknown_names,
    lost_clicks,
    refused_rows,
)


def damaged_shop(rng: Random) -> Shop:
    """Open the small shop, plant every defect in it and list what must be found."""
    shop = clean_shop(rng)
    for plant in PLANTED:
        plant(shop)
    return shop


# --- files ---------------------------------------------------------------------------


def write_tables(shop: Shop, folder: Path) -> None:
    """Write the tables; clicks of the last day first, as the site exports them."""
    for table, columns in COLUMNS.items():
        rows = shop.tables[table]
        if table == "clicks":
            rows = sorted(rows, key=lambda row: row["datetime_session"], reverse=True)
        labels = [column.upper() for column in columns]
        write_csv(
            folder / f"{table}.csv",
            labels,
            ({column.upper(): row[column] for column in columns} for row in rows),
        )


def write_full_vestiaire(folder: Path, rng: Random) -> None:
    """Write the four tables at their real size and in their real encodings."""
    names = [
        f"{BRANDS[n % len(BRANDS)]} {n // len(BRANDS)}" for n in range(FULL_BRANDS)
    ]
    names[: len(BRANDS)] = BRANDS
    shop = clean_shop(rng, FULL_LISTINGS, FULL_SELLERS, FULL_CLICKS, names)
    for place in NUL_BRANDS:
        row = shop.tables["brands"][place]
        row["brand"] = f"{row['brand'][:3]}\0{row['brand'][3:]}"
    shop.tables["category"].append({"id_category": "", "category": ""})
    write_tables(shop, folder)
    brands, clicks = folder / "brands.csv", folder / "clicks.csv"
    brands.write_bytes(brands.read_text(encoding="utf-8").encode("latin-1"))
    clicks.write_bytes(clicks.read_bytes().replace(b"\n", b"\r\n"))
