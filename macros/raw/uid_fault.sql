{#
    {{ uid_fault('user_id') }} as fault
    -- '1.03293E+19' -> 'uid is in scientific notation: its digits are lost'

    What is wrong with an identifier that should be an unsigned 64-bit whole number; null
    where nothing is. Reads text without outer spaces: a cast to a number would round
    what lies above the signed range, and merge users. No identifier is no fault.
#}
{% macro uid_fault(column) -%}
    case
        when {{ column }} is null then null
        -- what a spreadsheet leaves of a number with more than 15 digits
        when {{ fully_matches(column, '[+-]?[0-9]+([.,][0-9]*)?[eE][+-]?[0-9]+') }}
            then 'uid is in scientific notation: its digits are lost'
        when {{ fully_matches(column, '[+-].*') }} then 'uid has a sign'
        when {{ fully_matches(column, '[0-9]*[.,][0-9]*') }} then 'uid has decimals'
        when not {{ fully_matches(column, '[0-9]+') }} then 'uid is not a whole number'
        -- as texts: to read 20 digits as a decimal takes DuckDB 200 times as long
        when
            length({{ column }}) > 38
            or lpad({{ column }}, 38, '0') > lpad('18446744073709551615', 38, '0')
            then 'uid exceeds 64 bits'
    end
{%- endmacro %}
