{#
    What is read from addresses of pages, each with its form for DuckDB.
#}


{#
    {{ url_host('referrer') }}    -- 'https://www.Google.de:443/search?q=a' -> 'google.de'

    The host of an address, in lower case, without port, user and a leading www.; the
    address may lack its scheme. Null where it names none, like a path.
#}
{% macro url_host(column) -%}
    {{ return(adapter.dispatch('url_host', 'tributary')(column)) }}
{%- endmacro %}

{#
    Most are written plainly, and read in a fifth of the time; of the others most have a
    scheme.
#}
{% macro default__url_host(column) -%}
    nullif(regexp_replace(
        coalesce(
            case
                when regexp_matches({{ column }}, '^https?://[a-z0-9.-]+(?:/|$)')
                    then split_part({{ column }}, '/', 3)
                when contains({{ column }}, '//')
                    then nullif(regexp_extract(
                        lower({{ column }}),
                        '^\s*(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:@\s]+)', 1
                    ), '')
            end,
            regexp_extract(
                lower({{ column }}),
                '^\s*((?:[\pL\pN_-]+\.)+\pL[\pL\pN-]+)\.?(?::[0-9]+)?(?:[/?#]|\s*$)', 1
            )
        ),
        '^www\.|\.$', '', 'g'
    ), '')
{%- endmacro %}


{#
    {{ url_parameter('page_url', 'utm_source') }}    -- '/?utm_source=a%20b#c' -> 'a b'

    The first value of a parameter of an address, decoded and without outer spaces; null
    where it is absent or empty. Names are matched whatever their case, and `&amp;` is
    read as the `&` that it stands for.
#}
{% macro url_parameter(column, name) -%}
    {{ return(adapter.dispatch('url_parameter', 'tributary')(column, name)) }}
{%- endmacro %}

{#
    A pattern costs ten times a look for the name, which most addresses lack. `nullif`
    stands outside, since within a `case` DuckDB computes what it is given twice.
#}
{% macro default__url_parameter(column, name) -%}
    {%- set value -%}
    regexp_extract({{ column }}, '(?i)^[^#]*?[?&](?:amp;)?{{ name }}=([^&#]*)', 1)
    {%- endset -%}
    nullif(
        case
            when contains(lower({{ column }}), '{{ name }}=')
                then trim({{ percent_decoded(value) }})
        end, ''
    )
{%- endmacro %}


{#
    {{ percent_decoded('value') }}    -- 'Fr%C3%BChling+2024' -> 'Frühling 2024'

    A value of an address as it was typed. What is no UTF-8 stays as it is.
#}
{% macro percent_decoded(expression) -%}
    {{ return(adapter.dispatch('percent_decoded', 'tributary')(expression)) }}
{%- endmacro %}

{% macro default__percent_decoded(expression) -%}
    coalesce(
        try(replace(url_decode(replace({{ expression }}, '+', ' ')), chr(0), '')),
        {{ expression }}
    )
{%- endmacro %}


{#
    {{ last_parameter_of('page_url', 'click_ids') }}
    -- '/?gclid=1&utm_source=a&fbclid=2' and ['fbclid', 'gclid'] -> 'fbclid'

    Which of a list of names in lower case is the last parameter of an address that has
    a value; null where none is.
#}
{% macro last_parameter_of(column, names) -%}
    {{ return(adapter.dispatch('last_parameter_of', 'tributary')(column, names)) }}
{%- endmacro %}

{% macro default__last_parameter_of(column, names) -%}
    {%- set address = "lower(split_part(" ~ column ~ ", '#', 1))" -%}
    case
        when contains({{ column }}, '?')
            then split_part(
                list_filter(
                    list_filter(
                        string_split(
                            replace(
                                substr({{ address }}, instr({{ address }}, '?') + 1),
                                '&amp;', '&'
                            ),
                            '&'
                        ),
                        lambda parameter:
                        list_contains({{ names }}, split_part(parameter, '=', 1))
                    ),
                    lambda parameter: split_part(parameter, '=', 2) <> ''
                )[-1],
                '=', 1
            )
    end
{%- endmacro %}


{#
    {{ search_engine_of('referrer_host') }}    -- 'google.co.uk' -> 'google', else null

    The search engine that a host is of, as sources call it: one whose sites differ by
    country. Hosts under it that are something else (mail.google.com) are none.
#}
{% macro search_engine_of(host) -%}
    {{ return(adapter.dispatch('search_engine_of', 'tributary')(host)) }}
{%- endmacro %}

{% macro default__search_engine_of(host) -%}
    nullif(regexp_extract(
        {{ host }},
        '^(?:m\.|search\.)?({{ search_engines() | join("|") }})\.(?:[a-z]{2,3}|com?\.[a-z]{2})$', 1
    ), '')
{%- endmacro %}


{#
    {{ search_engines() }}    -- ['aol', 'ask', …]: those whose sites differ by country
#}
{% macro search_engines() -%}
    {%- do return([
        'aol',
        'ask',
        'baidu',
        'bing',
        'daum',
        'duckduckgo',
        'google',
        'lycos',
        'naver',
        'qwant',
        'seznam',
        'sogou',
        'yahoo',
        'yandex',
    ]) -%}
{%- endmacro %}


{#
    {{ is_same_site('referrer_host', 'landing_host') }}
    -- 'blog.shop.example' and 'shop.example' -> true

    Whether two hosts are one, or one lies under the other; null where one is null.
#}
{% macro is_same_site(host, other_host) -%}
    (
        {{ host }} = {{ other_host }}
        or {{ ends_in(host, "'.' || " ~ other_host) }}
        or {{ ends_in(other_host, "'.' || " ~ host) }}
    )
{%- endmacro %}


{#
    {{ ends_in('host', "'.example'") }}

    Whether a text ends in another one, which need not be the same in each row.
#}
{% macro ends_in(expression, ending) -%}
    {{ return(adapter.dispatch('ends_in', 'tributary')(expression, ending)) }}
{%- endmacro %}

{% macro default__ends_in(expression, ending) -%}
    ends_with({{ expression }}, {{ ending }})
{%- endmacro %}
