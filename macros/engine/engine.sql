{#
    What differs from engine to engine, each with its form for DuckDB.
#}


{#
    {{ null_text() }} as market    -- null, typed
#}
{% macro null_text() -%}
    cast(null as {{ dbt.type_string() }})
{%- endmacro %}


{#
    {{ row_as_struct(['conv_id', 'revenue']) }} as source_row
    {{ row_as_struct({'conv_id': 'conversion_id'}) }}    -- under another name

    Columns bundled, each as text, so that a row can still be shown as it came.
#}
{% macro row_as_struct(columns) -%}
    {{ return(adapter.dispatch('row_as_struct', 'tributary')(columns)) }}
{%- endmacro %}

{% macro default__row_as_struct(columns) -%}
    struct_pack(
        {%- for name in columns or ['property'] %}
        {%- set value = columns[name] if columns is mapping else name %}
        {#- a raw column may be called what SQL has taken, like row #}
        {{ adapter.quote(name) }} := cast(
            {{- adapter.quote(name) if value == name else value }}
            as {{ dbt.type_string() }}
        )
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{#
    {{ struct_as_json('source_row') }} as raw_row    -- {"conv_id":"c1","revenue":"x"}
#}
{% macro struct_as_json(column) -%}
    {{ return(adapter.dispatch('struct_as_json', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__struct_as_json(column) -%}
    cast(to_json({{ column }}) as {{ dbt.type_string() }})
{%- endmacro %}


{#
    {{ to_utc('started_at_local', 'time_zone') }} as started_at

    A timestamp on a place's own clock, in UTC.
#}
{% macro to_utc(column, time_zone) -%}
    {{ return(adapter.dispatch('to_utc', 'tributary')(column, time_zone)) }}
{%- endmacro %}

{% macro default__to_utc(column, time_zone) -%}
    case
        when {{ time_zone }} = 'UTC' then {{ column }}
        else timezone('UTC', timezone({{ time_zone }}, {{ column }}))
    end
{%- endmacro %}


{#
    {{ to_local('touched_at', 'time_zone') }}

    A timestamp in UTC, on a place's own clock.
#}
{% macro to_local(column, time_zone) -%}
    {{ return(adapter.dispatch('to_local', 'tributary')(column, time_zone)) }}
{%- endmacro %}

{% macro default__to_local(column, time_zone) -%}
    case
        when {{ time_zone }} = 'UTC' then {{ column }}
        else timezone({{ time_zone }}, timezone('UTC', {{ column }}))
    end
{%- endmacro %}


{#
    {{ has_offset("'2024-01-05 10:15 +0100'") }}    -- true

    Whether a raw timestamp says how far its clock is from UTC: Z, UTC or an offset, which
    a local mean time has to the second.
#}
{% macro has_offset(expression) -%}
    {{ return(adapter.dispatch('has_offset', 'tributary')(expression)) }}
{%- endmacro %}

{% macro default__has_offset(expression) -%}
    regexp_matches(
        {{ expression }},
        ':[0-9.:]+\s*([Zz]|[Uu][Tt][Cc]|[+-][0-9]{2}(:?[0-9]{2}){0,2})$'
    )
{%- endmacro %}


{#
    {{ offset_timestamp("'2024-01-05 10:15 +0100'") }}    -- 2024-01-05 09:15:00

    A raw timestamp that says its offset, in UTC; null if it is none between 1970 and
    2099.
#}
{% macro offset_timestamp(expression) -%}
    {{ return(adapter.dispatch('offset_timestamp', 'tributary')(expression)) }}
{%- endmacro %}

{# a cast to timestamp drops the offset; one to an instant wants it close by, and seconds #}
{% macro default__offset_timestamp(expression) -%}
    {%- set moment -%}
    timezone(
        'UTC',
        try_cast(
            regexp_replace(
                rtrim(
                    regexp_replace(
                        regexp_replace(
                            {{ expression }}, '\s*([Zz]|[Uu][Tt][Cc])$', '+00'
                        ),
                        '\s*([+-][0-9]{2}):?([0-9]{2})?:?([0-9]{2})?$', '\1:\2:\3'
                    ),
                    ':'
                ),
                '^([^:]+:[0-9]{1,2})([+-])', '\1:00\2'
            ) as timestamp with time zone
        )
    )
    {%- endset -%}
    case
        when
            {{ moment }} between timestamp '1970-01-01 00:00:00'
            and timestamp '2099-12-31 23:59:59.999999'
            then {{ moment }}
    end
{%- endmacro %}


{#
    {{ days_before('converted_at', 90) }}    -- the same time of day, 90 days earlier
#}
{% macro days_before(column, days) -%}
    {{ return(adapter.dispatch('days_before', 'tributary')(column, days)) }}
{%- endmacro %}

{% macro default__days_before(column, days) -%}
    (
        {{ column }}
        - to_microseconds(cast(round(86400000000 * {{ days }}) as bigint))
    )
{%- endmacro %}


{#
    {{ end_of_day('conversion_date') }}    -- 2021-07-15 23:59:59.999999
#}
{% macro end_of_day(column) -%}
    {{ return(adapter.dispatch('end_of_day', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__end_of_day(column) -%}
    (cast({{ column }} as timestamp) + to_days(1) - to_microseconds(1))
{%- endmacro %}


{#
    {{ seconds_between('touched_at', 'converted_at') }}    -- 90.5, a double
#}
{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('seconds_between', 'tributary')(earlier, later)) }}
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000
{%- endmacro %}


{#
    {{ days_in_range('first_date', 'last_date') }} as report_date

    One row for each day from the first to the last, both included.
#}
{% macro days_in_range(first_date, last_date) -%}
    {{ return(adapter.dispatch('days_in_range', 'tributary')(first_date, last_date)) }}
{%- endmacro %}

{% macro default__days_in_range(first_date, last_date) -%}
    cast(unnest(generate_series({{ first_date }}, {{ last_date }}, to_days(1))) as date)
{%- endmacro %}


{#
    {{ months_in_range('first_month', 'last_month') }} as report_month

    One row for the first day of each month from the first to the last, both included;
    both are first days themselves. None where the last lies before the first.
#}
{% macro months_in_range(first_month, last_month) -%}
    {{ return(adapter.dispatch('months_in_range', 'tributary')(
        first_month, last_month
    )) }}
{%- endmacro %}

{% macro default__months_in_range(first_month, last_month) -%}
    cast(
        unnest(generate_series({{ first_month }}, {{ last_month }}, to_months(1))) as date
    )
{%- endmacro %}


{#
    select {{ all_but(['raw_row']) }} from judged    -- every other column
#}
{% macro all_but(columns) -%}
    {{ return(adapter.dispatch('all_but', 'tributary')(columns)) }}
{%- endmacro %}

{% macro default__all_but(columns) -%}
    * exclude ({{ columns | join(', ') }})
{%- endmacro %}


{#
    {{ rounded_part('clicks', 'running_count', 'total_count') }}    -- 10 × 1/4 -> 3

    A part of a whole number, rounded to a whole number, half away from 0. In integers:
    the part that is the whole comes out exact, whatever its size.
#}
{% macro rounded_part(whole, part_count, total_count) -%}
    {{ return(adapter.dispatch('rounded_part', 'tributary')(
        whole, part_count, total_count
    )) }}
{%- endmacro %}

{% macro default__rounded_part(whole, part_count, total_count) -%}
    case
        when {{ part_count }} = {{ total_count }} then {{ whole }}
        else cast(
            sign({{ whole }}) * (
                (2 * abs({{ whole }}::hugeint) * ({{ part_count }}) + {{ total_count }})
                // (2 * {{ total_count }})
            ) as bigint
        )
    end
{%- endmacro %}


{#
    {{ weekday('report_date') }}    -- ISO: Monday is 1, Sunday is 7
#}
{% macro weekday(column) -%}
    {{ return(adapter.dispatch('weekday', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__weekday(column) -%}
    isodow({{ column }})
{%- endmacro %}


{#
    {{ letters_and_digits('lower(source_channel)') }}    -- 'fb & ig ads' -> 'fbigads'
#}
{% macro letters_and_digits(column) -%}
    {{ return(adapter.dispatch('letters_and_digits', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__letters_and_digits(column) -%}
    regexp_replace({{ column }}, '[^\p{L}\p{N}]', '', 'g')
{%- endmacro %}


{#
    {{ digits('contact_number') }}    -- '+00 555-01' -> '0055501', 'none' -> null

    The digits of a text, however they are set; null if it has none.
#}
{% macro digits(column) -%}
    {{ return(adapter.dispatch('digits', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__digits(column) -%}
    nullif(regexp_replace({{ column }}, '[^0-9]', '', 'g'), '')
{%- endmacro %}


{#
    {{ address_country('address') }}    -- '1 High St, 123 Springfield, Utopia' -> 'Utopia'

    What an address says of the country: its last part after a comma. An address
    without a comma says nothing, and a part with a digit is no country.
#}
{% macro address_country(column) -%}
    {{ return(adapter.dispatch('address_country', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__address_country(column) -%}
    nullif(regexp_extract({{ column }}, ',\s*([^,0-9]*[^,0-9\s])\s*$', 1), '')
{%- endmacro %}


{#
    {{ address_city('address') }}    -- '1 High St, 123 Springfield, Utopia' -> 'Springfield'

    What an address says of the city: the part before the country, without words that
    hold a digit, which are postcodes. It takes two commas: with one, the part before
    the country is the street.
#}
{% macro address_city(column) -%}
    {{ return(adapter.dispatch('address_city', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__address_city(column) -%}
    nullif(trim(regexp_replace(
        regexp_replace(
            regexp_extract({{ column }}, ',([^,]*),\s*[^,0-9]*[^,0-9\s]\s*$', 1),
            '\S*[0-9]\S*', '', 'g'
        ),
        '\s+', ' ', 'g'
    )), '')
{%- endmacro %}


{#
    {{ fully_matches('user_id', '[0-9]+') }}    -- '17' -> true, '17a' -> false

    Whether the whole of a text is as a regular expression says.
#}
{% macro fully_matches(column, pattern) -%}
    {{ return(adapter.dispatch('fully_matches', 'tributary')(column, pattern)) }}
{%- endmacro %}

{% macro default__fully_matches(column, pattern) -%}
    regexp_full_match({{ column }}, '{{ pattern }}')
{%- endmacro %}


{#
    {{ json_value('raw_row', 'revenue') }}    -- the text of a field, null if absent
#}
{% macro json_value(column, field) -%}
    {{ return(adapter.dispatch('json_value', 'tributary')(column, field)) }}
{%- endmacro %}

{% macro default__json_value(column, field) -%}
    json_extract_string({{ column }}, '$.{{ field }}')
{%- endmacro %}


{#
    {{ row_hash(['property', 'user_id']) }}    -- equal for rows that are alike

    A short hash that tells most rows apart, by the engine's own function. No result may
    depend on it: it only says where to look for rows that are alike.
#}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'tributary')(columns)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}


{#
    {%- if compares_in_memory() %} …

    Whether an engine holds two sets of rows in memory to compare them. Spark does not,
    and a condition on a hash of many columns is more than its optimizer can take.
#}
{% macro compares_in_memory() -%}
    {{ return(adapter.dispatch('compares_in_memory', 'tributary')()) }}
{%- endmacro %}

{% macro default__compares_in_memory() -%}
    {%- do return(true) -%}
{%- endmacro %}


{#
    sessions as {{ inlined() }} (…)
    judged as {{ inlined(reads_places=true) }} (…)      -- where it reads raw rows
    rows as {{ inlined(is_of_changed_units=true) }} (…) -- held if of_changed_units holds

    Marks a step that several others read and that is cheaper to compute again than to
    hold in memory as a whole. Not where a place is another database: DuckDB 1.5.5 cannot
    copy the reading of one ("attempted to access index 0"), and a server may be far.

    Not in a view: DuckDB 1.5.5 forgets the mark when it keeps the view's text. There the
    relation is named wherever it is read.
#}
{% macro inlined(reads_places=false, is_of_changed_units=false) -%}
    {{ return(adapter.dispatch('inlined', 'tributary')(
        reads_places, is_of_changed_units
    )) }}
{%- endmacro %}

{% macro default__inlined(reads_places, is_of_changed_units) -%}
    {%- if model.config.materialized == 'view' -%}
    {%- do exceptions.raise_compiler_error(
        model.name ~ ' is a view, in which DuckDB forgets what is inlined(): name the '
        ~ 'relation wherever it is read'
    ) -%}
    {%- endif -%}
    {%- set other_databases -%}
        select 1 from duckdb_databases() where type in ('sqlite', 'postgres')
    {%- endset -%}
    {%- if not (reads_places and execute and run_query(other_databases).rows) -%}
        not materialized{{ ' /* if whole */' if is_of_changed_units }}
    {%- endif -%}
{%- endmacro %}


{#
    {{ hash_group('user_id') }} as user_group    -- 0 to 99, the same in every build

    One of 100 groups of users for the jackknife, by md5, so that every engine agrees.
#}
{% macro hash_group(column) -%}
    {{ return(adapter.dispatch('hash_group', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__hash_group(column) -%}
    cast(cast('0x' || left(md5({{ column }}), 8) as bigint) % 100 as bigint)
{%- endmacro %}


{#
    {{ hash_key(['property', 'conversion_id']) }} as conversion_key

    A key as one number of 128 bits, the same in every build: two texts take 5 times as
    long to join.
#}
{% macro hash_key(columns) -%}
    {{ return(adapter.dispatch('hash_key', 'tributary')(columns)) }}
{%- endmacro %}

{% macro default__hash_key(columns) -%}
    md5_number(concat_ws(chr(31), {{ columns | join(', ') }}))
{%- endmacro %}


{#
    {{ ordered_list('channel', 'touch_number') }} as channels    -- ['a', 'b', 'a']

    The values of a group as a list, in the order of a column that is unique in it. An
    aggregate with its own `order by` takes DuckDB three times as long.
#}
{% macro ordered_list(column, order_by) -%}
    {{ return(adapter.dispatch('ordered_list', 'tributary')(column, order_by)) }}
{%- endmacro %}

{% macro default__ordered_list(column, order_by) -%}
    list_select(list({{ column }}), list_grade_up(list({{ order_by }})))
{%- endmacro %}


{#
    {{ distinct_list('channels') }}    -- ['a', 'b', 'a'] -> ['a', 'b']

    The distinct values of a list in their own order.
#}
{% macro distinct_list(column) -%}
    {{ return(adapter.dispatch('distinct_list', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__distinct_list(column) -%}
    list_sort(list_distinct({{ column }}))
{%- endmacro %}


{#
    {{ list_as_text('channels', "' > '") }}    -- ['a', 'b'] -> 'a > b'
#}
{% macro list_as_text(column, separator) -%}
    {{ return(adapter.dispatch('list_as_text', 'tributary')(column, separator)) }}
{%- endmacro %}

{% macro default__list_as_text(column, separator) -%}
    array_to_string({{ column }}, {{ separator }})
{%- endmacro %}


{#
    {{ rows_of_list('channels') }} as channel    -- a row for each value of the list
#}
{% macro rows_of_list(column) -%}
    {{ return(adapter.dispatch('rows_of_list', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__rows_of_list(column) -%}
    unnest({{ column }})
{%- endmacro %}


{#
    {{ sliding_list('channels', 2) }}    -- ['a', 'b', 'c'] -> ['a·b', 'b·c']

    Each run of so many values of a list as one text, kept apart by the character 31; a
    shorter list is one run.
#}
{% macro sliding_list(column, length) -%}
    {{ return(adapter.dispatch('sliding_list', 'tributary')(column, length)) }}
{%- endmacro %}

{% macro default__sliding_list(column, length) -%}
    {%- if length == 1 -%}
    {{ column }}
    {%- else -%}
    case
        when len({{ column }}) <= {{ length }}
            then [array_to_string({{ column }}, chr(31))]
        else list_transform(
            range({{ length }}, len({{ column }}) + 1),
            lambda last: array_to_string(
                {{ column }}[last - {{ length - 1 }}:last], chr(31)
            )
        )
    end
    {%- endif -%}
{%- endmacro %}


{#
    {{ list_after_null('states') }}    -- ['a', 'b'] -> [null, 'a', 'b']
#}
{% macro list_after_null(column) -%}
    {{ return(adapter.dispatch('list_after_null', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__list_after_null(column) -%}
    list_prepend(null, {{ column }})
{%- endmacro %}


{#
    {{ list_before_null('states') }}    -- ['a', 'b'] -> ['a', 'b', null]
#}
{% macro list_before_null(column) -%}
    {{ return(adapter.dispatch('list_before_null', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__list_before_null(column) -%}
    list_append({{ column }}, null)
{%- endmacro %}


{#
    {{ pii_hash('contact_number') }} as contact_hash

    What stands for a personal value: 32 hexadecimal digits of its HMAC-SHA-256 under
    the key in environment variable TRIBUTARY_PII_KEY; null without one. Equal texts
    have equal hashes, so bring them to one spelling first.
#}
{% macro pii_hash(expression) -%}
    {{ return(adapter.dispatch('pii_hash', 'tributary')(expression)) }}
{%- endmacro %}

{# the plugin (raw_data/personal.py) knows the key, no SQL does #}
{% macro default__pii_hash(expression) -%}
    raw.main.pii_hash({{ expression }})
{%- endmacro %}


{#
    {{ exchanged_amount('revenue', 'rate', 'own_rate', 2) }}
    -- 100.00 at 0.9 -> 90.00, 100.00 at 0.9 over 1.1 -> 81.82

    An amount times one rate over another, rounded to the given places, half away from 0.
    In whole numbers, so that no digit is lost on the way; null without a rate, and where
    it comes to more than `amount` takes of so many digits.
#}
{% macro exchanged_amount(amount, rate, own_rate, places, digits=10) -%}
    {{ return(adapter.dispatch('exchanged_amount', 'tributary')(
        amount, rate, own_rate, places, digits
    )) }}
{%- endmacro %}

{% macro default__exchanged_amount(amount, rate, own_rate, places, digits) -%}
    {%- set units -%}
        abs(cast({{ 10 ** places }} * cast({{ amount }} as decimal(38, {{ places }})) as hugeint))
    {%- endset -%}
    {%- set rate_units = 'cast(10000000000 * ' ~ rate ~ ' as hugeint)' -%}
    {%- set own_units = 'cast(10000000000 * ' ~ own_rate ~ ' as hugeint)' -%}
    {%- set exchanged -%}
    try(
        cast(
            cast(
                sign({{ amount }}) * (
                    (2 * {{ units }} * {{ rate_units }} + {{ own_units }})
                    // (2 * {{ own_units }})
                ) as decimal(38, 0)
            ) * {{ '%.*f' % (places, 10 ** -places) }} as decimal({{ digits + places }}, {{ places }})
        )
    )
    {%- endset -%}
    {{ money(exchanged, places) }}
{%- endmacro %}


{#
    {{ contains_match('lower(user_agent)', 'bot|crawl') }}    -- 'googlebot/2.1' -> true

    Whether a part of a text is as a regular expression says.
#}
{% macro contains_match(column, pattern) -%}
    {{ return(adapter.dispatch('contains_match', 'tributary')(column, pattern)) }}
{%- endmacro %}

{% macro default__contains_match(column, pattern) -%}
    regexp_matches({{ column }}, '{{ pattern }}')
{%- endmacro %}


{#
    {{ trimmed('brand') }}    -- ' Acme ' -> 'Acme'

    A text without outer spaces, those beyond ASCII too. On DuckDB, whether trimming can
    change a text is asked first: nearly none has such spaces, and to ask costs a tenth of
    trimming a long one. Beyond ASCII there are more spaces than one, and any such text
    may have them.
#}
{% macro trimmed(column) -%}
    {{ return(adapter.dispatch('trimmed', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__trimmed(column) -%}
    case
        when
            {{ column }} like ' %'
            or {{ column }} like '% '
            or strlen({{ column }}) != length({{ column }})
            then trim({{ column }})
        else {{ column }}
    end
{%- endmacro %}


{#
    {{ decimal_of_text('revenue', 18, 2) }}    -- '12.345' -> 12.35, '12,50' -> null

    A text without outer spaces as a decimal of so many digits and places, rounded half
    away from 0; null if it is none.
#}
{% macro decimal_of_text(expression, digits, places) -%}
    {{ return(adapter.dispatch('decimal_of_text', 'tributary')(
        expression, digits, places
    )) }}
{%- endmacro %}

{% macro default__decimal_of_text(expression, digits, places) -%}
    try_cast({{ expression }} as decimal({{ digits }}, {{ places }}))
{%- endmacro %}


{#
    {{ double_of_text('clicks') }}    -- '12.5' -> 12.5, 'many' -> null

    A text as a double; null if it is none.
#}
{% macro double_of_text(expression) -%}
    {{ return(adapter.dispatch('double_of_text', 'tributary')(expression)) }}
{%- endmacro %}

{% macro default__double_of_text(expression) -%}
    try_cast({{ expression }} as double)
{%- endmacro %}


{#
    {{ boolean_of_text('is_bounce') }}    -- 'Yes' -> true, 'f' -> false, 'ja' -> null

    A text as a boolean, where it is a word that the engines know; else null.
#}
{% macro boolean_of_text(expression) -%}
    {{ return(adapter.dispatch('boolean_of_text', 'tributary')(expression)) }}
{%- endmacro %}

{% macro default__boolean_of_text(expression) -%}
    try_cast({{ expression }} as boolean)
{%- endmacro %}


{#
    {{ timestamp_of_text('started_at') }}    -- '2021/7/1 10:15' -> 2021-07-01 10:15:00

    A text as a timestamp; null if it is none between 1970 and 2099. It begins with a
    digit, so that DuckDB's word `epoch` is none.
#}
{% macro timestamp_of_text(expression) -%}
    {{ return(adapter.dispatch('timestamp_of_text', 'tributary')(expression)) }}
{%- endmacro %}

{% macro default__timestamp_of_text(expression) -%}
    case
        when
            try_cast({{ expression }} as timestamp)
            between timestamp '1970-01-01 00:00:00'
            and timestamp '2099-12-31 23:59:59.999999'
            and {{ expression }} < ':'
            then try_cast({{ expression }} as timestamp)
    end
{%- endmacro %}


{#
    {{ rows_of_lists({'from_state': 'origins', 'to_state': 'targets'}) }}

    One row for each place of lists of one length, a column for each list.
#}
{% macro rows_of_lists(lists) -%}
    {{ return(adapter.dispatch('rows_of_lists', 'tributary')(lists)) }}
{%- endmacro %}

{% macro default__rows_of_lists(lists) -%}
    {%- for name, list in lists.items() %}
        unnest({{ list }}) as {{ name }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#
    {{ last_value_so_far('campaign_key') }} over (… rows … preceding)

    The last value of a window that is not null.
#}
{% macro last_value_so_far(column) -%}
    {{ return(adapter.dispatch('last_value_so_far', 'tributary')(column)) }}
{%- endmacro %}

{% macro default__last_value_so_far(column) -%}
    last_value({{ column }} ignore nulls)
{%- endmacro %}


{#
    {{ date_after('published_date', 7) }}    -- the date so many days later

    A date, where dbt.dateadd makes a timestamp, and on Spark one of some clock.
#}
{% macro date_after(column, days) -%}
    {{ return(adapter.dispatch('date_after', 'tributary')(column, days)) }}
{%- endmacro %}

{% macro default__date_after(column, days) -%}
    cast({{ column }} + to_days({{ days }}) as date)
{%- endmacro %}
