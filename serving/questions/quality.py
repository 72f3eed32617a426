"""Data quality: what is wrong with the data, and what was refused."""

from __future__ import annotations

from serving.charts import shapes
from serving.charts.theme import ORANGE
from serving.formats import shown
from serving.marts import Answer
from serving.questions.common import Question, total


def faults(rows: Answer, _: str | None) -> str:
    """Say how many checks found something."""
    kinds = rows.column("status")
    return (
        f"{kinds.count('fail')} checks fail, {kinds.count('warn')} warn, "
        f"{kinds.count('ok')} find nothing."
    )


def refused(rows: Answer, _: str | None) -> str:
    """Say how many rows were refused, and why most."""
    first = rows.dicts()[0]
    return (
        f"{shown(total(rows, 'row_count'), 'count')} raw rows are in no mart; most "
        f"often in {first['raw_table']}: {first['reason']} "
        f"({shown(first['row_count'], 'count')})."
    )


checks = Question(
    key="checks",
    title="What is wrong with the data?",
    definition="Every check of the property with the rows it found, of those it looked "
    "at. A warning is shown and does not stop a build.",
    sql="""
        select status, check_name, question, rows_affected, rows_checked,
            amount_affected, explanation
        from marts.rpt_data_quality
        where {filters}
        order by list_position(['fail', 'warn', 'ok'], status), rows_affected desc,
            check_name
    """,
    missing="No check looks at this property.",
    says=faults,
)

rejected = Question(
    key="rejected",
    title="Which raw rows were refused, and why?",
    definition="Raw rows that are in no mart, by table and reason. Each is kept as it "
    "came, personal values masked.",
    sql="""
        select raw_table, reason, layer, count(*) as row_count
        from marts.fct_rejected_rows
        where {filters}
        group by all
        order by row_count desc, raw_table, reason
    """,
    missing="No raw row was refused: each is in a mart.",
    says=refused,
    draw=lambda rows: (
        shapes.bars(rows, "reason", "row_count", colour=ORANGE)
        if len(set(rows.column("reason"))) == len(rows.rows)
        else shapes.bars(
            shapes.joined(rows, "raw_table", "reason"),
            "reason",
            "row_count",
            colour=ORANGE,
        )
    ),
)
