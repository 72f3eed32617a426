"""Marketplace: what is offered and sold, by whom, for which events, through whom."""

from __future__ import annotations

from serving.charts import shapes
from serving.charts.theme import GREEN, ORANGE, PURPLE
from serving.formats import shown
from serving.marts import Answer
from serving.questions.common import Question, leader

NO_LISTINGS = "There are no listings here: the property has no table of them."


def went(rows: Answer, _: str | None) -> str:
    """Say how many listings were sold."""
    steps = {row["step"]: row["listing_count"] for row in rows.dicts()}
    started, sold = steps.get("started", 0), steps.get("sold", 0)
    part = f" ({shown(sold / started, 'share')})" if started else ""
    return (
        f"Of {shown(started, 'count')} listings, {shown(sold, 'count')} were "
        f"sold{part}."
    )


def by_dimension(key: str, title: str, dimensions: str, noun: str) -> Question:
    """Ask for started and sold listings by a dimension of the funnel."""
    return Question(
        key=key,
        title=title,
        definition=f"Listings by {noun}: begun, submitted and sold. The 15 "
        "sold most are drawn; success is sold over begun.",
        sql=f"""
            select
                dimension_value as {noun},
                started_count,
                completed_count,
                sold_count,
                sold_count / nullif(started_count, 0)::double as success_rate,
                click_count,
                quantity_listed,
                quantity_sold,
                sales_revenue
            from marts.rpt_listing_funnel
            where {{filters}} and dimension in ({dimensions})
            order by sold_count desc, started_count desc, dimension_value
        """,
        missing=f"No listing here says its {noun}.",
        says=leader(noun, "sold_count", "{who} sells most: {amount} listings"),
        draw=lambda rows: shapes.pairs(
            rows, noun, ("started_count", "sold_count"), "Listings"
        ),
    )


funnel = Question(
    key="funnel",
    title="How far do listings get?",
    definition="Listings with a time of each step, over the whole period. A step that "
    "was not exported does not undo the next, so a later one can be larger.",
    sql="""
        with steps as (
            unpivot (
                select started_count as started, completed_count as completed,
                    sold_count as sold
                from marts.rpt_listing_funnel
                where {filters} and dimension = '(all)'
            )
            on started, completed, sold
            into name step value listing_count
        )
        select step, listing_count,
            listing_count / nullif(first(listing_count) over (
                order by step = 'started' desc, step
            ), 0)::double as started_share
        from steps
        where listing_count > 0 or step != 'completed'
        order by list_position(['started', 'completed', 'sold'], step)
    """,
    missing=NO_LISTINGS,
    says=went,
    draw=lambda rows: shapes.bars(rows, "step", "listing_count", colour=GREEN),
)

brands = by_dimension("brands", "Which brands sell?", "'brand'", "brand")
categories = by_dimension(
    "categories",
    "Which categories sell?",
    "'category', 'event_category'",
    "category",
)
venues = by_dimension("venues", "Which venues sell?", "'venue'", "venue")

seller_segments = Question(
    key="seller_segments",
    title="Who sells with us?",
    definition="Sellers by segment, looking back from the property's last listing: "
    "never_listed, lapsed, new, frequent, occasional, the first that holds.",
    sql="""
        select
            segment,
            count(*) as seller_count,
            sum(listing_count) as listing_count,
            sum(sold_count) as sold_count,
            sum(revenue) as revenue
        from marts.dim_sellers
        where {filters}
        group by segment
        order by seller_count desc, segment
    """,
    missing="No seller is known here.",
    says=leader("segment", "seller_count", "Most are {who}: {amount}"),
    draw=lambda rows: shapes.bars(rows, "segment", "seller_count", colour=PURPLE),
)

top_sellers = Question(
    key="top_sellers",
    title="Which sellers sell most?",
    definition="The first 200 sellers by listings sold.",
    sql="""
        select seller_id, region, segment, listing_count, completed_count, sold_count,
            sold_count / nullif(listing_count, 0)::double as success_rate, revenue,
            first_listed_at, last_listed_at
        from marts.dim_sellers
        where {filters}
        order by sold_count desc, listing_count desc, seller_id
        limit 200
    """,
    missing="No seller is known here.",
    says=leader("seller_id", "sold_count", "{who} sold most: {amount}", whole=False),
)


def event_measure(rows: Answer) -> str:
    """Tell by what events are compared: tickets where no sale says what they earned."""
    is_known = any(revenue is not None for revenue in rows.column("revenue"))
    return "revenue" if is_known else "quantity_sold"


def sold_most(rows: Answer, currency: str | None) -> str:
    """Say which event earned or sold most."""
    value = event_measure(rows)
    words = f"{{who}} {'earned' if value == 'revenue' else 'sold'} most: {{amount}}"
    return leader("event", value, words, whole=False)(rows, currency)


events = Question(
    key="events",
    title="Which events sell, and what is left?",
    definition="Tickets sold and open by event; the first 200 by revenue (by tickets "
    "sold where there are no sales), 15 of them drawn. An event that was never "
    "announced has no name. Its day is that of the property's clock, its time UTC.",
    sql="""
        select
            coalesce(event_name, event_id) || coalesce(strftime(timezone(
                (select time_zone from meta.properties where {filters}),
                timezone('UTC', event_at)
            ), ', %Y-%m-%d'), '') as event,
            event_category, venue, event_at, revenue, quantity_sold, quantity_open,
            listings_open, lowest_price
        from marts.dim_events
        where {filters}
        order by revenue desc nulls last, quantity_sold desc, quantity_open desc,
            event_id
        limit 200
    """,
    missing="There are no events here.",
    says=sold_most,
    draw=lambda rows: shapes.bars(rows, "event", event_measure(rows), colour=GREEN),
)

partners = Question(
    key="partners",
    title="Which partners bring buyers?",
    definition="Visitors, sessions and orders by partner or own traffic; orders and "
    "revenue by last touch. A visitor can stand under several partners.",
    sql="""
        select
            partner, traffic_type, visitor_count, session_count,
            bounce_count / nullif(judged_session_count, 0)::double as bounce_rate,
            non_buyer_count, returning_visitor_count, conversion_count, revenue
        from marts.rpt_traffic_partners
        where {filters}
        order by revenue desc, partner, traffic_type
    """,
    missing="No session here names a partner.",
    says=leader("partner", "revenue", "{who} brings most: {amount}"),
    draw=lambda rows: shapes.bars(rows, "partner", "revenue", colour=ORANGE),
)
