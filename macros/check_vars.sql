{#
    on-run-start: ["{{ check_vars() }}"]

    Refuses vars that make no sense, each in one sentence, before anything is built.
#}
{% macro check_vars() -%}
    {%- if execute -%}
        {%- do check_names_of_vars() -%}
        {%- do check_positive_vars() -%}
        {%- do check_attribution_vars() -%}
        {%- do check_journey_sources() -%}
        {%- do check_customer_vars() -%}
        {%- do check_budget_vars() -%}
        {%- do check_shopify_conversion_id() -%}
        {%- do check_money_vars() -%}
        {%- do check_engine() -%}
        {%- do check_incremental_vars() -%}
    {%- endif -%}
{%- endmacro %}


{#
    A var that nothing reads is a misspelt one: dbt takes it without a word, and builds
    and publishes what was not asked for (`RAW` the sample).
#}
{% macro check_names_of_vars() -%}
    {%- set known = positive_vars() + [
        'raw',
        'shopify_conversion_id',
        'journey_sources',
        'new_journey_after_conversion',
        'attribution_models',
        'markov_order',
        'default_attribution_model',
        'default_date_basis',
        'credit_revenue',
        'customer_revenue',
        'max_exchange_rate_age_days',
        'as_of',
        'best_value_quantile',
        'budget_min_weeks',
        'budget_max_change',
    ] -%}
    {%- for name in invocation_args_dict.vars or {} if name not in known -%}
        {#- its value may be a place with a password -#}
        {%- do exceptions.raise_compiler_error(
            'var ' ~ name ~ ' is none of this project; dbt_project.yml has them all.'
        ) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro positive_vars() -%}
    {%- do return([
        'lookback_days',
        'session_timeout_minutes',
        'time_decay_half_life_days',
        'max_gap_share',
        'max_weight_deviation',
        'max_sessions_per_user_day',
        'max_conversions_per_user',
        'max_market_scale',
        'spike_deviations',
        'anomaly_deviations',
        'shift_deviations',
        'max_daily_variation',
        'new_days',
        'lapsing_days',
        'lost_days',
        'best_min_conversions',
        'lapsed_seller_days',
        'new_seller_days',
        'frequent_seller_listings',
    ]) -%}
{%- endmacro %}


{% macro check_positive_vars() -%}
    {%- for name in positive_vars() -%}
        {%- set value = var(name) -%}
        {%- set is_time = name.endswith(('_days', '_minutes')) -%}
        {%- if not is_number(value, 10 ** 8 if is_time else 10 ** 15) or value <= 0 -%}
            {%- do refuse_var(
                name,
                value,
                'must be a number above 0, '
                ~ ('100 million' if is_time else '1e15') ~ ' at most',
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{#
    {{ is_number(90) }}    -- True

    Whether a value is a number that SQL can reckon with. `.inf` and `.nan` would be
    names of columns there; more than 100 million days lead out of the calendar, and
    heavier weights out of the widest decimals.
#}
{% macro is_number(value, most=10 ** 8) -%}
    {%- set is_plain = value is number and value is not boolean -%}
    {%- do return(is_plain and -most <= value <= most) -%}
{%- endmacro %}


{% macro check_attribution_vars() -%}
    {%- set known = known_attribution_models() -%}
    {%- set models = var('attribution_models') -%}
    {%- if models is string or models is not sequence or not models -%}
        {%- do refuse_var(
            'attribution_models',
            models,
            'must be a list of ' ~ known | join(', ') ~ ' and rules of your own'
        ) -%}
    {%- endif -%}
    {%- for entry in models -%}
        {%- if entry is mapping -%}
            {%- do check_own_rule(entry) -%}
        {%- elif entry not in known -%}
            {%- do refuse_var(
                'attribution_models',
                entry,
                'is no attribution model; there are ' ~ known | join(', ')
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set names = attribution_model_names() -%}
    {%- for name in names -%}
        {%- if (names | select('equalto', name) | list | length) > 1 -%}
            {%- do refuse_var('attribution_models', name, 'stands there twice') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if var('default_attribution_model') not in names -%}
        {%- do refuse_var(
            'default_attribution_model',
            var('default_attribution_model'),
            'is not computed; var attribution_models has ' ~ names | join(', ')
        ) -%}
    {%- endif -%}
    {%- if var('default_date_basis') not in ['conversion', 'touch'] -%}
        {%- do refuse_var(
            'default_date_basis',
            var('default_date_basis'),
            'must be conversion or touch'
        ) -%}
    {%- endif -%}
    {%- set order = var('markov_order') -%}
    {%- if order is not integer or order is boolean or order not in [1, 2, 3] -%}
        {%- do refuse_var('markov_order', order, 'must be 1, 2 or 3') -%}
    {%- endif -%}
    {%- if var('new_journey_after_conversion') is not boolean -%}
        {%- do refuse_var(
            'new_journey_after_conversion',
            var('new_journey_after_conversion'),
            'must be true or false'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro check_own_rule(rule) -%}
    {%- set name = rule.get('name') -%}
    {%- set is_name = modules.re.match('^[a-z][a-z0-9_]*$', name | string) -%}
    {%- if not is_name or name in known_attribution_models() -%}
        {%- do refuse_var(
            'attribution_models',
            rule,
            'needs a name of its own in lower case letters, digits and _'
        ) -%}
    {%- endif -%}
    {%- set positions = ['first', 'middle', 'last'] -%}
    {%- for key in rule -%}
        {%- if key not in positions + ['name', 'half_life_days', 'exclude_direct'] -%}
            {%- do refuse_var(
                'attribution_models',
                name ~ '.' ~ key,
                'is no part of a rule; there are first, middle, last, half_life_days '
                ~ 'and exclude_direct'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set weights = [] -%}
    {%- for key in positions if key in rule -%}
        {%- set weight = rule[key] -%}
        {%- if not is_number(weight) or weight < 0 -%}
            {%- do refuse_var(
                'attribution_models',
                name ~ '.' ~ key ~ ' ' ~ weight,
                'must be a number from 0 to 100 million'
            ) -%}
        {%- endif -%}
        {%- do weights.append(weight) -%}
    {%- endfor -%}
    {%- if weights and weights | sum == 0 -%}
        {%- do refuse_var(
            'attribution_models', name, 'has weights that sum to 0; one must be above it'
        ) -%}
    {%- endif -%}
    {%- if 'half_life_days' in rule -%}
        {%- set days = rule.half_life_days -%}
        {%- if not is_number(days) or days <= 0 -%}
            {%- do refuse_var(
                'attribution_models',
                name ~ '.half_life_days ' ~ days,
                'must be a number above 0, 100 million at most'
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if rule.get('exclude_direct', false) is not boolean -%}
        {%- do refuse_var(
            'attribution_models',
            name ~ '.exclude_direct ' ~ rule.exclude_direct,
            'must be true or false'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro check_journey_sources() -%}
    {%- set sources = var('journey_sources') -%}
    {%- set properties = known_properties() -%}
    {%- if sources is not mapping -%}
        {%- do refuse_var(
            'journey_sources', sources, 'must map properties to provided or sessions'
        ) -%}
    {%- endif -%}
    {%- for property, source in sources.items() -%}
        {%- if property not in properties -%}
            {%- do refuse_var(
                'journey_sources',
                property,
                'is no property of this build; there are ' ~ properties | join(', ')
            ) -%}
        {%- endif -%}
        {%- if source not in ['provided', 'sessions'] -%}
            {%- do refuse_var(
                'journey_sources',
                property ~ ': ' ~ source,
                'must be provided or sessions'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{% macro check_customer_vars() -%}
    {%- set as_of = var('as_of') -%}
    {%- if as_of is not none and not is_day(as_of | string) -%}
        {%- do refuse_var(
            'as_of', as_of, 'must be a day between 1970-01-01 and 2099-12-31'
        ) -%}
    {%- endif -%}
    {%- if var('lapsing_days') >= var('lost_days') -%}
        {%- do refuse_var(
            'lost_days',
            var('lost_days'),
            'must be above lapsing_days, ' ~ var('lapsing_days')
        ) -%}
    {%- endif -%}
    {%- set quantile = var('best_value_quantile') -%}
    {%- if not is_number(quantile) or quantile <= 0 or quantile >= 1 -%}
        {%- do refuse_var(
            'best_value_quantile', quantile, 'must be a number between 0 and 1'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro check_budget_vars() -%}
    {%- set weeks = var('budget_min_weeks') -%}
    {%- if not is_number(weeks) or weeks is not integer or weeks < 6 -%}
        {%- do refuse_var('budget_min_weeks', weeks, 'must be a whole number from 6') -%}
    {%- endif -%}
    {%- set change = var('budget_max_change') -%}
    {%- if not is_number(change) or change <= 0 or change >= 1 -%}
        {%- do refuse_var(
            'budget_max_change', change, 'must be a number between 0 and 1'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro check_shopify_conversion_id() -%}
    {%- set value = var('shopify_conversion_id') -%}
    {%- if value not in ['name', 'number', 'id'] -%}
        {%- do refuse_var(
            'shopify_conversion_id', value, 'must be name, number or id'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro check_money_vars() -%}
    {%- for name in ['credit_revenue', 'customer_revenue'] -%}
        {%- if var(name) not in ['gross', 'net'] -%}
            {%- do refuse_var(name, var(name), 'must be gross or net') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set days = var('max_exchange_rate_age_days') -%}
    {%- if not is_number(days) or days is not integer or days < 0 -%}
        {%- do refuse_var(
            'max_exchange_rate_age_days', days, 'must be a whole number from 0'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{#
    {{ is_day('2023-02-29') }}    -- False

    Whether a text is a day of the calendar between 1970 and 2099.
#}
{% macro is_day(text) -%}
    {%- if not modules.re.match('^(19[7-9]|20[0-9])[0-9]-[0-9]{2}-[0-9]{2}$', text) -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set year, month, day = text[:4] | int, text[5:7] | int, text[8:] | int -%}
    {%- if month not in range(1, 13) -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set next_month = modules.datetime.date(
        year + month // 12, month % 12 + 1, 1
    ) -%}
    {%- set last = next_month - modules.datetime.timedelta(1) -%}
    {%- do return(day in range(1, last.day + 1)) -%}
{%- endmacro %}


{#
    {{ known_properties() }}    -- ['company_x', 'company_x_2023']

    The properties of this build: those of var `raw`, or those of the sample.
#}
{% macro known_properties() -%}
    {%- if var('raw') -%}
        {%- do return(var('raw').keys() | list) -%}
    {%- endif -%}
    {%- set properties = [] -%}
    {%- for layout in sample_layouts() -%}
        {%- for seeds in sample_seeds(layout).values() -%}
            {%- do properties.extend(seeds.keys()) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(properties | unique | list) -%}
{%- endmacro %}


{% macro refuse_var(name, value, problem) -%}
    {%- do exceptions.raise_compiler_error(
        'var ' ~ name ~ ': ' ~ value ~ ' ' ~ problem ~ '.'
    ) -%}
{%- endmacro %}
