{#
    How the places of var `raw` are read. On DuckDB by the plugin (raw_data/), whatever
    they are; on Spark they are folders of Parquet files, read here.
#}


{#
    {{ raw_places('company_x', 'conversions') }}

    The rows of one raw table over all places of var `raw`, with `property` and, on
    request, `time_zone`.
#}
{% macro raw_places(layout, raw_table, with_time_zone=false) -%}
    {{ return(adapter.dispatch('raw_places', 'tributary')(
        layout, raw_table, with_time_zone
    )) }}
{%- endmacro %}

{% macro default__raw_places(layout, raw_table, with_time_zone) -%}
    {{ source(layout, raw_table) }}
{%- endmacro %}

{% macro spark__raw_places(layout, raw_table, with_time_zone) -%}
    {#- a clock may be any property's, so every table stands on the settings -#}
    {%- set settings = ref('properties') if with_time_zone -%}
    {%- set columns = raw_columns(layout, raw_table) -%}
    {%- set tables = [] -%}
    {%- for table in delivered_tables() -%}
    {%- if table.layout == layout and table.name == raw_table -%}
    {%- do tables.append(table) -%}
    {%- endif -%}
    {%- endfor -%}
    (
        {%- for table in tables %}
        {%- set delivered = parquet_columns(table) %}
        select
            '{{ table.property }}' as property
            {%- if with_time_zone %},
            coalesce(
                (
                    select max({{ filled_text('settings.time_zone') }})
                    from {{ settings }} as settings
                    where settings.property = '{{ table.property }}'
                ),
                'UTC'
            ) as time_zone
            {%- endif %}
            {%- for name in columns %},
            {{
                parquet_value(delivered[name]) if name in delivered else null_text()
            }} as {{ name }}
            {%- endfor %}
        from {{ parquet_rows(table) }}
        {{- '\n        union all' if not loop.last }}
        {%- else %}
        {{ no_raw_rows(columns, with_time_zone) }}
        {%- endfor %}
    ) as raw_rows
{%- endmacro %}


{#
    {{ tables_of_places() }}    -- a select of property, layout and raw_table

    The tables that the places of var `raw` hold.
#}
{% macro tables_of_places() -%}
    {{ return(adapter.dispatch('tables_of_places', 'tributary')()) }}
{%- endmacro %}

{% macro default__tables_of_places() -%}
    select
        property,
        layout,
        raw_table
    from {{ source('raw', 'tables') }}
{%- endmacro %}

{% macro spark__tables_of_places() -%}
    {%- set rows = [] -%}
    {%- for table in delivered_tables() -%}
        {%- do rows.append(
            "('" ~ [table.property, table.layout, table.name] | join("', '") ~ "')"
        ) -%}
    {%- endfor -%}
    {%- if rows -%}
    values
    {{ rows | join(',\n    ') }}
    {%- else -%}
    select
        {{ null_text() }},
        {{ null_text() }},
        {{ null_text() }}
    where false
    {%- endif -%}
{%- endmacro %}


{#
    {{ parquet_places() }}
    -- [{'property': 'my_shop', 'layout': 'contract', 'path': 'exports'}]

    The places of var `raw`, each a folder of Parquet files. What only DuckDB's plugin
    reads is refused in one line.
#}
{% macro parquet_places() -%}
    {%- set layouts = raw_tables() | map(attribute='layout') | unique | list -%}
    {%- set places = [] -%}
    {%- for property, value in var('raw').items() -%}
        {%- set entries = [value] if value is string or value is mapping else value -%}
        {%- for entry in entries -%}
            {%- set told = entry if entry is mapping else {'path': entry} -%}
            {%- set paths = told.get('path') -%}
            {%- for key in told if key not in ['layout', 'path'] -%}
                {%- do refuse_place(property, 'key ' ~ key) -%}
            {%- endfor -%}
            {%- for path in ([paths] if paths is string else paths or []) -%}
                {%- if modules.re.search(
                    '^env:|[.](db|sqlite3?|duckdb|csv|json|jsonl|ndjson|parquet|gz|zip)$',
                    path
                ) -%}
                    {%- do refuse_place(property, path) -%}
                {%- endif -%}
                {%- do places.append({
                    'property': property,
                    'layout': told.get('layout') or (
                        property if property in layouts else 'contract'
                    ),
                    'path': path.rstrip('/') | replace('`', ''),
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(places) -%}
{%- endmacro %}


{#
    {{ delivered_tables() }}
    -- [{'property': 'my_shop', 'layout': 'contract', 'name': 'sessions',
    --   'path': 'exports/sessions.parquet'}]

    The raw tables in the places of var `raw`: a file or a folder of files called after
    each. Spark lists a folder as a table of its files, of which only paths are read.
#}
{% macro delivered_tables() -%}
    {%- set tables = [] -%}
    {%- for place in parquet_places() if execute -%}
        {#- paths come whole, with the scheme of their file system -#}
        {%- set folder = (
            place.path if ':' in place.path else '/' ~ place.path.lstrip('./')
        ) ~ '/' -%}
        {%- set files = run_query(
            'select path from binaryFile.`' ~ place.path ~ '/*` order by path'
        ) -%}
        {%- set claims = {} -%}
        {%- for row in files.rows -%}
            {%- set inner = row[0].split(folder, 1)[-1] -%}
            {%- set entry = inner.split('/')[0] -%}
            {%- set is_parquet = row[0].endswith('.parquet') -%}
            {%- set name = plain_name(modules.re.sub('[.][^/]*$', '', entry)) -%}
            {%- for table in raw_tables()
                if table.layout == place.layout and table.name == name
                and not modules.re.search('/[._][^/]*$', row[0]) -%}
                {%- if not is_parquet -%}
                    {%- do refuse_place(place.property, place.path ~ '/' ~ inner) -%}
                {%- endif -%}
                {%- if claims.get(name, entry) != entry -%}
                    {%- set rivals = [claims[name], entry] | sort -%}
                    {%- do exceptions.raise_compiler_error(
                        place.property ~ ': both ' ~ place.path ~ '/'
                        ~ rivals | join(' and ' ~ place.path ~ '/')
                        ~ ' claim to be table ' ~ name ~ '. Keep one of them.'
                    ) -%}
                {%- endif -%}
                {%- if name not in claims -%}
                    {%- do claims.update({name: entry}) -%}
                    {%- do tables.append({
                        'property': place.property,
                        'layout': place.layout,
                        'name': name,
                        'path': place.path ~ '/' ~ entry,
                    }) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if not claims -%}
            {%- do exceptions.raise_compiler_error(
                place.property ~ ': ' ~ place.path
                ~ ' holds no Parquet file called after a table of layout '
                ~ place.layout ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(tables) -%}
{%- endmacro %}


{#
    {{ parquet_columns(table) }}    -- {'user_id': <Column "User ID" bigint>, …}

    The columns of a table of `delivered_tables`, by plain name. What DuckDB refuses of
    it is refused in its words, and what Spark cannot read by its name, which Spark's own
    error would not tell: a script has the fault as the name of its only column.
#}
{% macro parquet_columns(table) -%}
    {%- set faults = {
        "sqlstate '42846', sqlstate '0A000'": 'a column has a type that Spark lacks',
        "sqlstate '42711'": 'two columns have one name',
        'sqlexception': 'its files differ in the type of a column, or one is no whole '
            ~ 'Parquet file',
    } -%}
    {%- set script -%}
    begin
        {%- for conditions, fault in faults.items() %}
        declare exit handler for {{ conditions }}
            begin
                select {{ null_text() }} as `{{ fault }}`;
            end;
        {%- endfor %}
        select * from {{ parquet_rows(table) }} where false;
    end
    {%- endset -%}
    {%- set columns = adapter.get_column_schema_from_query(script) -%}
    {%- set called = 'table ' ~ table.name ~ ' in ' ~ table.path -%}
    {%- if columns[0].name in faults.values() -%}
        {%- do refuse_place(table.property, called ~ ' (' ~ columns[0].name ~ ')') -%}
    {%- endif -%}
    {%- set delivered = {} -%}
    {%- for column in columns -%}
        {%- set name = plain_name(column.name) -%}
        {%- if name in delivered -%}
            {%- do exceptions.raise_compiler_error(
                table.property ~ ': ' ~ table.path ~ " has two columns called '"
                ~ name ~ "'. Rename or drop one of them."
            ) -%}
        {%- endif -%}
        {%- do delivered.update({name: column}) -%}
    {%- endfor -%}
    {%- set missing = required_columns(table.layout, table.name)
        | reject('in', delivered) | sort -%}
    {%- if missing -%}
        {%- do exceptions.raise_compiler_error(
            table.property ~ ': ' ~ called ~ ' has no column ' ~ missing | join(', ')
            ~ ' (it has ' ~ delivered | join(', ') ~ '). Add the column, or map another '
            ~ 'one to it in seeds/mappings/column_mapping.csv and run `make parquet`.'
        ) -%}
    {%- endif -%}
    {%- do return(delivered) -%}
{%- endmacro %}


{# files of one table may have columns of their own, which the others lack #}
{% macro parquet_rows(table) -%}
    parquet.`{{ table.path }}` with ('mergeSchema' = 'true')
{%- endmacro %}


{#
    {{ required_columns('contract', 'sessions') }}    -- ['session_id', 'started_at']

    The columns without which a raw table cannot be read, as the sources YAML says.
#}
{% macro required_columns(layout, raw_table) -%}
    {%- set source_id = 'source.tributary.' ~ layout ~ '.' ~ raw_table -%}
    {%- set names = [] -%}
    {%- for name, column in graph.sources[source_id].columns.items()
        if column.config.meta.required -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {%- do return(names) -%}
{%- endmacro %}


{# an instant is told as text with its offset, and what is nested as JSON #}
{% macro parquet_value(column) -%}
    {%- set name = adapter.quote(column.name) -%}
    {%- if column.dtype == 'timestamp' -%}
    concat(
        date_format({{ name }}, 'yyyy-MM-dd HH:mm:ss.SSSSSS'), '+00:00'
    )
    {%- elif modules.re.match('struct|array|map', column.dtype) -%}
    to_json({{ name }})
    {%- elif column.dtype in ('double', 'float') -%}
    {{ parquet_number(column) }}
    {%- else -%}
    cast({{ name }} as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}


{#
    {{ parquet_number(column) }}    -- 12345678.0 -> '12345678', NaN -> null

    A double or float as the plugin (raw_data/) writes it on DuckDB: an id of which one
    file made a double is that of the other files. Java would write 1.2345678E7, and of
    the float 2673503.75 one digit less.
#}
{% macro parquet_number(column) -%}
    {%- set name = adapter.quote(column.name) -%}
    {%- set written = 'cast(' ~ name ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- if column.dtype == 'float' -%}
    {%- set exact -%}
    cast(cast({{ name }} as double) as {{ dbt.type_string() }})
    {%- endset -%}
    {%- set written -%}
    case
        when length({{ exact }}) = length({{ written }}) + 1 then {{ exact }}
        else {{ written }}
    end
    {%- endset -%}
    {%- endif -%}
    {%- set plain = 'try_cast(' ~ written ~ ' as decimal(38, 21))' -%}
    case
        when abs({{ name }}) < 1e16 and {{ name }} = floor({{ name }})
            then cast(cast({{ name }} as bigint) as {{ dbt.type_string() }})
        when {{ name }} <> floor({{ name }}) and abs({{ plain }}) >= 0.0001
            then trim(trailing '0' from cast({{ plain }} as {{ dbt.type_string() }}))
        when not isnan({{ name }})
            then lower(regexp_replace(
                regexp_replace(replace({{ written }}, '.0E', 'E'), 'E([0-9])', 'E+$1'),
                '-([0-9])$', '-0$1'
            ))
    end
{%- endmacro %}


{#
    {%- do refuse_rival_claims(delivered_tables()) -%}

    Refuses a property of which two tables say what only one may, as the plugin
    (raw_data/) does on DuckDB: each visit or order would count twice.
#}
{% macro refuse_rival_claims(tables) -%}
    {%- set claims = {} -%}
    {%- for table in tables -%}
        {%- set source_id = 'source.tributary.' ~ table.layout ~ '.' ~ table.name -%}
        {%- set claim = graph.sources[source_id].config.meta.get('claims') -%}
        {%- set rivals = claims.setdefault((table.property, claim), []) -%}
        {%- set name = table.layout ~ '.' ~ table.name -%}
        {%- if claim and name not in rivals -%}
            {%- do rivals.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for (property, claim), rivals in claims.items() if rivals[1:] -%}
        {%- do exceptions.raise_compiler_error(
            property ~ ': ' ~ rivals | join(' and ') ~ ' both say '
            ~ ('who came' if claim == 'sessions' else 'what was booked')
            ~ '. Keep one of them.'
        ) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro refuse_place(property, place) -%}
    {%- do exceptions.raise_compiler_error(
        property ~ ': ' ~ place ~ ' cannot be read on Spark, which reads folders of '
        ~ 'Parquet files; `make parquet` writes them from whatever DuckDB reads.'
    ) -%}
{%- endmacro %}
