{#
    What raw values are read as. All but `text` take texts without outer spaces, null
    where they are empty, which macro raw_texts gives.
#}


{#
    {{ text('market') }} as market    -- ' GB ' -> 'GB', '' -> null

    A raw value as text without outer spaces; an empty one is null.
#}
{% macro text(column) -%}
    {{ filled_text('cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')') }}
{%- endmacro %}


{#
    {{ filled_text("' GB '") }}    -- 'GB'

    A text without outer spaces; an empty one is null.
#}
{% macro filled_text(value) -%}
    nullif({{ trimmed(value) }}, '')
{%- endmacro %}


{#
    {{ amount('revenue', 2) }} as revenue    -- '12.5' -> 12.50, '12,50' -> null
    {{ amount('cpc', 6, digits=7) }} as click_cost    -- '10000000' -> null

    A raw amount of money as a decimal with the given places; null if it is none. One of
    more than ten digits before the point (or as many as are said) is none: a few of them
    would add up to more than a column of the marts can hold.
#}
{% macro amount(value, places, digits=10) -%}
    {{ money(decimal_of_text(value, digits + places, places), places) }}
{%- endmacro %}


{#
    {{ money('exchanged', 2) }}    -- the type that all amounts of so many places have
#}
{% macro money(expression, places) -%}
    cast({{ expression }} as decimal(18, {{ places }}))
{%- endmacro %}


{#
    {{ whole_number('clicks') }} as clicks    -- '12' and '12.0' -> 12, '12.5' -> null

    A raw count or number of up to 15 digits, or as many as are said, which some say with
    a point; null if it is none. What the decimal rounds away, the double still tells: a
    decimal of more than 18 digits with all places takes DuckDB a hundred times as long.
#}
{% macro whole_number(value, digits=15) -%}
    {%- set number -%}
    try_cast({{ decimal_of_text(value, 18, 18 - digits) }} as bigint)
    {%- endset -%}
    case when {{ number }} = {{ double_of_text(value) }} then {{ number }} end
{%- endmacro %}


{#
    {{ weight('ihc') }} as provided_weight    -- '0.5' -> 0.5, '-1' -> null, 'x' -> null

    A raw weight as a decimal; null if it is negative, a million or more, or no number.
#}
{% macro weight(value) -%}
    cast(
        case
            when {{ decimal_of_text(value, 24, 18) }} >= 0
                then {{ decimal_of_text(value, 24, 18) }}
        end as decimal(38, 18)
    )
{%- endmacro %}


{#
    {{ local_date('event_date') }} as session_date    -- '2021-02-30' -> null

    A raw date; null if it is none between 1970 and 2099. Databases also read
    `infinity` and the year 294247, which no calendar of days survives.
#}
{% macro local_date(value) -%}
    cast({{ local_timestamp(value) }} as date)
{%- endmacro %}


{#
    {{ local_timestamp("event_date || ' ' || event_time") }} as started_at_local

    A raw timestamp on the property's own clock; null if it is none between 1970 and
    2099.
#}
{% macro local_timestamp(value) -%}
    {{ timestamp_of_text(value) }}
{%- endmacro %}


{#
    {{ local_timestamp_of('event_date', 'event_time') }} as started_at_local

    A raw day and time of day as one timestamp on the property's own clock. A time may
    bring its own day; without a time, or with none that can be read, null.

    No timestamp begins like 9:30 or 09:30. Those are not tried as one: in DuckDB a cast
    that fails takes thirty times as long as this look at the text.
#}
{% macro local_timestamp_of(day, time) -%}
    {%- set date = 'cast(' ~ local_date(day) ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    coalesce(
        case
            when {{ time }} not like '_:%' and {{ time }} not like '__:%'
                then {{ local_timestamp(time) }}
        end,
        {{ local_timestamp(date ~ " || ' ' || " ~ time) }}
    )
{%- endmacro %}


{#
    {{ flag('holder_engagement') }} as is_holder_engaged    -- '1' -> true, '0' -> false

    A raw yes or no; null if it is neither. Programs write 0.0 where other rows of the
    column say nothing, and people their own language's word. Words are compared one by
    one, and only where the engine knows none: DuckDB would join all rows with a list of
    five.
#}
{% macro flag(value) -%}
    coalesce(
        {{ boolean_of_text(value) }},
        case lower({{ value }})
            {%- for word in ['1.0', 'on', 'ja', 'oui', 'granted'] %}
            when '{{ word }}' then true
            {%- endfor %}
            {%- for word in ['0.0', 'off', 'nein', 'non', 'denied'] %}
            when '{{ word }}' then false
            {%- endfor %}
        end
    )
{%- endmacro %}


{#
    {{ consent('has_consent') }} as has_consent    -- 'maybe' -> false, '' -> null

    Whether somebody has agreed, null where nothing is said. What is said and is no yes
    is a no: nobody is known for want of a word.
#}
{% macro consent(value) -%}
    case when {{ value }} is not null then coalesce({{ flag(value) }}, false) end
{%- endmacro %}


{#
    {{ utc_timestamp('started_at', 'time_zone') }} as started_at
    -- '2024-01-05 10:15:00 -0500' -> 2024-01-05 15:15:00, whatever the time zone
    -- '2024-01-05 10:15:00' -> 09:15 where the time zone is Europe/Berlin

    A raw timestamp in UTC; null if it is none between 1970 and 2099. One that says its
    offset (or Z, or UTC) is taken at its word, another is on the given clock. An hour
    that the clock skips in spring counts on, one that it repeats in autumn is the
    second.
#}
{% macro utc_timestamp(value, time_zone) -%}
    case
        when {{ has_offset(value) }} then {{ offset_timestamp(value) }}
        else {{ to_utc(local_timestamp(value), time_zone) }}
    end
{%- endmacro %}


{#
    {{ is_day_alone('converted_at') }}    -- '2024-01-05' -> true

    Whether a raw timestamp says the day and no time of day.
#}
{% macro is_day_alone(value) -%}
    ({{ value }} not like '%:%')
{%- endmacro %}


{#
    {{ local_day_of('converted_at', 'time_zone') }} as conversion_date
    -- '2024-01-05' -> 2024-01-05
    -- '2024-01-05T23:30:00Z' -> 2024-01-06 where the time zone is Europe/Berlin

    The day of a raw timestamp on the given clock.
#}
{% macro local_day_of(value, time_zone) -%}
    cast(
        case
            when {{ has_offset(value) }}
                then {{ to_local(offset_timestamp(value), time_zone) }}
            else {{ local_timestamp(value) }}
        end as date
    )
{%- endmacro %}
