"""Vars: what makes no sense is refused, and no unit test rests on a default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.contracts.graph.manifest import Manifest

import answers
import build
import docs_site
import raw_parquet
from build import one_line
from explain import ExplainError, window_of
from given_vars import vars_fault, vars_in
from support import NO_TESTS, PROJECT, VARS_OF_SQL, dbt, parsed

# vars are checked before the first node, so one is enough
BUILD = ("run", "--select", "stg_raw__tables")

# other values than the project's of all vars but `raw`, mostly below them or above
LOWER = {
    "lookback_days": 7,
    "session_timeout_minutes": 10,
    "shopify_conversion_id": "number",
    "journey_sources": {"company_x": "sessions"},
    "new_journey_after_conversion": True,
    "attribution_models": ["markov"],
    "markov_order": 2,
    "time_decay_half_life_days": 3,
    "default_attribution_model": "markov",
    "default_date_basis": "conversion",
    "credit_revenue": "net",
    "customer_revenue": "gross",
    "max_exchange_rate_age_days": 1,
    "max_sessions_per_user_day": 3,
    "max_gap_share": 0.001,
    "max_weight_deviation": 0.0001,
    "max_conversions_per_user": 2,
    "max_market_scale": 1.1,
    "spike_deviations": 0.1,
    "anomaly_deviations": 0.1,
    "shift_deviations": 0.1,
    "max_daily_variation": 0.01,
    "as_of": "2017-08-31",
    "new_days": 3,
    "lapsing_days": 5,
    "lost_days": 9,
    "best_min_conversions": 1,
    "best_value_quantile": 0.01,
    "budget_min_weeks": 6,
    "budget_max_change": 0.01,
    "lapsed_seller_days": 3,
    "new_seller_days": 2,
    "frequent_seller_listings": 1,
}
HIGHER = {
    name: 900
    for name, value in LOWER.items()
    if isinstance(value, int | float) and not isinstance(value, bool)
} | {
    "shopify_conversion_id": "id",
    "journey_sources": {"company_x": "provided"},
    "new_journey_after_conversion": True,
    "attribution_models": [{"name": "mine", "first": 0.6, "middle": 0, "last": 0.4}],
    "markov_order": 3,
    "default_attribution_model": "mine",
    "default_date_basis": "conversion",
    "credit_revenue": "net",
    "customer_revenue": "gross",
    "as_of": "2030-01-31",
    "new_days": 700,
    "lapsing_days": 800,
    "best_value_quantile": 0.99,
    "budget_max_change": 0.9,
}


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    """Take one parse for all vars."""
    return parsed({})


def own_rule(parts: str) -> str:
    """Write vars with a rule of one's own."""
    return f"{{attribution_models: [last_non_direct, {{name: mine, {parts}}}]}}"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ("{lookback_day: 30}", ["lookback_day is none", "dbt_project.yml"]),
        ("{lookback_days 30}", ["lookback_days 30 is none", "dbt_project.yml"]),
        ("{RAW: {my_shop: exports/}}", ["RAW is none", "dbt_project.yml"]),
        ("{lookback_days: 0}", ["lookback_days", "0", "above 0"]),
        ("{lookback_days: -90}", ["lookback_days", "-90", "above 0"]),
        ("{lookback_days: ninety}", ["lookback_days", "ninety", "above 0"]),
        ("{lookback_days: .inf}", ["lookback_days", "inf", "above 0", "at most"]),
        ("{lookback_days: .nan}", ["lookback_days", "nan", "above 0"]),
        ("{lookback_days: 1.0e+12}", ["lookback_days", "100 million at most"]),
        ("{max_gap_share: .inf}", ["max_gap_share", "1e15 at most"]),
        ("{attribution_models: [linear, u_shaped]}", ["u_shaped", "position_based"]),
        ("{attribution_models: linear}", ["attribution_models", "a list"]),
        ("{default_attribution_model: markow}", ["markow", "is not computed"]),
        ("{journey_sources: {shop_z: sessions}}", ["shop_z", "company_x"]),
        ("{journey_sources: {company_x: guessed}}", ["guessed", "provided"]),
        ("{default_date_basis: today}", ["today", "conversion or touch"]),
        (own_rule("first: -1"), ["mine.first", "-1", "from 0"]),
        (own_rule("first: 1.0e+30"), ["mine.first", "1e+30", "to 100 million"]),
        (own_rule("last: .nan"), ["mine.last", "nan", "from 0"]),
        (own_rule("half_life_days: .inf"), ["mine.half_life_days", "inf", "at most"]),
        (own_rule("middle: much"), ["mine.middle", "much", "from 0"]),
        (own_rule("first: 0, last: 0"), ["mine", "sum to 0"]),
        (own_rule("half_life_days: 0"), ["mine.half_life_days", "0", "above 0"]),
        (own_rule("exclude_direct: maybe"), ["mine.exclude_direct", "true or false"]),
        (own_rule("ends: 1"), ["mine.ends", "half_life_days"]),
        ("{attribution_models: [{first: 1}]}", ["a name of its own"]),
        ("{attribution_models: [{name: markov}]}", ["markov", "a name of its own"]),
        ("{attribution_models: [linear, linear]}", ["linear", "twice"]),
        ("{markov_order: 4}", ["markov_order", "4", "1, 2 or 3"]),
        ("{markov_order: 2.0}", ["markov_order", "2.0", "1, 2 or 3"]),
        ("{markov_order: true}", ["markov_order", "True", "1, 2 or 3"]),
        ("{new_journey_after_conversion: 1}", ["new_journey", "true or false"]),
        ("{as_of: '2023-02-29'}", ["as_of", "2023-02-29", "must be a day"]),
        ("{as_of: '2023-13-01'}", ["as_of", "2023-13-01", "must be a day"]),
        ("{as_of: '1969-12-31'}", ["as_of", "1969-12-31", "must be a day"]),
        ("{as_of: yesterday}", ["as_of", "yesterday", "must be a day"]),
        ("{as_of: 20230228}", ["as_of", "20230228", "must be a day"]),
        ("{session_timeout_minutes: 0}", ["session_timeout", "0", "above 0"]),
        ("{shopify_conversion_id: order}", ["shopify", "name, number or id"]),
        ("{new_days: 0}", ["new_days", "0", "above 0"]),
        ("{lapsing_days: soon}", ["lapsing_days", "soon", "above 0"]),
        ("{lost_days: 90}", ["lost_days", "90", "above lapsing_days"]),
        ("{best_min_conversions: -1}", ["best_min_conversions", "-1", "above 0"]),
        ("{best_value_quantile: 80}", ["best_value_quantile", "80", "between 0 and 1"]),
        ("{best_value_quantile: 1}", ["best_value_quantile", "1", "between 0 and 1"]),
        ("{best_value_quantile: .nan}", ["best_value_quantile", "between 0 and 1"]),
        ("{budget_max_change: .nan}", ["budget_max_change", "between 0 and 1"]),
        ("{budget_min_weeks: 5}", ["budget_min_weeks", "5", "whole number from 6"]),
        ("{budget_min_weeks: 12.5}", ["budget_min_weeks", "12.5", "whole number"]),
        ("{budget_min_weeks: true}", ["budget_min_weeks", "True", "whole number"]),
        ("{budget_max_change: 0}", ["budget_max_change", "0", "between 0 and 1"]),
        ("{budget_max_change: 1}", ["budget_max_change", "1", "between 0 and 1"]),
        ("{credit_revenue: all}", ["credit_revenue", "all", "gross or net"]),
        ("{customer_revenue: 1}", ["customer_revenue", "1", "gross or net"]),
        ("{max_exchange_rate_age_days: -1}", ["-1", "whole number from 0"]),
        ("{max_exchange_rate_age_days: 100000000000}", ["whole number from 0"]),
        ("{max_exchange_rate_age_days: 1.5}", ["1.5", "whole number from 0"]),
        ("{max_sessions_per_user_day: 0}", ["max_sessions_per_user_day", "above 0"]),
        ("{budget_max_change: most}", ["budget_max_change", "most", "between 0"]),
    ],
)
def test_a_var_that_makes_no_sense_is_one_line(
    manifest: Manifest, tmp_path: Path, variables: str, words: list[str]
) -> None:
    check = dbt(tmp_path, *BUILD, variables=variables, manifest=manifest)

    assert not check.outcome.success
    message = one_line(str(check.outcome.exception))
    assert "\n" not in message
    assert [word for word in words if word not in message] == []


def test_the_vars_of_the_project_make_sense(manifest: Manifest, tmp_path: Path) -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())

    check = dbt(tmp_path, *BUILD, variables=project["vars"], manifest=manifest)

    assert check.outcome.success


@pytest.mark.parametrize("day", ["2024-02-29", "'2024-02-29'", "'2023-12-31'"])
def test_as_of_is_a_day_however_yaml_reads_it(
    manifest: Manifest, tmp_path: Path, day: str
) -> None:
    check = dbt(tmp_path, *BUILD, variables=f"{{as_of: {day}}}", manifest=manifest)

    assert check.outcome.success


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{as_of: 2024-02-30}", "var as_of: 2024-02-30 is no date."),
        ("{as_of: 2024-02-29 25:00:00}", "var as_of: 2024-02-29 25:00:00 is no date."),
        ("{raw: {a: [b, 2023-02-29]}}", "var a: 2023-02-29 is no date."),
        ("2024-13-01: x", "var vars: 2024-13-01 is no date."),
        ("{as_of: 2024-02-29}", None),
        # check_vars has its words for a text, and their reader for what is no YAML
        ("{as_of: '2024-02-30'}", None),
        ("{as_of: 2024-02-30", None),
        ("", None),
    ],
)
def test_a_date_that_there_is_not_is_named(text: str, fault: str | None) -> None:
    told = vars_fault(text)

    assert (told or "").startswith(fault or "")
    assert (told is None) == (fault is None)
    assert told is None or told.endswith("such as 2024-02-29.")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([], ""),
        (["--select", "x", "--vars", "{a: 1}"], "{a: 1}"),
        (["--vars={a: 1}", "--threads", "2"], "{a: 1}"),
        (["--vars", "{a: 1}", "--vars", "{a: 2}"], "{a: 2}"),
        (["--vars"], ""),
    ],
)
def test_the_vars_of_options_are_the_last_ones(options: list[str], text: str) -> None:
    assert vars_in(options) == text


def test_every_command_names_a_date_that_there_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--vars", "{as_of: 2024-02-30}"]
    published = tmp_path / "published.duckdb"
    published.touch()
    monkeypatch.setenv("TRIBUTARY_DB", str(tmp_path / "working.duckdb"))
    monkeypatch.setenv("TRIBUTARY_PUBLISHED", str(published))
    monkeypatch.setattr("sys.argv", ["build.py", *given])

    codes = [
        build.main(),
        docs_site.main(given),
        answers.main(given),
        raw_parquet.main([*given, "--", str(tmp_path / "parquet")]),
    ]
    with pytest.raises(ExplainError, match="var as_of: 2024-02-30 is no date"):
        window_of(given[1])

    told = capsys.readouterr()
    lines = (told.out + told.err).splitlines()
    assert codes == [1, 1, 1, 1]
    assert sum("var as_of: 2024-02-30 is no date. Write" in line for line in lines) == 4
    # the build says beside it that nothing was published
    assert len(lines) == 5


def test_places_and_vars_of_sql_make_no_difference_to_a_parse(tmp_path: Path) -> None:
    """What differs in these shares one parse (`parsed`), as if each had its own."""
    places = {
        "company_x": ["shop.db", {"path": "exports/", "encoding": "cp852"}],
        "my_shop": {"layout": "ga4", "path": "ga4/"},
        "afisha": "env:SHOP_DSN",
    }
    others = {"customer_revenue": "gross", "lookback_days": 7, "max_gap_share": 1}
    assert others.keys() == set(VARS_OF_SQL)
    own = dbt(tmp_path, "parse", variables={"raw": places, **others}).outcome.result

    assert meaning_of(own) == meaning_of(parsed({"raw": {"shop": "elsewhere/"}}))


def meaning_of(manifest: Manifest) -> dict[str, Any]:
    """Give all that a manifest says, but for when it was written."""
    written = manifest.writable_manifest().to_dict(omit_none=False)
    del written["metadata"]
    return without_times(written)


def without_times(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Leave out when each part of a manifest was made."""
    if isinstance(value, dict):
        return {
            key: without_times(part)
            for key, part in value.items()
            if key != "created_at"
        }
    if isinstance(value, list):
        return [without_times(part) for part in value]
    return value


@pytest.mark.nightly
@pytest.mark.parametrize("others", [LOWER, HIGHER], ids=["lower", "higher"])
def test_no_unit_test_rests_on_the_default_of_a_var(
    tmp_path: Path, others: dict[str, Any]
) -> None:
    """`dbt build --vars` runs them too, and builds nothing that stands on a failed one.

    What a unit test rests on, it says itself (`overrides`).
    """
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    assert project.keys() - others.keys() == {"raw"}
    assert [name for name, value in others.items() if value == project[name]] == []

    build = dbt(tmp_path, "build", *NO_TESTS, variables=others, unit_tests=True)

    assert build.faults == {}
    assert [node.resource_type for node in build.nodes].count("unit_test") > 200
