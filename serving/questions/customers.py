"""Customers: who comes back, what they bring, what they cost, when they pay back."""

from __future__ import annotations

from serving.charts import shapes
from serving.charts.theme import GREEN, ORANGE, PURPLE
from serving.formats import shown
from serving.marts import Answer
from serving.questions.common import Question, leader, total

NO_USERS = "There are no users here: no session or order says who it is of."
NO_BUYERS = "There are no buyers here: no counted order says who placed it."


def returning(rows: Answer, _: str | None) -> str:
    """Say how many users are back after a month, over all cohorts that know it."""
    next_month = [
        row
        for row in rows.dicts()
        if row["month_number"] == 1 and row["retention_rate"] is not None
    ]
    if not next_month:
        users = sum(r["cohort_users"] for r in rows.dicts() if not r["month_number"])
        return f"{shown(users, 'count')} users came; no following month is over yet."
    users = sum(row["cohort_users"] for row in next_month)
    back = sum(row["active_users"] for row in next_month)
    return (
        f"Of {shown(users, 'count')} users, {shown(back, 'count')} "
        f"({shown(back / users, 'share')}) came in the month after their first."
    )


def worth(rows: Answer, currency: str | None) -> str:
    """Say what buyers of the oldest cohort have brought so far."""
    known = [row for row in rows.dicts() if row["ltv"] is not None]
    if not known:
        return "No month is over yet."
    oldest = min(row["cohort_month"] for row in known)
    last = max(
        (row for row in known if row["cohort_month"] == oldest),
        key=lambda row: row["month_number"],
    )
    return (
        f"A buyer of {oldest[:7]} has brought {shown(last['ltv'], 'money', currency)} "
        f"by month {last['month_number']}."
    )


def costs(rows: Answer, currency: str | None) -> str:
    """Say what a new buyer cost over all channels."""
    cost, buyers = total(rows, "cost"), total(rows, "new_buyers")
    if not cost or not buyers:
        return f"{shown(buyers, 'count')} new buyers; no cost is known."
    return (
        f"{shown(buyers, 'count')} new buyers for {shown(cost, 'money', currency)}: "
        f"{shown(cost / buyers, 'money', currency)} each, free channels included."
    )


def paid_back(rows: Answer, _: str | None) -> str:
    """Say how many cohorts of channels have paid for themselves."""
    known = rows.column("payback_month")
    back = [month for month in known if month is not None]
    return (
        f"{shown(len(back), 'count')} of {shown(len(known), 'count')} monthly spends "
        f"have paid for themselves, {shown(back.count(0), 'count')} of them in their "
        "first month."
    )


def waited(rows: Answer, _: str | None) -> str:
    """Say how many buy on the first day."""
    found = {row["lag"]: row["buyers"] for row in rows.dicts()}
    buyers = sum(found.values())
    first = found.get("same day", 0)
    return (
        f"{shown(first, 'count')} of {shown(buyers, 'count')} buyers "
        f"({shown(first / buyers, 'share')}) bought on the day of their first session."
    )


def curves(rows: Answer) -> shapes.Chart | None:
    """Draw what a buyer has brought by month, for the last twelve cohorts."""
    months = sorted(set(rows.column("cohort_month")))[-12:]
    kept = tuple(
        (f"{row[0]:%Y-%m}", *row[1:])
        for row in rows.rows
        if row[0] in months and row[-1] is not None
    )
    return shapes.gradual(
        Answer(rows.columns, kept), "month_number", "ltv", "cohort_month"
    )


def months_of(rows: Answer, *names: str) -> Answer:
    """Write months as text, 2021-07, which a chart takes as it is."""
    places = [rows.columns.index(name) for name in names]
    return Answer(
        rows.columns,
        tuple(
            tuple(f"{v:%Y-%m}" if n in places else v for n, v in enumerate(row))
            for row in rows.rows
        ),
    )


def cohorts(rows: Answer) -> shapes.Chart | None:
    """Draw who came back; while no following month is over, who came first."""
    months = months_of(rows, "cohort_month")
    # in month 0 all of a cohort came
    later = tuple(row for row in months.rows if row[1] and row[-1] is not None)
    if not later:
        first = Answer(rows.columns, tuple(row for row in months.rows if not row[1]))
        return shapes.bars(first, "cohort_month", "cohort_users", colour=GREEN)
    return shapes.heat(
        Answer(rows.columns, later),
        "month_number",
        "cohort_month",
        "retention_rate",
        ("months since the first session", ""),
    )


# a user stands in one channel and one device, so that the parts add up
PARTS = "channel != '(all)' and device != '(all)'"

retention = Question(
    key="retention",
    title="Who comes back?",
    definition="Users by the month of their first session, and the share of them with "
    "a session so many months later. A month that is not over is left out. Channel and "
    "device are those of the first session.",
    sql=f"""
        select
            cohort_month,
            month_number,
            sum(cohort_users) as cohort_users,
            sum(active_users) as active_users,
            sum(active_users) / nullif(sum(cohort_users), 0)::double as retention_rate
        from marts.rpt_retention
        where {{filters: months=cohort_month, channel, device}} and {PARTS}
        group by cohort_month, month_number
        order by cohort_month, month_number
    """,
    missing="No session here says whose it is.",
    says=returning,
    draw=cohorts,
)

ltv = Question(
    key="ltv",
    title="What does a customer bring over time?",
    definition="LTV: revenue so far over all buyers of the cohort, which is the month "
    "of the first order; net of what was paid back, unless var customer_revenue says "
    "gross. A month that is not over is left out. Drawn are the last twelve cohorts.",
    sql=f"""
        select
            cohort_month,
            month_number,
            sum(buyers) as buyers,
            sum(conversion_count) as conversion_count,
            sum(net_revenue) as net_revenue,
            sum(cumulative_revenue) as cumulative_revenue,
            sum(cumulative_revenue) / nullif(sum(buyers), 0)::double as ltv
        from marts.rpt_ltv
        where {{filters: months=cohort_month, channel, device}} and {PARTS}
        group by cohort_month, month_number
        order by cohort_month, month_number
    """,
    missing=NO_BUYERS,
    says=worth,
    draw=curves,
)

acquisition = Question(
    key="acquisition",
    title="What does a new buyer cost?",
    definition="CAC = cost of the channel / users who bought for the first time and "
    "whose first session it brought, over months that are over. ROMI = (gross profit "
    "so far - cost) / cost. CAC is a dash without new buyers, ROMI without cost; (no "
    "session) is no channel and has neither.",
    sql="""
        select
            channel,
            sum(cost) as cost,
            sum(new_users) as new_users,
            sum(new_buyers) as new_buyers,
            case when channel != '(no session)'
                then sum(cost) / nullif(sum(new_buyers), 0)::double end as cac,
            sum(cumulative_revenue) as cumulative_revenue,
            sum(gross_profit) as gross_profit,
            case when channel != '(no session)'
                then (sum(gross_profit) - sum(cost)) / nullif(sum(cost), 0)::double
            end as romi
        from marts.rpt_acquisition
        where {filters: months=cohort_month, channel} and observed_months is not null
        group by channel
        order by cost desc nulls last, new_buyers desc, channel
    """,
    missing="No month of orders and costs is over here, or nobody has bought.",
    says=costs,
    draw=lambda rows: shapes.bars(
        rows,
        "channel",
        "cac" if any(rows.column("cac")) else "new_buyers",
        colour=ORANGE,
    ),
)

payback = Question(
    key="payback",
    title="When has the spend of a month paid for itself?",
    definition="Months from the spend to the first one in which gross profit of the "
    "buyers it brought reaches it; 0 is the same month. A cell that is empty had no "
    "cost, or has not paid for itself in the months observed: the table tells which.",
    sql="""
        select cohort_month, channel, cost, new_buyers, gross_profit, romi,
            payback_month, observed_months
        from marts.rpt_acquisition
        where {filters: months=cohort_month, channel}
            and observed_months is not null and cost > 0 and channel != '(no session)'
        order by cohort_month, channel
    """,
    missing="No cost here can be compared with what its buyers brought.",
    says=paid_back,
    draw=lambda rows: (
        shapes.heat(
            months_of(rows, "cohort_month"),
            "cohort_month",
            "channel",
            "payback_month",
        )
        if any(month is not None for month in rows.column("payback_month"))
        else shapes.bars(rows, "channel", "cost", colour=ORANGE)
    ),
)

conversion_lag = Question(
    key="conversion_lag",
    title="How long do people take to buy?",
    definition="Days from a buyer's first session to the first order.",
    sql=f"""
        select
            case
                when lag_days < 0 then 'before any session'
                when lag_days = 0 then 'same day'
                when lag_days <= 7 then '1 to 7 days'
                when lag_days <= 30 then '8 to 30 days'
                when lag_days <= 90 then '31 to 90 days'
                else 'over 90 days'
            end as lag,
            sum(buyers) as buyers,
            sum(buyers) / sum(sum(buyers)) over ()::double as buyer_share
        from marts.rpt_conversion_lag
        where {{filters: months=cohort_month, channel, device}} and {PARTS}
        group by lag
        order by min(lag_days)
    """,
    missing=NO_BUYERS,
    says=waited,
    draw=lambda rows: shapes.bars(rows, "lag", "buyers", colour=PURPLE),
)

segments = Question(
    key="segments",
    title="Where do our users stand?",
    definition="Users by segment, the first that holds: visitor (never bought), lost, "
    "lapsing, best, new, repeat, one_time. Their net revenue is over all time.",
    sql="""
        select
            segment,
            count(*) as users,
            sum(conversion_count) as conversion_count,
            sum(net_revenue) as net_revenue
        from marts.dim_users
        where {filters: channel=acquisition_channel, device=acquisition_device}
        group by segment
        order by users desc, segment
    """,
    missing=NO_USERS,
    says=leader("segment", "users", "Most are {who}: {amount}"),
    draw=lambda rows: shapes.bars(rows, "segment", "users", colour=GREEN),
)
