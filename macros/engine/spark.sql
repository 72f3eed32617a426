{#
    The forms for Spark of what stands in engine.sql, json.sql and urls.sql. Timestamps
    are of type timestamp_ntz (profiles.yml); regular expressions are Java's; ANSI mode
    is off, as dbt-spark wants it.
#}


{% macro spark__row_as_struct(columns) -%}
    named_struct(
        {%- for name in columns or ['property'] %}
        {%- set value = columns[name] if columns is mapping else name %}
        '{{ name }}', cast(
            {{- adapter.quote(name) if value == name else value }}
            as {{ dbt.type_string() }}
        )
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{% macro spark__struct_as_json(column) -%}
    to_json({{ column }}, map('ignoreNullFields', 'false'))
{%- endmacro %}


{# of an hour that comes twice Java takes the first: three hours on, the clock has turned #}
{% macro spark__to_utc(column, time_zone) -%}
    {%- set later = '(first + make_dt_interval(0, 3))' -%}
    {%- set second -%}
    (clock - ({{ spark__to_local(later, time_zone) }} - {{ later }}))
    {%- endset -%}
    {%- set settled -%}
    case
        when {{ time_zone }} = 'UTC' then clock
        when {{ spark__to_local(second, time_zone) }} = clock then {{ second }}
        else first
    end
    {%- endset -%}
    {{ spark_let('clock', column, spark_let(
        'first', 'convert_timezone(' ~ time_zone ~ ", 'UTC', clock)", settled
    )) }}
{%- endmacro %}


{% macro spark__to_local(column, time_zone) -%}
    convert_timezone('UTC', {{ time_zone }}, {{ column }})
{%- endmacro %}


{% macro spark__has_offset(expression) -%}
    rlike(
        {{ expression }},
        r':[0-9.:]+\s*([Zz]|[Uu][Tt][Cc]|[+-][0-9]{2}(:?[0-9]{2}){0,2})\z'
    )
{%- endmacro %}


{% macro spark__offset_timestamp(expression) -%}
    {%- set offset = "r'\\s*([Zz]|[Uu][Tt][Cc]|[+-][0-9]{2}(:?[0-9]{2}){0,2})\\z'" -%}
    {%- set sign = "if(contains(offset, '-'), '-', '')" -%}
    {%- set digits = "rpad(regexp_replace(offset, '[^0-9]', ''), 6, '0')" -%}
    {%- set moment -%}
    {{ spark_let(
        'offset',
        'regexp_extract(told, ' ~ offset ~ ', 1)',
        spark_timestamp('regexp_replace(told, ' ~ offset ~ ", '')")
        ~ ' - make_dt_interval(0, cast(' ~ sign ~ ' || substr(' ~ digits
        ~ ', 1, 2) as int), cast(' ~ sign ~ ' || substr(' ~ digits ~ ', 3, 2) as int), '
        ~ 'cast(' ~ sign ~ ' || substr(' ~ digits ~ ', 5, 2) as decimal(18, 6)))'
    ) }}
    {%- endset -%}
    {{ spark_let('told', expression, spark_let('moment', moment, moment_in_range())) }}
{%- endmacro %}


{#
    {{ spark_let('whole', 'a + b', 'whole * whole') }}

    An expression that is named once and used several times: a copy of it for each use
    would grow with each macro around it. Spark has no other way inside an expression.
#}
{% macro spark_let(name, expression, body) -%}
    element_at(transform(array({{ expression }}), {{ name }} -> {{ body }}), 1)
{%- endmacro %}


{% macro spark__timestamp_of_text(expression) -%}
    {%- set offset = '[+-][0-9]{2}:?(?:[0-9]{2}(?::(?:[0-9]{2})?)?)?' -%}
    {%- set moment -%}
    {{ spark_timestamp(expression, '(?:Z| [Uu][Tt][Cc]|' ~ offset ~ ')?') }}
    {%- endset -%}
    {{ spark_let('moment', moment, moment_in_range()) }}
{%- endmacro %}


{#
    {{ spark_timestamp('told') }}    -- '2024/10/5 24:00' -> 2024-10-06 00:00:00

    A text as a timestamp from 1900 to 2199; a regular expression says what may follow
    its seconds. Spark would read more than DuckDB (a year alone) and less (slashes, tabs,
    24:00). Of a text that DuckDB does not read only dashes stay, and they are none.
#}
{% macro spark_timestamp(expression, ending='') -%}
    {%- set date -%}
    0*((?:19|2[01])[0-9]{2})([-/\\ ])([0-9]{1,2})\2([0-9]{1,2})
    {%- endset -%}
    {%- set seconds = '(:[0-9]{1,2})(?:([.][0-9]{0,6})[0-9]*)?' ~ ending -%}
    {%- set time = '0{0,7}([0-9]{1,2}:[0-9]{1,2})(?:' ~ seconds ~ ')?' -%}
    {%- set clock -%}
    regexp_replace(
        {{ expression }},
        r'(?s)\A(?:{{ date }}(?:[T\s]\s*{{ time }})?|.*)\z', '$1-$3-$4 $5$6$7'
    )
    {%- endset -%}
    {%- set moment -%}
    case
        when rlike(clock, ' 24:[0:.]+$')
            then try_cast(replace(clock, ' 24:', ' 0:') as timestamp_ntz)
            + make_dt_interval(1)
        else try_cast(clock as timestamp_ntz)
    end
    {%- endset -%}
    {{ spark_let('clock', clock, moment) }}
{%- endmacro %}


{# moment, or null where it does not lie between 1970 and 2099 #}
{% macro moment_in_range() -%}
    case
        when
            moment between timestamp '1970-01-01 00:00:00'
            and timestamp '2099-12-31 23:59:59.999999'
            then moment
    end
{%- endmacro %}


{% macro spark__days_before(column, days) -%}
    ({{ column }} - make_dt_interval(0, 0, 0, cast(86400 * {{ days }} as decimal(18, 6))))
{%- endmacro %}


{% macro spark__end_of_day(column) -%}
    (
        cast({{ column }} as timestamp)
        + make_dt_interval(1)
        - make_dt_interval(0, 0, 0, 0.000001)
    )
{%- endmacro %}


{% macro spark__seconds_between(earlier, later) -%}
    (
        unix_micros(cast({{ later }} as timestamp_ltz))
        - unix_micros(cast({{ earlier }} as timestamp_ltz))
    ) / 1000000
{%- endmacro %}


{% macro spark__days_in_range(first_date, last_date) -%}
    explode(
        case
            when {{ first_date }} <= {{ last_date }}
                then sequence(
                    cast({{ first_date }} as date), cast({{ last_date }} as date)
                )
        end
    )
{%- endmacro %}


{% macro spark__months_in_range(first_month, last_month) -%}
    explode(
        case
            when {{ first_month }} <= {{ last_month }}
                then sequence(
                    cast({{ first_month }} as date),
                    cast({{ last_month }} as date),
                    interval '1' month
                )
        end
    )
{%- endmacro %}


{% macro spark__all_but(columns) -%}
    * except ({{ columns | join(', ') }})
{%- endmacro %}


{% macro spark__rounded_part(whole, part_count, total_count) -%}
    {%- set doubled = '(2 * cast(' ~ total_count ~ ' as decimal(15, 0)))' -%}
    {%- set parts -%}
    (
        2 * abs(cast({{ whole }} as decimal(20, 0)))
        * cast({{ part_count }} as decimal(15, 0)) + {{ total_count }}
    )
    {%- endset -%}
    case
        when {{ part_count }} = {{ total_count }} then {{ whole }}
        else cast(
            case when {{ whole }} < 0 then -1 else 1 end
            * (({{ parts }} - {{ parts }} % {{ doubled }}) / {{ doubled }})
            as bigint
        )
    end
{%- endmacro %}


{% macro spark__weekday(column) -%}
    (weekday({{ column }}) + 1)
{%- endmacro %}


{% macro spark__letters_and_digits(column) -%}
    regexp_replace({{ column }}, r'[^\p{L}\p{N}]', '')
{%- endmacro %}


{% macro spark__digits(column) -%}
    nullif(regexp_replace({{ column }}, '[^0-9]', ''), '')
{%- endmacro %}


{% macro spark__address_country(column) -%}
    nullif(regexp_extract({{ column }}, r',\s*([^,0-9]*[^,0-9\s])\s*$', 1), '')
{%- endmacro %}


{% macro spark__address_city(column) -%}
    {%- set city -%}
    regexp_replace(
        regexp_replace(
            regexp_extract({{ column }}, r',([^,]*),\s*[^,0-9]*[^,0-9\s]\s*$', 1),
            r'\S*[0-9]\S*', ''
        ),
        r'\s+', ' '
    )
    {%- endset -%}
    nullif({{ spark__trimmed(city) }}, '')
{%- endmacro %}


{% macro spark__fully_matches(column, pattern) -%}
    rlike({{ column }}, r'\A(?:{{ pattern }})\z')
{%- endmacro %}


{% macro spark__contains_match(column, pattern) -%}
    rlike({{ column }}, r'{{ pattern }}')
{%- endmacro %}


{% macro spark__json_value(column, field) -%}
    get_json_object({{ column }}, '$.{{ field }}')
{%- endmacro %}


{% macro spark__compares_in_memory() -%}
    {%- do return(false) -%}
{%- endmacro %}


{% macro spark__row_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}


{% macro spark__trimmed(column) -%}
    regexp_replace({{ column }}, r'^\p{Zs}+|\p{Zs}+\z', '')
{%- endmacro %}


{#
    Java takes digits of any script, and no underscores between them. Line ends and tabs
    around a number are none of it, as in DuckDB.
#}
{% macro spark__decimal_of_text(expression, digits, places) -%}
    case
        when rlike({{ expression }}, r'\A[ \t-\r]*[-+0-9._eE]+[ \t-\r]*\z')
            then try_cast(
                {{ spark_digits_joined(expression) }}
                as decimal({{ digits }}, {{ places }})
            )
    end
{%- endmacro %}


{% macro spark__double_of_text(expression) -%}
    try_cast({{ spark_digits_joined(expression) }} as double)
{%- endmacro %}


{# digits may be set apart by underscores, which Java takes for none #}
{% macro spark_digits_joined(expression) -%}
    regexp_replace({{ expression }}, '(?<=[0-9])_(?=[0-9])', '')
{%- endmacro %}


{# Spark would read a word between tabs, which DuckDB does not #}
{% macro spark__boolean_of_text(expression) -%}
    case
        when rlike({{ expression }}, r'\A[A-Za-z01]+\z')
            then try_cast({{ expression }} as boolean)
    end
{%- endmacro %}


{% macro spark__date_after(column, days) -%}
    date_add({{ column }}, {{ days }})
{%- endmacro %}


{% macro spark__inlined(reads_places, is_of_changed_units) -%}
{%- endmacro %}


{% macro spark__hash_group(column) -%}
    cast(cast(conv(left(md5({{ column }}), 8), 16, 10) as bigint) % 100 as bigint)
{%- endmacro %}


{% macro spark__hash_key(columns) -%}
    md5(concat_ws(chr(31), {{ columns | join(', ') }}))
{%- endmacro %}


{% macro spark__ordered_list(column, order_by) -%}
    transform(
        array_sort(collect_list(named_struct('place', {{ order_by }}, 'item', {{ column }}))),
        placed -> placed.item
    )
{%- endmacro %}


{% macro spark__distinct_list(column) -%}
    array_sort(array_distinct({{ column }}))
{%- endmacro %}


{% macro spark__list_as_text(column, separator) -%}
    array_join({{ column }}, {{ separator }})
{%- endmacro %}


{% macro spark__rows_of_list(column) -%}
    explode({{ column }})
{%- endmacro %}


{# a select may hold one generator #}
{% macro spark__rows_of_lists(lists) -%}
    inline(arrays_zip({{ lists.values() | join(', ') }})) as ({{ lists.keys() | join(', ') }})
{%- endmacro %}


{% macro spark__sliding_list(column, length) -%}
    {%- if length == 1 -%}
    {{ column }}
    {%- else -%}
    case
        when size({{ column }}) <= {{ length }}
            then array(array_join({{ column }}, chr(31)))
        else transform(
            sequence(1, size({{ column }}) - {{ length - 1 }}),
            start -> array_join(slice({{ column }}, start, {{ length }}), chr(31))
        )
    end
    {%- endif -%}
{%- endmacro %}


{% macro spark__list_after_null(column) -%}
    concat(array({{ null_text() }}), {{ column }})
{%- endmacro %}


{% macro spark__list_before_null(column) -%}
    concat({{ column }}, array({{ null_text() }}))
{%- endmacro %}


{# the key is known to the DuckDB plugin alone, and no SQL may hold it #}
{% macro spark__pii_hash(expression) -%}
    {{ null_text() }}
{%- endmacro %}


{% macro spark__exchanged_amount(amount, rate, own_rate, places, digits) -%}
    {%- set units -%}
        abs(cast({{ 10 ** places }} * cast({{ amount }} as decimal(18, {{ places }})) as decimal(20, 0)))
    {%- endset -%}
    {%- set rate_units = 'cast(10000000000 * ' ~ rate ~ ' as decimal(20, 0))' -%}
    {%- set own_units = 'cast(10000000000 * ' ~ own_rate ~ ' as decimal(20, 0))' -%}
    {%- set doubled -%}
        cast(2 * {{ units }} * {{ rate_units }} + {{ own_units }} as decimal(38, 0))
    {%- endset -%}
    {%- set exchanged -%}
    try_cast(
        case when {{ amount }} < 0 then -1 else 1 end * cast(
            (({{ doubled }} - {{ doubled }} % (2 * {{ own_units }})) / (2 * {{ own_units }}))
            as decimal(20, 0)
        ) * {{ '%.*f' % (places, 10 ** -places) }} as decimal({{ digits + places }}, {{ places }})
    )
    {%- endset -%}
    {{ money(exchanged, places) }}
{%- endmacro %}


{% macro spark__last_value_so_far(column) -%}
    last_value({{ column }}) ignore nulls
{%- endmacro %}


{% macro spark__json_text(column, path) -%}
    nullif({{ spark__trimmed("get_json_object(" ~ column ~ ", '$." ~ path ~ "')") }}, '')
{%- endmacro %}


{% macro spark__event_parameters(column) -%}
    from_json(
        {{ column }},
        'array<struct<key: string, value: struct<string_value: string, int_value: string, '
        || 'float_value: string, double_value: string>>>'
    )
{%- endmacro %}


{% macro spark__event_parameter(column, key) -%}
    {%- set value -%}
    coalesce(
        parameter.value.string_value,
        parameter.value.int_value,
        parameter.value.float_value,
        parameter.value.double_value
    )
    {%- endset -%}
    get(
        transform(
            filter({{ column }}, parameter -> parameter.key = '{{ key }}'),
            parameter -> nullif({{ spark__trimmed(value) }}, '')
        ),
        0
    )
{%- endmacro %}


{% macro spark__timestamp_of_microseconds(expression) -%}
    case
        when
            try_cast({{ expression }} as bigint) between 0 and 4102444799999999
            then cast(timestamp_micros(try_cast({{ expression }} as bigint)) as timestamp)
    end
{%- endmacro %}


{% macro spark__url_host(column) -%}
    nullif(regexp_replace(
        coalesce(
            case
                when contains({{ column }}, '//')
                    then nullif(regexp_extract(
                        lower({{ column }}),
                        r'^\s*(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:@\s]+)', 1
                    ), '')
            end,
            regexp_extract(
                lower({{ column }}),
                r'^\s*((?:[\pL\pN_-]+\.)+\pL[\pL\pN-]+)\.?(?::[0-9]+)?(?:[/?#]|\s*$)', 1
            )
        ),
        r'^www\.|\.$', ''
    ), '')
{%- endmacro %}


{% macro spark__url_parameter(column, name) -%}
    {%- set value -%}
    regexp_extract({{ column }}, '(?i)^[^#]*?[?&](?:amp;)?{{ name }}=([^&#]*)', 1)
    {%- endset -%}
    case
        when contains(lower({{ column }}), '{{ name }}=')
            then nullif({{ spark__trimmed(percent_decoded(value)) }}, '')
    end
{%- endmacro %}


{# what is no UTF-8 Java replaces by the character 65533 #}
{% macro spark__percent_decoded(expression) -%}
    {%- set decoded = 'try_url_decode(' ~ expression ~ ')' -%}
    case
        when
            {{ decoded }} is null
            or contains({{ decoded }}, decode(unhex('EFBFBD'), 'UTF-8'))
            then {{ expression }}
        else replace({{ decoded }}, decode(unhex('00'), 'UTF-8'), '')
    end
{%- endmacro %}


{% macro spark__last_parameter_of(column, names) -%}
    {%- set address = "lower(split_part(" ~ column ~ ", '#', 1))" -%}
    case
        when contains({{ column }}, '?')
            then split_part(
                element_at(
                    filter(
                        split(
                            replace(
                                substr({{ address }}, instr({{ address }}, '?') + 1),
                                '&amp;', '&'
                            ),
                            '&'
                        ),
                        parameter -> split_part(parameter, '=', 2) <> ''
                        and array_contains({{ names }}, split_part(parameter, '=', 1))
                    ),
                    -1
                ),
                '=', 1
            )
    end
{%- endmacro %}


{% macro spark__ends_in(expression, ending) -%}
    endswith({{ expression }}, {{ ending }})
{%- endmacro %}


{% macro spark__search_engine_of(host) -%}
    nullif(regexp_extract(
        {{ host }},
        r'^(?:m\.|search\.)?({{ search_engines() | join("|") }})\.(?:[a-z]{2,3}|com?\.[a-z]{2})$', 1
    ), '')
{%- endmacro %}


{#
    dbt-spark's own binds values without escaping quotes, and null as the text None.
    Here values are literals, cast once a column.
#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- for chunk in agate_table.rows | batch(5000) -%}
        {%- set sql -%}
        insert into {{ this.render() }}
        select
            {%- for name in agate_table.column_names %}
            cast({{ adapter.quote(name) }} as {{
                types.get(name, adapter.convert_type(agate_table, loop.index0))
            }})
            {{- ',' if not loop.last }}
            {%- endfor %}
        from values
            {%- for row in chunk %}
            (
                {%- for value in row -%}
                {{ spark_literal(value) }}{{ ', ' if not loop.last }}
                {%- endfor -%}
            ){{ ',' if not loop.last }}
            {%- endfor %}
            as loaded (
                {%- for name in agate_table.column_names -%}
                {{ adapter.quote(name) }}{{ ', ' if not loop.last }}
                {%- endfor -%}
            )
        {%- endset -%}
        {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {%- endfor -%}
    {%- do return('-- ' ~ agate_table.rows | length ~ ' rows') -%}
{%- endmacro %}


{#
    {{ spark_literal("O'Neil") }}    -- 'O\'Neil', and null for none
#}
{% macro spark_literal(value) -%}
    {%- if value is none -%}
    cast(null as string)
    {%- else -%}
    '{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}


{#
    {{ channels_of_state('state') }}    -- the list of the channels that make up a state
#}
{% macro channels_of_state(state) -%}
    split({{ state }}, chr(31))
{%- endmacro %}


{#
    {{ row_without_channel('probabilities', 'state', 'channel') }}

    The steps out of a state when a channel is left out: none where it is part of it.
#}
{% macro row_without_channel(probabilities, state, channel) -%}
    case
        when array_contains({{ channels_of_state(state) }}, {{ channel }})
            then transform({{ probabilities }}, probability -> 0e0)
        else {{ probabilities }}
    end
{%- endmacro %}


{#
    {{ chain_solved('chain') }} as conversion_probability    -- of the start

    Solves an absorbing Markov chain by taking out its last state again and again. Row
    and column 0 are the start and the conversion; row i holds the probabilities of a
    step from state i, column j those of a step to state j.
#}
{% macro chain_solved(chain) -%}
    {%- set without_last -%}
    transform(
        slice(rows_left, 1, last),
        origin -> transform(
            slice(origin, 1, last),
            (probability, place) -> probability
            + origin[last] * rows_left[last][place] / (1 - rows_left[last][last])
        )
    )
    {%- endset -%}
    aggregate(
        reverse(slice(sequence(0, size({{ chain }}) - 1), 2, size({{ chain }}))),
        {{ chain }},
        (rows_left, last) -> {{ without_last }}
    )[0][0]
{%- endmacro %}
