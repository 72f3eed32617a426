{#
    What is read from nested values that came as JSON text, each with its form for
    DuckDB.
#}


{#
    {{ json_text('device', 'web_info.browser') }}    -- the text of a field, at any depth

    Null where the field is absent or the text is no JSON.
#}
{% macro json_text(column, path) -%}
    {{ return(adapter.dispatch('json_text', 'tributary')(column, path)) }}
{%- endmacro %}

{% macro default__json_text(column, path) -%}
    nullif(trim(json_extract_string(try_cast({{ column }} as json), '$.{{ path }}')), '')
{%- endmacro %}


{#
    {{ event_parameters('event_params') }} as parameters

    The parameters of an event of Google Analytics 4, a list of keys with typed values,
    read once so that each can be looked up. Null where the text is no such list.
#}
{% macro event_parameters(column) -%}
    {{ return(adapter.dispatch('event_parameters', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__event_parameters(column) -%}
    try(from_json(
        try_cast({{ column }} as json),
        '[{
            "key": "VARCHAR",
            "value": {
                "string_value": "VARCHAR",
                "int_value": "VARCHAR",
                "float_value": "VARCHAR",
                "double_value": "VARCHAR"
            }
        }]'
    ))
{%- endmacro %}


{#
    {{ event_parameter('parameters', 'ga_session_id') }}    -- '1704450000'

    The value of a parameter as text, whatever its type; null where it is absent or
    empty.
#}
{% macro event_parameter(column, key) -%}
    {{ return(adapter.dispatch('event_parameter', 'tributary')(column, key)) }}
{%- endmacro %}

{% macro default__event_parameter(column, key) -%}
    list_extract(
        list_transform(
            list_filter(
                {{ column }}, lambda parameter: parameter['key'] = '{{ key }}'
            ),
            lambda parameter: nullif(trim(coalesce(
                parameter['value']['string_value'],
                parameter['value']['int_value'],
                parameter['value']['float_value'],
                parameter['value']['double_value']
            )), '')
        ),
        1
    )
{%- endmacro %}


{#
    {{ timestamp_of_microseconds('event_timestamp') }}    -- '1700000000123456'

    Microseconds since 1970 as a timestamp in UTC; null if they are none between 1970
    and 2099.
#}
{% macro timestamp_of_microseconds(expression) -%}
    {{ return(adapter.dispatch('timestamp_of_microseconds', 'tributary')(expression)) }}
{%- endmacro %}

{% macro default__timestamp_of_microseconds(expression) -%}
    case
        when
            try_cast({{ expression }} as bigint) between 0 and 4102444799999999
            then make_timestamp(try_cast({{ expression }} as bigint))
    end
{%- endmacro %}
