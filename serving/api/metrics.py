"""The metric layer's metrics, compiled from its own definitions to SQL over the marts.

Names, parts and formulas are read from `models/semantic/*.yml`, where MetricFlow reads
them too: a metric means the same in both. Of MetricFlow's language this understands
what the project uses: measures over one mart, metrics of the types simple, ratio and
derived. Anything else is refused when the API starts, not answered wrongly.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
import pyarrow as pa
import yaml
from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParameter
from pydantic import BaseModel, BeforeValidator

from raw_data.common import PROJECT, quoted_name
from serving.api.documented import (
    ARROW,
    CSV,
    Cursor,
    Format,
    Limit,
    as_text,
    csv_text,
    cursor_of,
    described,
    guarded,
    json_response,
    position_of,
    table_response,
)
from serving.api.filters import NAME, Condition, Filters, condition_of
from serving.api.guard import GuardedRoute
from serving.api.marts import (
    arrow_bytes,
    next_link,
    publications_of,
    published_by,
)
from serving.api.problems import Problem, invalid, unknown
from serving.api.publication import Publication

ROUTER = APIRouter(prefix="/v1", tags=["Metrics"], route_class=GuardedRoute)
DEFINITIONS = PROJECT / "models" / "semantic"
GRAINS = ("day", "week", "month", "quarter", "year")
TIME = "metric_time"
AGGREGATES = {
    "sum": "sum({0})",
    "count": "count({0})",
    "count_distinct": "count(distinct {0})",
    "average": "avg({0})",
    "median": "median({0})",
    "min": "min({0})",
    "max": "max({0})",
    "sum_boolean": "sum(cast({0} as bigint))",
}
# texts, and names that no bracket follows
WORD = re.compile(r"'(?:[^']|'')*'|\b[A-Za-z_]\w*\b(?!\s*\()")
MODEL = re.compile(r"""ref\(\s*['"](\w+)['"]\s*\)""")


class DefinitionError(Exception):
    """A definition that this compiler does not understand: which, and what of it."""


@dataclass(frozen=True)
class Measure:
    """An aggregate over one mart, by one of its times."""

    sql: str
    time: str


@dataclass(frozen=True)
class SemanticModel:
    """A mart as the metric layer sees it; all values are SQL over its columns.

    `times` gives each time with its finest grain.
    """

    name: str
    mart: str
    dimensions: dict[str, str]
    times: dict[str, tuple[str, str]]
    measures: dict[str, Measure]


@dataclass(frozen=True)
class Leaf:
    """A measure under the name of its simple metric."""

    metric: str
    model: SemanticModel
    measure: Measure
    fill: int | None

    @property
    def grains(self) -> tuple[str, ...]:
        """Tell by which grains it can be grouped."""
        return GRAINS[GRAINS.index(self.model.times[self.measure.time][1]) :]


@dataclass(frozen=True)
class Metric:
    """A metric: SQL over its leaves, whose columns are called like them."""

    name: str
    label: str
    description: str
    is_part: bool
    sql: str
    leaves: tuple[Leaf, ...]

    @property
    def dimensions(self) -> list[str]:
        """Name what it can be grouped and filtered by, beside time."""
        shared = set.intersection(*(set(leaf.model.dimensions) for leaf in self.leaves))
        return sorted(shared)

    @property
    def grains(self) -> list[str]:
        """Tell by which grains of time it can be grouped."""
        return list(min((leaf.grains for leaf in self.leaves), key=len))


# --- definitions ---------------------------------------------------------------------


def read_metrics(folder: Path = DEFINITIONS) -> dict[str, Metric]:
    """Read and compile all metrics of a folder of definitions.

    Raises:
        DefinitionError: one that is not understood.
    """
    models: dict[str, SemanticModel] = {}
    definitions: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("**/*.yml")):
        document = yaml.safe_load(path.read_text()) or {}
        for entry in document.get("semantic_models", []):
            models[entry["name"]] = semantic_model(entry)
        for entry in document.get("metrics", []):
            definitions[entry["name"]] = entry
    measures = {
        name: (model, measure)
        for model in models.values()
        for name, measure in model.measures.items()
    }
    return {
        name: compiled(name, definitions, measures, ()) for name in sorted(definitions)
    }


def understood(where: str, entry: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse a definition that says more than is understood.

    Raises:
        DefinitionError: with what it says.
    """
    others = sorted(name for name in set(entry) - set(known) if entry[name])
    if others:
        raise DefinitionError(f"{where}: {', '.join(others)} is not understood.")


def semantic_model(entry: Mapping[str, Any]) -> SemanticModel:
    """Read a semantic model."""
    name = entry["name"]
    texts = ("name", "description", "label", "config")
    understood(
        name,
        entry,
        (*texts, "model", "defaults", "primary_entity", "entities", "dimensions")
        + ("measures",),
    )
    mart = MODEL.fullmatch(entry["model"].strip())
    if mart is None:
        raise DefinitionError(f"{name}: {entry['model']} is no ref of a mart.")
    dimensions: dict[str, str] = {}
    times: dict[str, tuple[str, str]] = {}
    for entity in entry.get("entities", []):
        understood(f"{name}.{entity['name']}", entity, (*texts, "type", "expr"))
        dimensions[entity["name"]] = str(entity.get("expr", entity["name"]))
    primary = entry.get("primary_entity") or next(
        (e["name"] for e in entry.get("entities", []) if e["type"] == "primary"), name
    )
    for dimension in entry.get("dimensions", []):
        where = f"{name}.{dimension['name']}"
        understood(where, dimension, (*texts, "type", "expr", "type_params"))
        sql = str(dimension.get("expr", dimension["name"]))
        if dimension["type"] == "time":
            grain = dimension["type_params"]["time_granularity"]
            if grain not in GRAINS:
                raise DefinitionError(f"{where}: grain {grain} is not understood.")
            times[dimension["name"]] = (sql, grain)
        else:
            dimensions[f"{primary}__{dimension['name']}"] = sql
    default = entry.get("defaults", {}).get("agg_time_dimension")
    measures = {}
    for measure in entry.get("measures", []):
        where = f"{name}.{measure['name']}"
        understood(where, measure, (*texts, "agg", "expr", "agg_time_dimension"))
        if measure["agg"] not in AGGREGATES:
            raise DefinitionError(f"{where}: agg {measure['agg']} is not understood.")
        time = measure.get("agg_time_dimension", default)
        if time not in times:
            raise DefinitionError(f"{where}: it has no time.")
        expression = str(measure.get("expr", measure["name"]))
        sql = AGGREGATES[measure["agg"]].format(f"({expression})")
        measures[measure["name"]] = Measure(sql, time)
    return SemanticModel(name, mart[1], dimensions, times, measures)


def compiled(
    name: str,
    definitions: Mapping[str, Mapping[str, Any]],
    measures: Mapping[str, tuple[SemanticModel, Measure]],
    above: tuple[str, ...],
) -> Metric:
    """Compile a metric and those it is made of."""
    if name in above or name not in definitions:
        raise DefinitionError(f"{' -> '.join((*above, name))} does not end in metrics.")
    entry = definitions[name]
    understood(
        name,
        entry,
        ("name", "label", "description", "type", "type_params", "config", "meta"),
    )
    parameters = entry["type_params"]
    is_part = bool(entry.get("config", {}).get("meta", {}).get("is_part"))
    texts = (
        name,
        entry.get("label", name),
        (entry.get("description") or "").strip(),
        is_part,
    )
    inner = (*above, name)
    if entry["type"] == "simple":
        understood(name, parameters, ("measure",))
        measure = parameters["measure"]
        measure = {"name": measure} if isinstance(measure, str) else measure
        understood(name, measure, ("name", "fill_nulls_with"))
        if measure["name"] not in measures:
            raise DefinitionError(f"{name}: no measure {measure['name']}.")
        leaf = Leaf(name, *measures[measure["name"]], measure.get("fill_nulls_with"))
        sql = quoted_name(name)
        if leaf.fill is not None:
            sql = f"coalesce({sql}, {int(leaf.fill)})"
        return Metric(*texts, sql, (leaf,))
    if entry["type"] == "ratio":
        understood(name, parameters, ("numerator", "denominator"))
        parts = [
            compiled(
                plain_input(name, parameters[side])[0], definitions, measures, inner
            )
            for side in ("numerator", "denominator")
        ]
        above_line, below_line = (f"cast({part.sql} as double)" for part in parts)
        sql = f"{above_line} / nullif({below_line}, 0)"
        return Metric(*texts, f"({sql})", leaves_of(parts))
    if entry["type"] == "derived":
        understood(name, parameters, ("expr", "metrics"))
        inputs = {}
        for given in parameters["metrics"]:
            metric, alias = plain_input(name, given)
            inputs[alias] = compiled(metric, definitions, measures, inner)
        sql = WORD.sub(
            lambda word: inputs[word[0]].sql if word[0] in inputs else word[0],
            parameters["expr"],
        )
        return Metric(*texts, f"({sql})", leaves_of(inputs.values()))
    raise DefinitionError(f"{name}: type {entry['type']} is not understood.")


def plain_input(name: str, given: str | Mapping[str, Any]) -> tuple[str, str]:
    """Read a part of a metric: its name, and what the formula calls it."""
    if isinstance(given, str):
        return given, given
    understood(name, given, ("name", "alias"))
    return given["name"], given.get("alias") or given["name"]


def leaves_of(metrics: Any) -> tuple[Leaf, ...]:  # noqa: ANN401 - any iterable
    """Collect the leaves of metrics, each once."""
    leaves = {leaf.metric: leaf for metric in metrics for leaf in metric.leaves}
    return tuple(leaves.values())


# --- queries -------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What is asked of a metric: by what, over which days, and of which rows."""

    dimensions: tuple[str, ...] = ()
    grain: str | None = None
    first: date | None = None
    last: date | None = None
    filters: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns of the answer before the value."""
        return (*self.dimensions, *((TIME,) if self.grain else ()))


@dataclass
class Compiler:
    """Writes the SQL of a question to one publication."""

    publication: Publication
    types: dict[tuple[str, str], str] = field(default_factory=dict)

    def query(self, metric: Metric, asked: Asked) -> Condition:
        """Write a query: the columns asked for, then the value, in order of the first.

        The leaves of one mart and time are summed in one pass; rows of several are put
        together by what they are grouped by, so that a group that only one of them has
        is there too, be its name null or not.
        """
        groups: dict[tuple[str, str], list[Leaf]] = {}
        for leaf in metric.leaves:
            groups.setdefault((leaf.model.name, leaf.measure.time), []).append(leaf)
        parts = [self.part(leaves, asked) for leaves in groups.values()]
        columns = [quoted_name(name) for name in asked.columns]
        names = [quoted_name(leaf.metric) for leaf in metric.leaves]
        together = " union all by name ".join(f"({part.sql})" for part in parts)
        grouped = f" group by {', '.join(columns)}" if columns else ""
        once = ", ".join([*columns, *(f"max({name}) as {name}" for name in names)])
        order = f" order by {', '.join(columns)}" if columns else ""
        value = f"{metric.sql} as {quoted_name(metric.name)}"
        sql = (
            f"select {', '.join([*columns, value])} "
            f"from (select {once} from ({together}){grouped}){order}"
        )
        return Condition(sql, tuple(v for part in parts for v in part.values))

    def part(self, leaves: Sequence[Leaf], asked: Asked) -> Condition:
        """Write the query of the leaves of one mart and time."""
        model, time = leaves[0].model, leaves[0].measure.time
        instant, finest = model.times[time]
        # a cohort's month is known by its first day
        day = f"cast(date_trunc('{finest}', {instant}) as date)"
        selected = [
            f"{model.dimensions[name]} as {quoted_name(name)}"
            for name in asked.dimensions
        ]
        if asked.grain:
            selected.append(
                f"cast(date_trunc('{asked.grain}', {instant}) as date) as {TIME}"
            )
        grouped = (
            f" group by {', '.join(str(n + 1) for n in range(len(selected)))}"
            if selected
            else ""
        )
        selected += [
            f"{leaf.measure.sql} as {quoted_name(leaf.metric)}" for leaf in leaves
        ]

        def column(name: str) -> tuple[str, str]:
            return f"({model.dimensions[name]})", self.type_of(model, name)

        conditions = [condition_of(text, column) for text in asked.filters]
        if asked.first:
            conditions.append(Condition(f"{day} >= ?", (asked.first,)))
        if asked.last:
            conditions.append(Condition(f"{day} <= ?", (asked.last,)))
        where = " and ".join(condition.sql for condition in conditions) or "true"
        mart = self.publication.mart(model.mart)
        return Condition(
            f"select {', '.join(selected)} from {mart.relation} where {where}{grouped}",
            tuple(v for condition in conditions for v in condition.values),
        )

    def type_of(self, model: SemanticModel, name: str) -> str:
        """Look up the DuckDB type of a dimension."""
        sql = model.dimensions[name]
        key = (model.mart, sql)
        if key not in self.types:
            mart = self.publication.mart(model.mart)
            if sql in mart.columns:
                self.types[key] = mart.columns[sql].data_type
            else:
                ((_, self.types[key], *_),) = self.publication.rows(
                    f"describe select {sql} from {mart.relation}"
                )
        return self.types[key]


# --- routes --------------------------------------------------------------------------

MetricPath = Annotated[
    str,
    PathParameter(pattern=rf"^{NAME}$", description="A metric.", examples=["sessions"]),
]


def iso_day(value: object) -> object:
    """Take a day as it is documented, and no number of seconds."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("write a day as 2021-07-31")
    return value


Day = Annotated[date, BeforeValidator(iso_day)]


class MetricOut(BaseModel):
    """A metric, what it means, and what it can be grouped by."""

    metric: str
    label: str
    description: str
    is_part: bool
    dimensions: list[str]
    grains: list[str]


class MetricNames(BaseModel):
    """The metrics there are."""

    metrics: list[MetricOut]


class Values(BaseModel):
    """A page of values: what they are grouped by, and the metric under its name."""

    publication_id: str
    published_at: str
    metric: str
    rows: list[dict[str, str | int | float | bool | None]]
    next_cursor: str | None


def metrics_of(request: Request) -> dict[str, Metric]:
    """Give the metrics that the API has compiled."""
    return request.app.state.metrics


def metric_named(request: Request, name: str) -> Metric:
    """Find a metric.

    Raises:
        Problem: 404, listing the metrics there are.
    """
    metrics = metrics_of(request)
    if name not in metrics:
        raise unknown("metric", name, metrics)
    return metrics[name]


def metric_json(metric: Metric) -> dict[str, Any]:
    """Describe a metric."""
    return {
        "metric": metric.name,
        "label": metric.label,
        "description": metric.description,
        "is_part": metric.is_part,
        "dimensions": metric.dimensions,
        "grains": metric.grains,
    }


@ROUTER.get(
    "/metrics",
    summary="List the metrics",
    **described(MetricNames, 200, 503),
    **guarded("read"),
)
async def list_metrics(request: Request) -> Response:
    """List the metrics, what they mean and what they can be grouped by."""
    metrics = [metric_json(metric) for metric in metrics_of(request).values()]
    return json_response({"metrics": metrics})


@ROUTER.get(
    "/metrics/{metric}",
    summary="Describe a metric",
    **described(MetricOut, 200, 404, 503),
    **guarded("read"),
)
async def describe_metric(request: Request, metric: MetricPath) -> Response:
    """Say what a metric means and what it can be grouped by."""
    return json_response(metric_json(metric_named(request, metric)))


@ROUTER.get(
    "/metrics/{metric}/values",
    summary="Compute a metric",
    **described(Values, 200, 404, 410, 503, 504, formats=(CSV, ARROW)),
    **guarded("read"),
)
async def compute(
    request: Request,
    metric: MetricPath,
    dimensions: Annotated[
        str | None,
        Query(
            pattern=rf"^{NAME}(,{NAME})*$",
            max_length=500,
            description="Dimensions to group by, after commas.",
            examples=["property,channel"],
        ),
    ] = None,
    grain: Annotated[
        Literal["day", "week", "month", "quarter", "year"] | None,
        Query(description="Group by time too, as `metric_time`."),
    ] = None,
    first: Annotated[
        Day | None, Query(alias="from", description="The first day.")
    ] = None,
    last: Annotated[Day | None, Query(alias="to", description="The last day.")] = None,
    filters: Filters = [],  # noqa: B006 - never changed
    limit: Limit = 1000,
    cursor: Cursor = None,
    form: Format = "json",
) -> Response:
    """Compute a metric of the metric layer, by dimensions and time.

    Amounts are text with all their places; rates are numbers, null where there is
    nothing to divide by. Without filter all properties count together.
    """
    found = metric_named(request, metric)
    if first and last and first > last:
        raise invalid("from", f"{first} lies after to, {last}.")
    asked = Asked(
        tuple(dict.fromkeys(dimensions.split(","))) if dimensions else (),
        grain,
        first,
        last,
        tuple(filters),
    )
    for name in [*asked.dimensions, *(text.split(":", 1)[0] for text in filters)]:
        if name not in found.dimensions:
            raise unknown("dimension", name, found.dimensions)
    if grain and grain not in found.grains:
        raise Problem(
            404,
            "unknown-grain",
            f"{metric} is not known by {grain}. There is: {', '.join(found.grains)}.",
            available=found.grains,
        )
    publications = publications_of(request)
    publication = await publications.current()
    what = "metric " + hashlib.sha256(repr((metric, asked)).encode()).hexdigest()[:16]
    offset = 0
    if cursor is not None:
        publication_id, offset = position_of(cursor, what, (str, int))
        publication = await publications.named(publication_id)
        if offset < 0:
            raise invalid("cursor", "is none.")

    def run(conn: duckdb.DuckDBPyConnection) -> tuple[list[tuple], pa.Table | None]:
        query = Compiler(publication).query(found, asked)
        paged = f"from ({query.sql}) limit {limit + 1} offset {offset}"
        if form == "arrow":
            return [], conn.execute(paged, query.values).to_arrow_table()
        types = publication.known.get((metric, asked.columns))
        if types is None:
            types = conn.execute(f"describe {query.sql}", query.values).fetchall()
            publication.known[metric, asked.columns] = types
        shown = ", ".join(
            f"{as_text(quoted_name(name), kind)} as {quoted_name(name)}"
            for name, kind, *_ in types
        )
        return conn.execute(f"select {shown} {paged}", query.values).fetchall(), None

    rows, table = await publications.ask(publication, run)
    count = len(rows) if table is None else table.num_rows
    next_cursor = None
    if count > limit:
        next_cursor = cursor_of(what, publication.publication_id, offset + limit)
    columns = (*asked.columns, metric)
    if form == "json":
        body = published_by(publication) | {
            "metric": metric,
            "rows": [dict(zip(columns, row, strict=True)) for row in rows[:limit]],
            "next_cursor": next_cursor,
        }
        return json_response(body)
    return table_response(
        form,
        csv_text(columns, rows[:limit])
        if table is None
        else arrow_bytes(table.slice(0, limit)),
        next_cursor,
        publication.publication_id,
        lambda following: next_link(request, following),
    )
