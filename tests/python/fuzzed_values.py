"""What fuzzed tables hold, and what is put into them where it does not belong."""

from __future__ import annotations

import re


def words(text: str) -> list[str]:
    """List the words of a text."""
    return text.split()


SPEC = re.compile(r"(?P<kind>[a-z]+)(?P<places>[26]?)(?P<need>[!?]?)(?P<least>[01]?)")

# what each column holds: its kind and places; `!` if a row is refused without it or
# when it cannot be read, `?` if only then; and the least that it may be. `click` is the
# money that brought a visit. A single letter is an id, shared between the tables that
# name it so.
TABLES: dict[str, dict[str, str]] = {
    "company_x": {
        "session_sources": """
            session_id=s! user_id=u event_date=day! event_time=time?
            channel_name=text campaign_name=text campaign_id=c market=text
            cpc=click6? holder_engagement=flag closer_engagement=flag
            impression_interaction=flag
        """,
        "conversions": """
            conv_id=k! user_id=u conv_date=day! conv_time=time? market=text
            revenue=money2!
        """,
        "conversions_backend": """
            conv_id=k! user_id=u conv_date=day! market=text revenue=money2!
        """,
        "api_adwords_costs": """
            event_date=day! campaign_id=c! cost=money6! clicks=whole
        """,
        "attribution_customer_journey": """
            conv_id=k! session_id=s! ihc=weight?0
        """,
        "session_costs": """
            session_id=s! cost=click6!
        """,
    },
    "afisha": {
        "visits": """
            uid=uid? device=text start_ts=moment! end_ts=moment? source_id=c
        """,
        "orders": """
            uid=uid? buy_ts=moment! revenue=money2!
        """,
        "costs": """
            source_id=c! dt=day! costs=money6!
        """,
    },
    "vestiaire": {
        "listings": """
            id=l! id_customer=u id_brand=b id_category=c date_created=moment!
            date_completed=moment? date_sold=moment?
        """,
        "brands": """
            id_brand=b! brand=text
        """,
        "category": """
            id_category=c! category=text
        """,
        "clicks": """
            datetime_session=moment! id_user=u id_product=l event_category=text
            event_action=text event_label=text
        """,
    },
    "vivid_seats": {
        "sellers": """
            seller_id=b! name=text region=text seller_since=day?
        """,
        "events": """
            event_id=e! event_name=text event_category=text venue=text city=text
            country=text event_at=moment?
        """,
        "ticket_listings": """
            listing_id=l seller_id=b event_id=e! section=text row=text seat=text
            quantity=whole!0 price=money2!0 ticket_type=text posting_date=day?
            posting_time=time? availability=flag
        """,
        "indirect_traffic": """
            visitor_id=u visit_number=whole visit_date=day! visit_start_time=time?
            traffic_source=text visitor_device=text geo_network=text bounce=flag
            user_grouping=text social_engagement=text
        """,
        "direct_traffic": """
            visitor_id=u visit_date=day! visit_start_time=time?
            traffic_source=text bounce=flag
        """,
        "customer_sales": """
            sale_id=k! event_id=e listing_id=l visitor_id=u first_signup=flag
            user_since=day sale_date=day! sale_time=time?
            number_of_tickets=whole!1 price_per_unit=money2!0 address=text
            contact_number=text payment_method=text promo_used=flag
        """,
    },
    "contract": {
        "sessions": """
            session_id=s! user_id=u started_at=moment! ended_at=moment?
            channel=text source=text medium=text campaign=text campaign_id=c
            landing_url=url referrer=url gclid=text market=text device=text
            traffic_type=text partner=text user_agent=text has_consent=flag
            is_bounce=flag visit_number=whole session_cost=click6?
            currency=currency
        """,
        "page_views": """
            visitor_id=v! user_id=u viewed_at=moment! page_url=url referrer=url
            market=text device=text user_agent=text has_consent=flag
        """,
        "conversions": """
            conversion_id=k! user_id=u converted_at=moment! revenue=money2?0
            currency=currency market=text cancelled_at=moment?
        """,
        "backend_conversions": """
            conversion_id=k! user_id=u converted_at=moment! revenue=money2!0
            currency=currency market=text cancelled_at=moment?
        """,
        "journeys": """
            conversion_id=k! session_id=s! weight=weight?0
        """,
        "ad_costs": """
            campaign_id=c! cost_date=day! cost=money6! platform=text clicks=whole
            currency=currency
        """,
        "refunds": """
            conversion_id=k! refunded_at=moment! amount=money2!0 refund_id=r
            kind=text currency=currency
        """,
        "listings": """
            listing_id=l! seller_id=b created_at=moment! completed_at=moment?
            sold_at=moment? brand=text category=text event_id=e row_label=text
            is_available=flag quantity=whole?0 price=money2?0 currency=currency
        """,
        "listing_events": """
            listing_id=l! event_at=moment! user_id=u action_category=text
            action=text label=text
        """,
    },
    "ga4": {
        "events": """
            event_timestamp=micros! event_name=event! event_params=params
            user_pseudo_id=v! user_id=u ecommerce=purchase device=device geo=geo
        """,
    },
    "shopify": {
        "orders": """
            name=k! id=k email=text financial_status=paid created_at=moment!
            cancelled_at=moment? currency=currency total=money2!0
            refunded_amount=money2? tags=text lineitem_name=text
            billing_country=text notes=text
        """,
    },
}
COLUMNS: dict[str, dict[str, dict[str, str]]] = {
    layout: {
        table: dict(item.split("=") for item in words(text))
        for table, text in tables.items()
    }
    for layout, tables in TABLES.items()
}


def spec_of(layout: str, table: str, column: str) -> re.Match[str]:
    """Read what a column holds."""
    match = SPEC.fullmatch(COLUMNS[layout][table][column])
    assert match, (layout, table, column)
    return match


# of rows that agree in these one stays; tables that are not here have no key
KEYS: dict[str, tuple[str, ...]] = {
    "session_sources": ("session_id",),
    "company_x.conversions": ("conv_id", "user_id", "conv_date"),
    "conversions_backend": ("conv_id", "user_id", "conv_date"),
    "attribution_customer_journey": ("conv_id", "session_id"),
    "session_costs": ("session_id",),
    "vestiaire.listings": ("id",),
    "brands": ("id_brand",),
    "category": ("id_category",),
    "sellers": ("seller_id",),
    "vivid_seats.events": ("event_id",),
    "customer_sales": ("sale_id",),
    "sessions": ("session_id",),
    "contract.conversions": ("conversion_id", "user_id", "converted_at"),
    "backend_conversions": ("conversion_id", "user_id", "converted_at"),
    "journeys": ("conversion_id", "session_id"),
    "contract.listings": ("listing_id",),
    "shopify.orders": ("name",),
}


def key_of(layout: str, table: str) -> tuple[str, ...]:
    """Name the columns of which each combination stays once; none without a key."""
    return KEYS.get(f"{layout}.{table}", KEYS.get(table, ()))


# --- what is put where it does not belong --------------------------------------------

TEXTS = (
    "",
    " ",
    "NULL",
    "null",
    "<null>",
    "nan",
    "None",
    "\\N",
    "N/A",
    "-",
    "x",
    "0",
    "1",
    "-1",
    "true",
    "2023-05-01",
    "💶🛒",
    "e\u0301le\u0300ve",
    "שלום \u200fعالم",
    "zero\u200bwidth",
    "\u00a0no-break\u00a0",
    "\ufeffmark",
    "\ufffd",
    "𝕏𝟙",
    "İıſß",
    "\u2028",
    "nul\0byte",
    "\0",
    '"',
    '""',
    "it's",
    'say "hi"',
    "a,b;c|d\te",
    "line\nbreak",
    "line\r\nbreak",
    "tab\t",
    "'; drop table marts.fct_sessions; --",
    "' or '1'='1",
    "{{ env_var('HOME') }}",
    "{% raw %}",
    "{# #}",
    "=HYPERLINK(1)",
    "@SUM(1)",
    "\x1f",
    "a\x1fb",
    "\x7f\x01",
    "\\",
    "\\u0000",
    "%s%n",
    "$.a[0]",
    "<script>",
    "(no touchpoint)",
    "(all)",
    "(none)",
    "(no session)",
    "direct",
    "test",
    "x" * 5000,
)
MONEY = (
    *words("""
    1e308 1e400 -1e308 nan NaN Infinity -inf -0 1e-20 -1e-20
    99999999999999999999.99 9999999999999999.99 -9999999999999999.99
    999999999999.999999 -999999999999.999999 900000000000 1700000000
    1700000000000 -5.00 -0.01 12,50 1.234,56 1,234.56 €5 $5 0x10 1_000 ١٢ 1e2 +5
    5. .5 --5 5- (5.00) 1/2 0.005 2.675 1234567890.12 00012.50 0
    """),
    "5 EUR",
    "1 000",
    " 7.25 ",
)
DAYS = (
    *words("""
    0001-01-01 9999-12-31 1969-12-31 1970-01-01 2100-01-01 2099-12-31 2023-02-29
    2023-02-30 2024-02-29 2023-13-01 0000-00-00 infinity -infinity epoch now
    today 1683000000 1683000000000 44927 2023-5-1 01/05/2023 05/13/2023 20230501
    2023-W18 290000-01-01 294247-01-10 -0044-03-15 soon
    """),
    "0044-03-15 (BC)",
    "2023-05-01 BC",
)
TIMES = (
    *words("""
    24:00:00 23:59:60 25:00 10:15 10:15:00.123456 10 noon -1:00 10:00:00+02:00
    00:00:00 12:60:00 9:05:00 infinity epoch
    """),
    "2023-05-01 10:00:00",
    "9999-12-31 10:00:00",
)
MOMENTS = (
    *DAYS,
    *words("""
    2023-05-01T10:00:00Z 2023-05-01T10:00:00.123456789Z
    """),
    "1969-12-31 23:59:59.999999",
    "2099-12-31 23:59:59.999999",
    "2023-05-01 24:00:00",
    "2023-06-30 23:59:60",
    "2023-05-01 10:00:00+02:00",
    "2023-05-01 10:00:00 -0500",
    "1970-01-01 00:00:00+14:00",
    "2099-12-31 23:59:59-12:00",
    "2023-05-01 10:00",
    "2023-05-01 25:61:00",
    "2023-05-01 10:00:00 Europe/Berlin",
    "2023-03-26 02:30:00",
    "2023-05-01 10:00:00+99:99",
    "infinity 10:00:00",
)
WEIGHTS = (
    *words("""
    0 1 -0 -0.1 nan 1e-18 1e-30 0.333333333333333333 99999999999999999999 1e19
    1e37 x
    """),
)
UIDS = (
    *words("""
    18446744073709551615 18446744073709551616 -1 1.5 1e5 1.03293E+19 0 007 abc
    １２
    """),
)
VALUES: dict[str, tuple[str, ...]] = {
    "day": DAYS,
    "moment": MOMENTS,
    "time": TIMES,
    "money": MONEY,
    "click": MONEY,
    "whole": (*MONEY, "12.5", "3.0", "1e12"),
    "weight": WEIGHTS,
    "uid": UIDS,
    "flag": ("yes", "no", "2", "t", "TRUE", "maybe", "1.0"),
    "micros": ("0", "-1", "1e15", "4102444800000000", "9223372036854775807", "1.5"),
    "event": ("purchase", "session_start", "x"),
    "currency": ("USD", "eur", "XTS", "€", "XXX"),
    "params": (
        "[]",
        "{}",
        "null",
        "[null]",
        '[{"key": 1, "value": 2}]',
        '[{"key": "ga_session_id", "value": {"int_value": [1]}}]',
        '[{"key": "ga_session_id", "value": {"int_value": null}}]',
        '[{"key": "ga_session_id", "value": {"string_value": "x\\u0000y"}}]',
        "[" * 200,
    ),
    "purchase": (
        "[]",
        "{}",
        '{"transaction_id": null, "purchase_revenue": "x"}',
        '{"transaction_id": {"a": 1}, "purchase_revenue": [1]}',
        '{"transaction_id": "k1", "purchase_revenue": 1e308}',
        '{"transaction_id": "k1", "purchase_revenue": -1}',
        '{"transaction_id": "(not set)", "purchase_revenue": 5}',
    ),
    "url": (
        "https://",
        "https://shop.example/?utm_source=%FF%FE&utm_medium=%00",
        "https://shop.example/?utm_source=a%27b&utm_campaign={{ 1/0 }}",
        "?utm_source",
        "https://[::1]:99999/?gclid=",
        "javascript:alert(1)",
        "https://shop.example/?" + "&".join(f"p{number}=x" for number in range(300)),
        "//%%%",
    ),
}
# what a column is called that nobody knows
EXTRA_NAMES = (
    "note",
    "select",
    'a"b',
    "x;y",
    "ünï",
    "'; drop table x; --",
    "property",
    "time_zone",
    "1",
    "{{ x }}",
    "💶",
    "",
)
