{#
    on-run-start: ["{{ check_vars() }}"]

    Refuses vars that make no sense, each in one sentence, before anything is built.
#}
{% macro check_vars() -%}
    {%- if execute -%}
        {%- do check_positive_vars() -%}
        {%- do check_attribution_vars() -%}
        {%- do check_journey_sources() -%}
    {%- endif -%}
{%- endmacro %}


{% macro check_positive_vars() -%}
    {%- set positive = [
        'lookback_days',
        'time_decay_half_life_days',
        'max_gap_share',
        'max_weight_deviation',
        'max_conversions_per_user',
        'max_market_scale',
        'spike_deviations',
        'max_daily_variation',
    ] -%}
    {%- for name in positive -%}
        {%- set value = var(name) -%}
        {%- if value is not number or value is boolean or value <= 0 -%}
            {%- do refuse_var(name, value, 'must be a number above 0') -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{% macro check_attribution_vars() -%}
    {%- set known = known_attribution_models() -%}
    {%- set models = var('attribution_models') -%}
    {%- if models is string or models is not sequence or not models -%}
        {%- do refuse_var(
            'attribution_models', models, 'must be a list of ' ~ known | join(', ')
        ) -%}
    {%- endif -%}
    {%- for model in models -%}
        {%- if model not in known -%}
            {%- do refuse_var(
                'attribution_models',
                model,
                'is no attribution model; there are ' ~ known | join(', ')
            ) -%}
        {%- endif -%}
        {%- if (models | select('equalto', model) | list | length) > 1 -%}
            {%- do refuse_var('attribution_models', model, 'stands there twice') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if var('default_attribution_model') not in models -%}
        {%- do refuse_var(
            'default_attribution_model',
            var('default_attribution_model'),
            'is not computed; var attribution_models has ' ~ models | join(', ')
        ) -%}
    {%- endif -%}
    {%- if var('default_date_basis') not in ['conversion', 'touch'] -%}
        {%- do refuse_var(
            'default_date_basis',
            var('default_date_basis'),
            'must be conversion or touch'
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


{% macro known_attribution_models() -%}
    {%- do return([
        'first_touch',
        'last_touch',
        'last_non_direct',
        'linear',
        'position_based',
        'time_decay',
        'provided',
    ]) -%}
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
