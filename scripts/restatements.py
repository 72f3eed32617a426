"""Say what a publication says other than the one before it, and why.

Publishing calls `restate` when the new file holds its marts and before it takes the
place of the old one: both are at hand then, and nothing else can come between. What has
changed is added to the history in `marts.rpt_restatements`, which goes from file to
file.

Causes are told from fingerprints that each publication keeps in schema `meta`:

- `meta.row_fingerprints`: of the rows that staging passed on, by property, kind of row
  and day: how many there are, and a sum over their md5. The sum does not depend on
  their order.
- `meta.setting_fingerprints`: of what else each report is made from, as dbt's lineage
  tells: seeds (by property), vars and code.
- `meta.publications`: when each publication was made.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from raw_data.common import first_line, quoted_name, quoted_text

MART = "marts.rpt_restatements"
LAST = "last_publication"
# what each figure is made of, by the day that it is of
REPORTS = ("rpt_reconciliation_daily", "rpt_channel_attribution", "rpt_channel_costs")
# rows as staging passed them on, in one shape for all layouts and before any mapping
ROWS = {
    "sessions": "int_sessions_unioned",
    "session_costs": "int_session_costs",
    "tracked_conversions": "int_tracked_conversions_unioned",
    "backend_conversions": "int_backend_conversions_unioned",
    "refunds": "int_refunds_unioned",
    "journeys": "int_provided_journeys_unioned",
    "ad_costs": "int_ad_costs_unioned",
}
PROPERTIES = "intermediate.int_properties"
SEEDS = "mappings"
# read by the plugin, so that no lineage knows it
READ_EVERYWHERE = ("column_mapping",)
# where the rows come from is told by the rows; which model a report shows first moves
# no figure
SAID_OTHERWISE = ("raw", "default_attribution_model", "default_date_basis")
VAR = re.compile(r"\bvar\(\s*['\"](\w+)['\"]")


def restate(
    conn: duckdb.DuckDBPyConnection,
    catalogue: str,
    published: Path,
    manifest: Mapping[str, Any],
    variables: Mapping[str, Any],
    published_at: datetime,
) -> str | None:
    """Add to the history what differs from the published file.

    Args:
        conn: connected to the new file, which holds its marts and schema `meta`; the
            working database is attached.
        catalogue: the name of the working database.
        published: the file that is to be replaced, if there is one.
        manifest: dbt's manifest.
        variables: the vars of the build.
        published_at: when this is, in UTC.

    Returns:
        What a reader should know of the history, in a line; None if it goes on.

    Raises:
        OSError: the published file cannot be read, so that its history would be lost.
    """
    write_row_fingerprints(conn, catalogue)
    write_setting_fingerprints(conn, catalogue, manifest, variables)
    conn.execute(
        "create table meta.publications (publication_number bigint, "
        "published_at timestamp)"
    )
    remark = "The history of restatements begins with this publication."
    number = 1
    if published.exists():
        attach_last(conn, published)
        if has_history(conn):
            remark = None
            conn.execute(f"insert into {MART} by name from {LAST}.{MART}")
            conn.execute(f"insert into meta.publications from {LAST}.meta.publications")
            number += conn.execute(
                "select coalesce(max(publication_number), 0) from meta.publications"
            ).fetchall()[0][0]
            compare(conn, number, variables)
    conn.execute(
        "insert into meta.publications values ($1, $2)", [number, published_at]
    )
    return remark


def attach_last(conn: duckdb.DuckDBPyConnection, published: Path) -> None:
    """Attach the published file, or say in a line what to do."""
    try:
        conn.execute(f"attach {quoted_text(str(published))} as {LAST} (read_only)")
    except duckdb.Error as error:
        raise OSError(
            "what is there cannot be read, and with it the history of restatements "
            f"would be lost ({first_line(error)}); close what writes to it, "
            "or move it away to begin a new history"
        ) from error


def has_history(conn: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether the last publication is of a version that keeps one."""
    ((tables,),) = conn.execute(
        "select count(*) from duckdb_tables() where database_name = $1 "
        "and schema_name || '.' || table_name in ($2, 'meta.publications', "
        "'meta.row_fingerprints', 'meta.setting_fingerprints')",
        [LAST, MART],
    ).fetchall()
    return tables == 4


def write_row_fingerprints(conn: duckdb.DuckDBPyConnection, catalogue: str) -> None:
    """Count and fingerprint the rows that figures are made of, by day.

    `meta.row_fingerprints`: property, row_kind, row_date (local; null where a row does
    not say), row_count, fingerprint.
    """
    conn.execute(
        "create table meta.row_fingerprints (property varchar, row_kind varchar, "
        "row_date date, row_count bigint, fingerprint varchar)"
    )
    present = tables_and_views(conn, catalogue, "intermediate")
    if PROPERTIES.split(".")[1] not in present:
        return
    for kind, model in ROWS.items():
        if model in present:
            relation = f"{quoted_name(catalogue)}.intermediate.{model}"
            day = day_of_row(kind)
            conn.execute(
                "insert into meta.row_fingerprints "
                f"select entry.property, '{kind}', {day}, count(*), "
                "cast(sum(md5_number_lower(cast(entry as varchar))) as varchar) "
                f"from {relation} as entry "
                f"inner join {quoted_name(catalogue)}.{PROPERTIES} as about "
                "on entry.property = about.property "
                + days_elsewhere(kind)
                + "group by all order by all"
            )


def day_of_row(kind: str) -> str:
    """Write the local day of a row."""
    local = "cast(timezone(about.time_zone, timezone('UTC', entry.{})) as date)"
    match kind:
        case "sessions":
            day = local.format("started_at")
            return f"coalesce(cast(entry.started_at_local as date), {day})"
        case "session_costs":
            return "costed_sessions.session_date"
        case "tracked_conversions":
            return (
                "coalesce(entry.conversion_date, "
                "cast(entry.converted_at_local as date), "
                f"{local.format('converted_at')})"
            )
        case "backend_conversions":
            return "entry.conversion_date"
        case "refunds":
            return (
                "coalesce(conversion_days.conversion_date, entry.refund_date, "
                "cast(entry.refunded_at_local as date), "
                f"{local.format('refunded_at')})"
            )
        case "journeys":
            return "conversion_days.conversion_date"
        case _:
            return "entry.cost_date"


def days_elsewhere(kind: str) -> str:
    """Write the join that tells the day of a row that does not have it itself.

    That of a journey or a refund is its conversion's, that of a session's cost the
    session's. The cost of no session reaches no figure.
    """
    match kind:
        case "journeys" | "refunds":
            return (
                "left join marts.fct_conversions as conversion_days "
                "on entry.property = conversion_days.property "
                "and entry.conversion_id = conversion_days.conversion_id "
            )
        case "session_costs":
            return (
                "inner join marts.fct_sessions as costed_sessions "
                "on entry.property = costed_sessions.property "
                "and entry.session_id = costed_sessions.session_id "
            )
        case _:
            return ""


def write_setting_fingerprints(
    conn: duckdb.DuckDBPyConnection,
    catalogue: str,
    manifest: Mapping[str, Any],
    variables: Mapping[str, Any],
) -> None:
    """Fingerprint the seeds, vars and code that each report is made from.

    `meta.setting_fingerprints`: report, setting_kind (seed, var, code), setting_name,
    property (`*` where it holds for all), fingerprint.
    """
    conn.execute(
        "create table meta.setting_fingerprints (report varchar, setting_kind varchar, "
        "setting_name varchar, property varchar, fingerprint varchar)"
    )
    present = tables_and_views(conn, catalogue, SEEDS)
    for report in REPORTS:
        nodes, macros = lineage(manifest, report)
        if not nodes:
            continue
        seeds = {node["name"] for node in nodes if node["resource_type"] == "seed"}
        for seed in sorted((seeds | set(READ_EVERYWHERE)) & present.keys()):
            by_property = "property" if "property" in present[seed] else "'*'"
            conn.execute(
                "insert into meta.setting_fingerprints "
                f"select $1, 'seed', $2, coalesce({by_property}, '*'), "
                "cast(sum(md5_number_lower(cast(entry as varchar))) as varchar) "
                f"from {quoted_name(catalogue)}.{SEEDS}.{quoted_name(seed)} as entry "
                "group by all order by all",
                [report, seed],
            )
        code = sorted(
            [node["raw_code"] for node in nodes if node["resource_type"] == "model"]
            + [macro["macro_sql"] for macro in macros]
        )
        settings = [("code", "code", "\n".join(code))]
        named = {name for text in code for name in VAR.findall(text)}
        for name in sorted(named & set(variables) - set(SAID_OTHERWISE)):
            settings.append(("var", name, json.dumps(variables[name], sort_keys=True)))
        for kind, name, text in settings:
            fingerprint = hashlib.md5(text.encode()).hexdigest()
            conn.execute(
                "insert into meta.setting_fingerprints values ($1, $2, $3, '*', $4)",
                [report, kind, name, fingerprint],
            )


def lineage(
    manifest: Mapping[str, Any], report: str
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """List the nodes that a mart is made from, itself too, and the project's macros."""
    nodes, macros = manifest["nodes"], manifest.get("macros", {})
    (project,) = {
        name.split(".")[1] for name in nodes if name.endswith(f".{report}")
    } or {""}
    known = nodes | {
        name: macro
        for name, macro in macros.items()
        if macro["package_name"] == project
    }
    seen: set[str] = set()
    ahead = [f"model.{project}.{report}"]
    while ahead:
        name = ahead.pop()
        if name in known and name not in seen:
            seen.add(name)
            needs = known[name]["depends_on"]
            ahead += [*needs.get("nodes", []), *needs.get("macros", [])]
    return (
        [known[name] for name in sorted(seen) if name in nodes],
        [known[name] for name in sorted(seen) if name not in nodes],
    )


def tables_and_views(
    conn: duckdb.DuckDBPyConnection, catalogue: str, schema: str
) -> dict[str, set[str]]:
    """Name the tables and views of a schema, with their columns."""
    found: dict[str, set[str]] = {}
    for table, column in conn.execute(
        "select table_name, column_name from duckdb_columns() "
        "where database_name = $1 and schema_name = $2",
        [catalogue, schema],
    ).fetchall():
        found.setdefault(table, set()).add(column)
    return found


def compare(
    conn: duckdb.DuckDBPyConnection, number: int, variables: Mapping[str, Any]
) -> None:
    """Add the rows of this publication to the history.

    Args:
        conn: connected to the new file; the last one is attached.
        number: of this publication.
        variables: the vars of the build.
    """
    steps = {
        "default_models": DEFAULT_MODELS,
        "new_figures": figures(""),
        "last_figures": figures(f"{LAST}."),
        "row_changes": ROW_CHANGES,
        "setting_changes": SETTING_CHANGES,
        "restated": RESTATED,
        "causes": CAUSES,
    }
    ctes = ", ".join(f"{name} as materialized ({sql})" for name, sql in steps.items())
    conn.execute(
        f"insert into {MART} by name with {ctes} {HISTORY}",
        {
            "number": number,
            # days before a conversion in which a session can lead to it
            "lookback": float(variables.get("lookback_days") or 90),
            "is_net": variables.get("credit_revenue") == "net",
        },
    )


def figures(catalogue: str) -> str:
    """Write the query of the figures of one publication, a row for each."""
    parts = [*reconciliation(catalogue), *attribution(catalogue), costs(catalogue)]
    return " union all ".join(parts)


def reconciliation(catalogue: str) -> Iterator[str]:
    """Write the figures of tracking against books."""
    for measure in (
        "tracked_count",
        "backend_count",
        "matched_count",
        "tracked_revenue",
        "backend_revenue",
    ):
        yield (
            "select property, 'rpt_reconciliation_daily' as report, "
            f"'{measure}' as measure, '(none)' as attribution_model, "
            "'conversion' as date_basis, conversion_date as report_date, "
            "'(all)' as channel, market, "
            f"cast({measure} as decimal(38, 12)) as amount "
            f"from {catalogue}marts.rpt_reconciliation_daily"
        )


def attribution(catalogue: str) -> Iterator[str]:
    """Write the figures of attribution, over all markets."""
    for measure in ("credited_conversions", "credited_revenue"):
        yield (
            "select property, 'rpt_channel_attribution', "
            f"'{measure}', attribution_model, date_basis, report_date, channel, "
            f"'(all)', cast(sum({measure}) as decimal(38, 12)) "
            f"from {catalogue}marts.rpt_channel_attribution "
            "where (property, attribution_model) in (from default_models) "
            "group by property, attribution_model, date_basis, report_date, channel"
        )


def costs(catalogue: str) -> str:
    """Write the figures of spend."""
    return (
        "select property, 'rpt_channel_costs', 'cost', '(none)', 'cost', report_date, "
        "channel, '(all)', cast(cost as decimal(38, 12)) "
        f"from {catalogue}marts.rpt_channel_costs"
    )


# Attribution is compared in the model that is the default now. A property that has no
# credits left tells none: then it is the model that was.
DEFAULT_MODELS = f"""
with

new_models as (
    select distinct property, attribution_model
    from marts.rpt_channel_attribution
    where is_default
)

from new_models
union
select property, attribution_model
from {LAST}.marts.rpt_channel_attribution
where is_default and property not in (select property from new_models)
"""

# days of rows that are no longer what they were. A day after the last one that was
# published is new; a kind of row that a property did not have is late.
ROW_CHANGES = f"""
with

last_days as (
    select property, row_kind, max(row_date) as last_date
    from {LAST}.meta.row_fingerprints
    group by property, row_kind
)

select
    coalesce(new_rows.property, last_rows.property) as property,
    coalesce(new_rows.row_kind, last_rows.row_kind) as row_kind,
    coalesce(new_rows.row_date, last_rows.row_date) as row_date,
    case
        when new_rows.row_date > last_days.last_date then 'new_days'
        when coalesce(new_rows.row_count, 0) > coalesce(last_rows.row_count, 0)
            then 'late_rows'
        when coalesce(new_rows.row_count, 0) < coalesce(last_rows.row_count, 0)
            then 'withdrawn_rows'
        else 'corrected_rows'
    end as change
from meta.row_fingerprints as new_rows
full join {LAST}.meta.row_fingerprints as last_rows
    on new_rows.property = last_rows.property
    and new_rows.row_kind = last_rows.row_kind
    and new_rows.row_date is not distinct from last_rows.row_date
left join last_days
    on new_rows.property = last_days.property
    and new_rows.row_kind = last_days.row_kind
where new_rows.fingerprint is distinct from last_rows.fingerprint
    or new_rows.row_count is distinct from last_rows.row_count
"""

# seeds by property, vars and code. A var that only one of the two versions has is code.
SETTING_CHANGES = f"""
select
    coalesce(new_settings.report, last_settings.report) as report,
    coalesce(new_settings.property, last_settings.property) as property,
    'changed_' || coalesce(new_settings.setting_kind, last_settings.setting_kind)
        as change,
    coalesce(new_settings.setting_name, last_settings.setting_name) as setting_name
from meta.setting_fingerprints as new_settings
full join {LAST}.meta.setting_fingerprints as last_settings
    on new_settings.report = last_settings.report
    and new_settings.setting_kind = last_settings.setting_kind
    and new_settings.setting_name = last_settings.setting_name
    and new_settings.property = last_settings.property
where new_settings.fingerprint is distinct from last_settings.fingerprint
    and (
        coalesce(new_settings.setting_kind, last_settings.setting_kind) = 'seed'
        or new_settings.setting_kind = last_settings.setting_kind
    )
"""

# figures that are not what they were, up to the last day that was published of their
# report; of properties that are in both publications. What is not there is 0.
RESTATED = """
with

last_days as (
    select property, report, attribution_model, date_basis,
        max(report_date) as last_date
    from last_figures
    group by property, report, attribution_model, date_basis
),

properties as (
    select property from meta.properties
),

compared as (
    select
        coalesce(last_figures.property, new_figures.property) as property,
        coalesce(last_figures.report, new_figures.report) as report,
        coalesce(last_figures.measure, new_figures.measure) as measure,
        coalesce(last_figures.attribution_model, new_figures.attribution_model)
            as attribution_model,
        coalesce(last_figures.date_basis, new_figures.date_basis) as date_basis,
        coalesce(last_figures.report_date, new_figures.report_date) as report_date,
        coalesce(last_figures.channel, new_figures.channel) as channel,
        coalesce(last_figures.market, new_figures.market) as market,
        coalesce(last_figures.amount, 0) as last_value,
        coalesce(new_figures.amount, 0) as new_value
    from last_figures
    full join new_figures
        on last_figures.property = new_figures.property
        and last_figures.report = new_figures.report
        and last_figures.measure = new_figures.measure
        and last_figures.attribution_model = new_figures.attribution_model
        and last_figures.date_basis = new_figures.date_basis
        and last_figures.report_date = new_figures.report_date
        and last_figures.channel = new_figures.channel
        and last_figures.market = new_figures.market
)

select compared.*
from compared
inner join last_days
    on compared.property = last_days.property
    and compared.report = last_days.report
    and compared.attribution_model = last_days.attribution_model
    and compared.date_basis = last_days.date_basis
inner join properties
    on compared.property = properties.property
where compared.last_value != compared.new_value
    and compared.report_date <= last_days.last_date
"""

# What of the changes can have moved the figures of a day. Rows reach the figures of
# their own day; in attribution a session reaches conversions up to the lookback later,
# and by day of touch a conversion and the other touches of its journey reach back. What
# is paid back reaches credits that are net. Rows that reach no figure are taken into
# account where nothing else has changed.
CAUSES = """
with

days as (
    select distinct property, report, date_basis, report_date
    from restated
),

kinds (report, row_kind) as (
    values
    ('rpt_reconciliation_daily', 'tracked_conversions'),
    ('rpt_reconciliation_daily', 'backend_conversions'),
    ('rpt_channel_attribution', 'tracked_conversions'),
    ('rpt_channel_attribution', 'backend_conversions'),
    ('rpt_channel_attribution', 'refunds'),
    ('rpt_channel_attribution', 'sessions'),
    ('rpt_channel_attribution', 'journeys'),
    ('rpt_channel_costs', 'sessions'),
    ('rpt_channel_costs', 'session_costs'),
    ('rpt_channel_costs', 'ad_costs')
),

by_rows as (
    select
        days.*,
        row_changes.change,
        row_changes.row_kind as subject,
        case
            when row_changes.row_date is null then true
            when days.report != 'rpt_channel_attribution'
                then row_changes.row_date = days.report_date
            else
                date_diff('day', days.report_date, row_changes.row_date) between
                case when kinds.row_kind = 'sessions' then -$lookback else 0 end
                and case when days.date_basis = 'touch' then $lookback else 0 end
        end as is_within_reach
    from days
    inner join kinds
        on days.report = kinds.report
        and ($is_net or kinds.row_kind != 'refunds')
    inner join row_changes
        on days.property = row_changes.property
        and kinds.row_kind = row_changes.row_kind
),

by_settings as (
    select
        days.*,
        setting_changes.change,
        setting_changes.setting_name as subject,
        true as is_within_reach
    from days
    inner join setting_changes
        on days.report = setting_changes.report
        and setting_changes.property in (days.property, '*')
),

possible as (
    select distinct * from (from by_rows union all from by_settings)
),

likely as (
    select * from possible
    where is_within_reach or (property, report, date_basis, report_date) not in (
        select (property, report, date_basis, report_date) from possible
        where is_within_reach
    )
),

distinct_causes as (
    select distinct property, report, date_basis, report_date, change, subject
    from likely
)

select
    property,
    report,
    date_basis,
    report_date,
    case when count(distinct change) = 1 then min(change) else '(several)' end as cause,
    string_agg(
        case when change = 'changed_code' then change else change || ' ' || subject end,
        ', ' order by change, subject
    ) as causes
from distinct_causes
group by property, report, date_basis, report_date
"""

HISTORY = """
select
    cast($number as bigint) as publication_number,
    restated.property,
    restated.report,
    restated.measure,
    restated.attribution_model,
    restated.date_basis,
    restated.report_date,
    restated.channel,
    restated.market,
    coalesce(causes.cause, '(unknown)') as cause,
    coalesce(causes.causes, '(unknown)') as causes,
    restated.last_value as previous_value,
    restated.new_value as new_value,
    restated.new_value - restated.last_value as value_change
from restated
left join causes
    on restated.property = causes.property
    and restated.report = causes.report
    and restated.date_basis = causes.date_basis
    and restated.report_date = causes.report_date
order by all
"""
