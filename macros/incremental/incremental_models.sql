{#
    {%- for name, unit in incremental_models().items() %} … {{ unit.state }} …

    The models that keep the rows of every unit (a user, a conversion, a part of a raw
    table) that has not changed:

    - `state`: the model with a row per unit and its `is_changed`
    - `unit`: the columns there that name a unit
    - `key`: what they are in the model's input; or, where `state` lists a part's
      `raw_values`, `value`: the raw value there that tells a part
    - `own_key`: what they are in the model itself; without it the `key`
    - `of`: a condition on the rows of `state` that are the model's; without it all are
    - `source`: the raw table of parts
    - `reach`: a column whose equal rows are judged together, whatever part they are in

    Every model has `state`, `unit` and one of `key` and `value`. One that reads a raw
    table of raw_table_parts() has `own_key`, `of` and `source` too, and `reach` where
    rows of several parts are judged together.
#}
{% macro incremental_models() -%}
    {%- do return({
        'base_company_x__session_sources': unit_of_raw_table(
            'company_x', 'session_sources', 'session_date', reach='session_id'
        ),
        'base_vestiaire__clicks': unit_of_raw_table(
            'vestiaire', 'clicks', 'listing_id'
        ),
        'base_contract__listing_events': unit_of_raw_table(
            'contract', 'listing_events', 'listing_id'
        ),
        'int_sessions': {
            'state': 'int_users_compared',
            'unit': ['unit_key'],
            'key': [unit_of_user('property', 'user_id', 'session_id')],
        },
        'int_touchpoints': {
            'state': 'int_conversions_compared',
            'unit': ['conversion_key'],
            'key': ['conversion_key'],
        },
        'int_touchpoints_credited': {
            'state': 'int_conversions_compared',
            'unit': ['conversion_key'],
            'key': ['conversion_key'],
        },
    }) -%}
{%- endmacro %}


{#
    {%- for layout, raw_table, column, part, is_listed in raw_table_parts() %} …

    The raw tables whose rows are compared with those of the last run, and the column
    that tells the part that a row is in, as it came and as it is read: a day or a
    listing. Of days the raw values are listed: they are few, and can be written in
    several ways.
#}
{% macro raw_table_parts() -%}
    {%- do return([
        ['company_x', 'session_sources', 'event_date', local_date('event_date'), true],
        ['vestiaire', 'clicks', 'id_product', 'id_product', false],
        ['contract', 'listing_events', 'listing_id', 'listing_id', false],
    ]) -%}
{%- endmacro %}


{#
    {{ unit_of_raw_table('vestiaire', 'clicks', 'listing_id') }}

    The entry of incremental_models() for a model that reads a raw table of
    raw_table_parts(); the column holds the part. Raw rows are chosen as they came, before
    all of their values are trimmed.
#}
{% macro unit_of_raw_table(layout, raw_table, own_column, reach=none) -%}
    {%- set entry = {
        'state': 'stg_raw__parts',
        'unit': ['property', 'part'],
        'of': "layout = '" ~ layout ~ "' and raw_table = '" ~ raw_table ~ "'",
        'own_key': ['property', part_text(own_column)],
        'source': [layout, raw_table],
    } -%}
    {%- if reach -%}
        {%- do entry.update({'reach': reach}) -%}
    {%- endif -%}
    {%- for its_layout, its_table, column, _, is_listed in raw_table_parts() -%}
        {%- if [its_layout, its_table] == [layout, raw_table] -%}
            {%- set value = adapter.quote(column) -%}
            {%- if is_listed -%}
                {%- do entry.update({'value': part_text(value)}) -%}
            {%- else -%}
                {%- do entry.update({'key': ['property', part_text(text(value))]}) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(entry) -%}
{%- endmacro %}


{#
    {{ unit_of_user('property', 'user_id', 'session_id') }} as unit_key

    A hash of a property's user, or of a session that has none. Users who share one are
    built anew together.
#}
{% macro unit_of_user(property, user, session=none) -%}
    {%- set unit = 'coalesce(' ~ user ~ ', ' ~ session ~ ')' if session else user -%}
    {{ row_hash([property, user ~ ' is not null', unit]) }}
{%- endmacro %}


{#
    {{ part_text('session_date') }}    -- '2023-06-01'; rows without any are a part too
#}
{% macro part_text(expression) -%}
    coalesce(cast({{ expression }} as {{ dbt.type_string() }}), '')
{%- endmacro %}
