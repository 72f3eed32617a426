"""Budget: where the next unit of spend should go, and how sure that is."""

from __future__ import annotations

from serving.charts import shapes
from serving.formats import shown
from serving.marts import Answer
from serving.questions.common import Question, total

NO_BUDGET = (
    "No recommendation here: there is no spend in a recent whole week, or no revenue "
    "to compare it with."
)


def moves(rows: Answer, currency: str | None) -> str:
    """Say where spend should go, and from where."""
    changes = [(row["spend_change"], row["channel"]) for row in rows.dicts()]
    more, where = max(changes)
    less, whence = min(changes)
    spent = shown(total(rows, "current_spend"), "money", currency)
    # of chosen channels all may rise, or all fall
    ways = []
    if more > 0:
        ways.append(f"go to {where} (+{shown(more, 'money', currency)})")
    if less < 0:
        ways.append(f"come from {whence} ({shown(less, 'money', currency)})")
    if not ways:
        return f"{spent} a week: no channel is known well enough to move any of it."
    return f"Of {spent} a week, most should {', and '.join(ways)}."


def next_unit(rows: Answer, _: str | None) -> str:
    """Say which channel returns most for the next unit, and how sure that is."""
    known = [row for row in rows.dicts() if row["marginal_romi"] is not None]
    first = max(known, key=lambda row: row["marginal_romi"])
    ends = (first["marginal_romi_low"], first["marginal_romi_high"])
    low, high = (shown(end, "share") for end in ends)
    return (
        f"The next unit returns most in {first['channel']}: "
        f"{shown(first['marginal_romi'], 'share')} beyond itself, between {low} and "
        f"{high}."
    )


budget_shift = Question(
    key="budget_shift",
    title="How should the weekly budget be split?",
    definition="The same total, moved to where the next unit returns more, at most by "
    "the share the build allows. It is observational: it knows what spend and revenue "
    "did together, not what one did to the other. A lift test calibrates it.",
    sql="""
        select
            channel,
            current_spend,
            recommended_spend,
            recommended_spend - current_spend as spend_change,
            status,
            reason
        from marts.rpt_budget
        where {filters: channel}
            and (current_spend != 0 or recommended_spend != 0)
        order by current_spend desc, channel
    """,
    missing=NO_BUDGET,
    says=moves,
    draw=lambda rows: shapes.pairs(
        rows, "channel", ("current_spend", "recommended_spend"), "Spend a week"
    ),
)

marginal_romi = Question(
    key="marginal_romi",
    title="What does the next unit of spend bring?",
    definition="Marginal ROMI: gross profit of the next unit of spend, less the unit. "
    "The line is a 95 % interval (jackknife over weeks); below 0 the unit is not "
    "earned back. Where intervals overlap, the order of the channels is not sure.",
    sql="""
        select
            channel,
            marginal_romi,
            marginal_romi_low,
            marginal_romi_high,
            week_count,
            elasticity,
            is_calibrated
        from marts.rpt_budget
        where {filters: channel} and marginal_romi is not null
        order by marginal_romi desc, channel
    """,
    missing="No channel here has enough weeks of spend to tell what the next unit "
    "brings.",
    says=next_unit,
    draw=lambda rows: shapes.spans(
        rows,
        "channel",
        "marginal_romi",
        ("marginal_romi_low", "marginal_romi_high"),
        "earned back",
    ),
)
