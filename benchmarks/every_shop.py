"""Shops in the shapes of all properties, at any size, as Parquet.

`generate_shops` writes them; `run_config` says in var `raw` where they are. The shop of
Company X has as many sessions as is asked for, the others a tenth of that, so that each
layout is there and the measure stays that of the first.

    company_x       sessions, conversions, booked conversions and ad costs; journeys are
                    the sessions of a user
    company_x_2021  the same, and a table of journeys with weights
    company_x_2023  sessions with a cost of their own (benchmarks/large_shop.py)
    afisha          visits, orders, costs
    vestiaire       a tenth of the clicks and a hundredth of the listings that the shop
                    has sessions (benchmarks/marketplace.py)
    vivid_seats     visits of both kinds, sales, listings, sellers, events
    own_sessions    the input contract: sessions with addresses and flags, orders on
                    both sides, refunds, ad costs
    own_page_views  the input contract: three page views to a session, orders
    own_events      three events of Google Analytics 4 to a session, with purchases and
                    as many parameters as Google sends
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

from large_shop import SHOP, channel_rows, in_a_process, session_tables
from marketplace import BRANDS
from marketplace import SHOP as MARKETPLACE

# sessions that are drawn and written at a time
CHUNK = 5_000_000
PART = 10
DAYS = 90
LAYOUTS = {
    "company_x": "company_x",
    "company_x_2021": "company_x",
    "company_x_2023": "company_x",
    "afisha": "afisha",
    "vestiaire": "vestiaire",
    "vivid_seats": "vivid_seats",
    "own_sessions": "contract",
    "own_page_views": "contract",
    "own_events": "ga4",
}

# as many visits, user by user
VISITS_OF_USERS = """
create macro visits_of_users(sessions) as table
select
    user_number * 64 + ordinal as number,
    user_number,
    ordinal,
    session_count
from (
    select
        range as user_number,
        sessions_of_user(range, 5) as session_count,
        unnest(range(sessions_of_user(range, 5))) as ordinal
    from range(sessions // 3)
)
order by user_number, ordinal
limit sessions;
"""

# Of 1,000 orders tracking misses 7 and the books miss 7; of those on both sides 10 are
# booked at another amount, 2 a day later and 1 for another user.
BOOKED_SHOP = """
create table campaigns as
select
    number,
    channel_name,
    (10000000000 + number * 7919317)::varchar as campaign_id,
    channel_name || ' ' || number as campaign_name
from (
    select
        range as number,
        ['Paid Search Brand', 'Paid Search Non Brand', 'Performance Max'][
            range % 3 + 1
        ] as channel_name
    from range(99)
);

create table spend (
    event_date date, campaign_id varchar, cost decimal(18, 4), clicks bigint
);
"""

BOOKED_CHUNK = """
create or replace table visits as
with users as (
    select
        user_number,
        session_count,
        sum(session_count) over (order by user_number) - session_count as earlier
    from (
        select
            range as user_number,
            sessions_of_user(range, 5) as session_count
        from range({first_user}, {last_user})
    )
),

numbered as (
    select
        user_number * 64 + ordinal as number,
        user_number,
        session_count
    from (
        select *, unnest(range(session_count)) as ordinal from users
    )
    where earlier + ordinal < {sessions}
)

select
    numbered.number,
    to_hex(hash(numbered.number * 100 + 1)) as session_id,
    to_hex(hash(numbered.user_number * 100 + 2)) as user_id,
    timestamp '2021-05-01 00:00:00'
    + to_seconds(floor(uniform(numbered.number, 3) * {days} * 86400)::bigint)
        as started_at,
    slots.channel_name,
    campaigns.campaign_name,
    campaigns.campaign_id,
    ['DE', 'NL', 'GB', 'FR', 'BE', 'AT', 'DK', 'SE'][
        1 + floor(8 * power(uniform(numbered.user_number, 10), 2))::bigint
    ] as market,
    case
        when slots.is_paid then (0.05 + uniform(numbered.number, 9))::decimal(9, 4)
    end as cpc,
    uniform(numbered.number, 4) < 0.2435 / sqrt(session_count) as is_converting
from numbered
inner join slots
    on floor(uniform(numbered.number, 6) * 100)::bigint = slots.slot
left join campaigns
    on slots.channel_name = campaigns.channel_name
    and floor(uniform(numbered.number, 11) * 33)::bigint = campaigns.number // 3;

copy (
    select
        session_id,
        user_id,
        started_at::date as event_date,
        strftime(started_at, '%H:%M:%S') as event_time,
        channel_name,
        campaign_name,
        campaign_id,
        market,
        cpc
    from visits
) to '{folder}/session_sources/{chunk}.parquet';

create or replace table orders as
select
    number,
    to_hex(hash(number * 100 + 7)) as conv_id,
    user_id,
    started_at + interval 10 minute as converted_at,
    market,
    (10 + 190 * uniform(number, 8))::decimal(9, 2) as revenue,
    uniform(number, 12) as draw,
    uniform(number, 13) as other_draw
from visits
where is_converting;

copy (
    select
        conv_id,
        user_id,
        converted_at::date as conv_date,
        strftime(converted_at, '%H:%M:%S') as conv_time,
        market,
        revenue
    from orders
    where draw >= 0.007
) to '{folder}/conversions/{chunk}.parquet';

copy (
    select
        conv_id,
        case when other_draw < 0.001 then user_id || '0' else user_id end as user_id,
        converted_at::date + (other_draw between 0.001 and 0.003)::integer as conv_date,
        market,
        revenue + case when other_draw >= 0.99 then 4.95 else 0 end as revenue
    from orders
    where draw < 0.993
) to '{folder}/conversions_backend/{chunk}.parquet';

insert into spend
select started_at::date, campaign_id, sum(cpc), count(*)
from visits
where campaign_id is not null
group by all;
"""

JOURNEYS = """
copy (
    select
        conv_id,
        session_id,
        2.0 * row_number() over touches / (
            count(*) over (partition by conv_id)
            * (count(*) over (partition by conv_id) + 1)
        ) as ihc
    from (
        select orders.conv_id, visits.session_id, visits.started_at
        from orders
        inner join visits
            on orders.user_id = visits.user_id
            and orders.converted_at >= visits.started_at
        where orders.draw >= 0.007
    )
    window touches as (partition by conv_id order by started_at, session_id)
) to '{folder}/attribution_customer_journey/{chunk}.parquet';
"""

# some campaign-days are billed at more than their clicks, some have no clicks
AD_COSTS = """
copy (
    select
        event_date,
        campaign_id,
        sum(cost) + case when hash(event_date, campaign_id) % 30 = 0 then 2.5 else 0 end
            as cost,
        sum(clicks)::bigint as clicks
    from (
        select * from spend
        union all
        select event_date, 'without sessions', 7.5, 3 from spend
        group by event_date
    )
    group by event_date, campaign_id
) to '{folder}/api_adwords_costs.parquet';
"""

AFISHA = """
create table visits as
select
    number,
    hash(user_number * 100 + 2) as uid,
    timestamp '2017-06-01'
    + to_minutes(floor(uniform(number, 3) * 365 * 1440)::bigint) as start_ts,
    session_count
from visits_of_users({sessions});

copy (
    select
        uid as "Uid",
        case when uniform(number, 4) < 0.73 then 'desktop' else 'touch' end as "Device",
        start_ts as "Start Ts",
        start_ts + to_minutes(floor(uniform(number, 6) * 30)::bigint) as "End Ts",
        1 + floor(uniform(number, 7) * 10)::bigint as "Source Id"
    from visits
) to '{folder}/visits.parquet';

copy (
    select
        start_ts + interval 5 minute as "Buy Ts",
        (0.5 + 9 * uniform(number, 8))::decimal(9, 2) as "Revenue",
        uid as "Uid"
    from visits
    where uniform(number, 9) < 0.34 / sqrt(session_count)
) to '{folder}/orders.parquet';

copy (
    select
        source as source_id,
        date '2017-06-01' + day::integer as dt,
        (5 + 90 * uniform(source * 1000 + day, 10))::decimal(9, 2) as costs
    from range(1, 11) as sources (source)
    cross join range(365) as days (day)
) to '{folder}/costs.parquet';
"""

VIVID_SEATS = """
create table visits as
select
    number,
    visitor_number,
    visit_number,
    timestamp '2022-05-01'
    + to_seconds(
        floor((uniform(visitor_number, 3) * 60 + visit_number - 1) * 86400)::bigint
    ) as started_at
from (
    select
        number + 1 as number,
        user_number as visitor_number,
        ordinal + 1 as visit_number
    from visits_of_users({sessions})
);

create macro visit_columns() as table
select
    'v' || visitor_number as visitor_id,
    visit_number,
    started_at::date as visit_date,
    strftime(started_at, '%H:%M:%S') as visit_start_time,
    case
        when number % 2 = 0 then '(direct)'
        else 'Partner ' || floor(40 * power(uniform(number, 4), 2))::bigint
    end as traffic_source,
    ['desktop', 'mobile', 'tablet'][1 + (number % 3)] as visitor_device,
    ['us-east', 'us-west', 'eu-west'][1 + (visitor_number % 3)] as geo_network,
    (uniform(number, 6) < 0.4)::integer as bounce,
    'fans' as user_grouping,
    'Not Socially Engaged' as social_engagement,
    number
from visits;

copy (
    select * exclude (number) from visit_columns() where number % 2 = 0
) to '{folder}/direct_traffic.parquet';

copy (
    select * exclude (number) from visit_columns() where number % 2 = 1
) to '{folder}/indirect_traffic.parquet';

copy (
    select
        't' || number as sale_id,
        'e' || floor(uniform(number, 7) * {events})::bigint as event_id,
        'l' || floor(uniform(number, 8) * {listings})::bigint as listing_id,
        'v' || visitor_number as visitor_id,
        (visit_number = 1)::integer as first_signup,
        started_at::date as user_since,
        started_at::date as sale_date,
        strftime(started_at + interval 3 minute, '%H:%M:%S') as sale_time,
        1 + number % 4 as number_of_tickets,
        (20 + 100 * uniform(number, 9))::decimal(9, 2) as price_per_unit,
        '1 Nowhere Road, 02030 Leeds, United Kingdom' as address,
        '+00 555 ' || number as contact_number,
        'card' as payment_method,
        0 as promo_used
    from visits
    where uniform(number, 10) < 0.1
) to '{folder}/customer_sales.parquet';

copy (
    select
        'l' || range as listing_id,
        's' || floor({sellers} * power(uniform(range, 11), 2))::bigint as seller_id,
        'e' || floor(uniform(range, 12) * {events})::bigint as event_id,
        (100 + range % 60)::varchar as section,
        (range % 30)::varchar as "row",
        null::varchar as seat,
        1 + range % 6 as quantity,
        (20 + 100 * uniform(range, 13))::decimal(9, 2) as price,
        'mobile' as ticket_type,
        date '2022-04-01' + (range % 90)::integer as posting_date,
        '12:00:00' as posting_time,
        range % 2 as availability
    from range({listings})
) to '{folder}/ticket_listings.parquet';

copy (
    select
        's' || range as seller_id,
        'Seller ' || range as name,
        'Midwest' as region,
        date '2020-01-01' as seller_since
    from range({sellers})
) to '{folder}/sellers.parquet';

copy (
    select
        'e' || range as event_id,
        'Event ' || range as event_name,
        ['Sport', 'Theatre', 'Music'][1 + range % 3] as event_category,
        'Venue ' || range % 20 as venue,
        'Leeds' as city,
        'United Kingdom' as country,
        timestamp '2022-09-01 19:30:00' as event_at
    from range({events})
) to '{folder}/events.parquet';
"""

# of ten sessions three name a campaign in their address, three have a click id, two
# come from another site
OWN_VISITS = """
create table visits as
select
    number,
    'u' || user_number as user_id,
    timestamp '2024-01-01'
    + to_seconds(floor(uniform(number, 3) * 90 * 86400)::bigint) as started_at,
    'https://shop.example/page/' || number % 500 || case
        when slot < 3
            then '?utm_source=letter&utm_medium=email&utm_campaign=c' || number % 20
        when slot < 6 then '?gclid=' || to_hex(hash(number)) || '&item=' || number % 90
        else ''
    end as address,
    case when slot in (6, 7) then 'https://www.blog.example/post/' || number % 40 end
        as referrer,
    uniform(number, 9) < 0.24 / sqrt(session_count) as is_converting
from (
    select *, floor(uniform(number, 6) * 10) as slot
    from visits_of_users({sessions})
);
"""

OWN_ORDERS = """
copy (
    select
        'o' || number as conversion_id,
        user_id,
        started_at + interval 10 minute as converted_at,
        (10 + 190 * uniform(number, 8))::decimal(9, 2) as revenue
    from visits
    where is_converting
) to '{folder}/conversions.parquet';
"""

OWN_SESSIONS = """
copy (
    select
        's' || number as session_id,
        user_id,
        strftime(started_at, '%Y-%m-%dT%H:%M:%SZ') as started_at,
        address as landing_url,
        referrer,
        ['desktop', 'mobile', 'tablet'][1 + number % 3] as device,
        'Mozilla/5.0 (X11; Linux x86_64) Browser/' || number % 50 as user_agent,
        (number % 20 != 0)::integer as has_consent,
        case when number % 5 = 0 then 'true' else 'false' end as is_bounce
    from visits
) to '{folder}/sessions.parquet';

copy (
    select * replace (revenue + (hash(conversion_id) % 100 = 0)::integer as revenue)
    from '{folder}/conversions.parquet'
) to '{folder}/backend_conversions.parquet';

copy (
    select
        conversion_id,
        converted_at + interval 3 day as refunded_at,
        revenue as amount
    from '{folder}/conversions.parquet'
    where hash(conversion_id) % 20 = 0
) to '{folder}/refunds.parquet';

copy (
    select
        'c' || campaign as campaign_id,
        date '2024-01-01' + day::integer as cost_date,
        (5 + 90 * uniform(campaign * 1000 + day, 10))::decimal(9, 2) as cost,
        10 + campaign as clicks
    from range(20) as campaigns (campaign)
    cross join range(90) as days (day)
) to '{folder}/ad_costs.parquet';
"""

OWN_PAGE_VIEWS = """
copy (
    select
        'b' || user_id as visitor_id,
        case when number % 4 = 0 then user_id end as user_id,
        started_at + to_minutes(view * 4) as viewed_at,
        case when view = 0 then address else 'https://shop.example/page/' || view end
            as page_url,
        case when view = 0 then referrer else 'https://shop.example/' end as referrer,
        'mobile' as device,
        'granted' as has_consent
    from visits
    cross join range(3) as views (view)
) to '{folder}/page_views.parquet';
"""

OWN_EVENTS = """
create macro event_parameter(name, text_value, number_value) as {{
    'key': name,
    'value': {{
        'string_value': text_value::varchar,
        'int_value': number_value::bigint,
        'float_value': null::double,
        'double_value': null::double
    }}
}};

copy (
    select
        epoch_us(started_at) + event * 240000000 as event_timestamp,
        case when event < 2 then 'page_view' when is_converting then 'purchase'
            else 'scroll' end as event_name,
        [
            event_parameter('ga_session_id', null, epoch_us(started_at) // 1000000),
            event_parameter('ga_session_number', null, number % 64 + 1),
            event_parameter('page_location', address, null),
            event_parameter('page_title', 'Page ' || event || ' of a shop', null),
            event_parameter('page_referrer', referrer, null),
            event_parameter('session_engaged', (number % 3 != 0)::integer, null),
            event_parameter('engaged_session_event', null, 1),
            event_parameter('engagement_time_msec', null, number % 9000),
            event_parameter('entrances', null, 1),
            event_parameter('ignore_referrer', 'true', null)
        ] as event_params,
        'b' || user_id as user_pseudo_id,
        null::varchar as user_id,
        epoch_ms(started_at) as batch_page_id,
        event as batch_ordering_id,
        event as batch_event_index,
        {{
            'category': 'mobile',
            'mobile_brand_name': 'Apple',
            'operating_system': 'iOS',
            'operating_system_version': 'iOS 17.4',
            'language': 'en-us',
            'web_info': {{'browser': 'Safari', 'hostname': 'www.shop.example'}}
        }} as device,
        {{'city': 'Berlin', 'country': 'Germany', 'continent': 'Europe'}} as geo,
        {{
            'manual_source': null::varchar,
            'manual_medium': null::varchar,
            'manual_campaign_name': null::varchar,
            'gclid': nullif(regexp_extract(address, 'gclid=([^&]*)', 1), '')
        }} as collected_traffic_source,
        {{
            'manual_campaign': {{
                'source': '(direct)', 'medium': '(none)', 'campaign_name': '(direct)'
            }}
        }} as session_traffic_source_last_click,
        case when event = 2 and is_converting then {{
            'transaction_id': 'o' || number,
            'purchase_revenue': (10 + 190 * uniform(number, 8))::decimal(9, 2)
        }} end as ecommerce
    from visits
    cross join range(3) as events (event)
) to '{folder}/events.parquet';
"""


def generate_shops(folder: Path, sessions: int, properties: Sequence[str]) -> None:
    """Write each property's raw tables, a process of its own for each.

    Args:
        folder: gets a folder for each property.
        sessions: how many Company X has; the others have a tenth.
        properties: which of `LAYOUTS` to write.
    """
    for name in properties:
        started = time.monotonic()
        (folder / name).mkdir(parents=True)
        size = sessions if name == "company_x" else max(sessions // PART, 100)
        in_a_process(GENERATORS[name], folder / name, size)
        megabytes = size_of(folder / name) / 1e6
        seconds = time.monotonic() - started
        print(f"  {name:<16}{megabytes:10,.0f} MB {seconds:8.1f} s", flush=True)


def run_config(folder: Path, properties: Sequence[str]) -> dict[str, dict[str, str]]:
    """Give var `raw` for the shops that lie in a folder."""
    return {
        name: {"layout": LAYOUTS[name], "path": str(folder / name)}
        for name in properties
    }


def size_of(folder: Path) -> int:
    """Add up the bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def generate_booked(folder: Path, sessions: int, has_journeys: bool = False) -> None:
    """Write Company X with books and bills, some million sessions at a time."""
    tables = ["session_sources", "conversions", "conversions_backend"]
    tables += ["attribution_customer_journey"] if has_journeys else []
    for table in tables:
        (folder / table).mkdir()
    with shop() as conn:
        conn.execute(BOOKED_SHOP)
        written, chunk, first = 0, 0, 0
        while written < sessions:
            # 4 sessions to a user: one chunk more where that was too few
            last = first + max(min(CHUNK, sessions - written) // 4, 100)
            conn.execute(
                BOOKED_CHUNK.format(
                    folder=folder,
                    chunk=f"{chunk:04}",
                    first_user=first,
                    last_user=last,
                    sessions=sessions - written,
                    days=DAYS,
                )
            )
            if has_journeys:
                conn.execute(JOURNEYS.format(folder=folder, chunk=f"{chunk:04}"))
            written += conn.execute("select count(*) from visits").fetchall()[0][0]
            chunk, first = chunk + 1, last
        conn.execute(AD_COSTS.format(folder=folder))


def generate_journeys(folder: Path, sessions: int) -> None:
    """Write Company X with a table of journeys."""
    generate_booked(folder, sessions, has_journeys=True)


def generate_costed(folder: Path, sessions: int) -> None:
    """Write Company X with sessions that have a cost of their own."""
    with shop() as conn:
        conn.execute(session_tables(folder, sessions))


def generate_afisha(folder: Path, sessions: int) -> None:
    """Write Afisha."""
    with shop() as conn:
        conn.execute(AFISHA.format(folder=folder, sessions=sessions))


def generate_vestiaire(folder: Path, clicks: int) -> None:
    """Write Vestiaire, ten clicks to a listing."""
    with duckdb.connect() as conn:
        conn.execute(
            MARKETPLACE.format(
                folder=folder, listings=clicks // 10, clicks=clicks, brands=BRANDS
            )
        )


def generate_vivid_seats(folder: Path, sessions: int) -> None:
    """Write Vivid Seats, ten visits to a listing."""
    listings = max(sessions // 10, 10)
    with shop() as conn:
        conn.execute(
            VIVID_SEATS.format(
                folder=folder,
                sessions=sessions,
                listings=listings,
                sellers=max(listings // 20, 2),
                events=max(listings // 100, 2),
            )
        )


def generate_own_sessions(folder: Path, sessions: int) -> None:
    """Write a shop's sessions with their addresses, and all that is sold and paid."""
    write_own(folder, sessions, OWN_ORDERS, OWN_SESSIONS)


def generate_own_page_views(folder: Path, sessions: int) -> None:
    """Write a shop's page views, three to a session."""
    write_own(folder, sessions, OWN_ORDERS, OWN_PAGE_VIEWS)


def generate_own_events(folder: Path, sessions: int) -> None:
    """Write what Google Analytics 4 exports, three events to a session."""
    write_own(folder, sessions, OWN_EVENTS)


def write_own(folder: Path, sessions: int, *statements: str) -> None:
    """Write tables of a shop of one's own, all from the same visits."""
    with shop() as conn:
        for sql in (OWN_VISITS, *statements):
            conn.execute(sql.format(folder=folder, sessions=sessions))


def shop() -> duckdb.DuckDBPyConnection:
    """Open a database in memory with what the shops are drawn by."""
    conn = duckdb.connect()
    conn.execute(SHOP.format(channels=channel_rows()))
    conn.execute(VISITS_OF_USERS)
    return conn


GENERATORS = {
    "company_x": generate_booked,
    "company_x_2021": generate_journeys,
    "company_x_2023": generate_costed,
    "afisha": generate_afisha,
    "vestiaire": generate_vestiaire,
    "vivid_seats": generate_vivid_seats,
    "own_sessions": generate_own_sessions,
    "own_page_views": generate_own_page_views,
    "own_events": generate_own_events,
}
