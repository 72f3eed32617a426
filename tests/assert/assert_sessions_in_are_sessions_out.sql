-- Every staged session is in fct_sessions or refused, once, and there is no other: no
-- join on the way multiplies or drops a row.

with

staged as (

    select
        property,
        session_id
    from {{ ref('stg_company_x__session_sources') }}

    union all

    select
        property,
        session_id
    from {{ ref('stg_afisha__visits') }}

    union all

    select
        property,
        session_id
    from {{ ref('stg_vivid_seats__indirect_traffic') }}

    union all

    select
        property,
        session_id
    from {{ ref('stg_vivid_seats__direct_traffic') }}

    union all

    select
        property,
        session_id
    from {{ ref('stg_contract__sessions') }}

    union all

    select
        property,
        session_id
    from {{ ref('int_page_view_sessions') }}

    union all

    select
        property,
        session_id
    from {{ ref('stg_ga4__events') }}
    where session_id is not null
    group by property, session_id

),

published as (

    select
        property,
        session_id,
        count(*) as row_count

    from {{ ref('fct_sessions') }}

    group by property, session_id

),

refused as (

    select
        property,
        {{ json_value('raw_row', 'session_id') }} as session_id,
        count(*) as row_count

    from {{ ref('fct_rejected_rows') }}

    where
        layer = 'intermediate'
        and raw_table in (
            {%- for table in raw_tables() if 'sessions' in table.roles %}
            '{{ table.name }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )

    group by property, {{ json_value('raw_row', 'session_id') }}

)

select
    coalesce(staged.property, published.property) as property,
    coalesce(staged.session_id, published.session_id) as session_id,
    published.row_count,
    refused.row_count as refused_count

from staged

full join published
    on staged.property = published.property
    and staged.session_id = published.session_id

left join refused
    on coalesce(staged.property, published.property) = refused.property
    and coalesce(staged.session_id, published.session_id) = refused.session_id

where
    staged.session_id is null
    or coalesce(published.row_count, 0) + coalesce(refused.row_count, 0) != 1
