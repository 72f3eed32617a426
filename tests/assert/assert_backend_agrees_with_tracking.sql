-- Tracking and books agree well enough to be published: the difference of a property is
-- at most var max_gap_share of the backend's revenue. Conversions still awaited are no
-- difference yet.

with

gaps as (

    select
        property,
        sum(revenue_gap) as revenue_gap,
        coalesce(sum(backend_revenue), 0) as backend_revenue,
        count(*) as conversion_count,
        count(case when is_missing_in_tracking then 1 end) as untracked_count,
        count(case when is_missing_in_backend then 1 end) as unbooked_count

    from {{ ref('fct_conversion_reconciliation') }}

    where not is_awaiting_backend

    group by property

),

too_large as (

    select
        *,
        cast(abs(revenue_gap) as double)
        / nullif(cast(abs(backend_revenue) as double), 0) as gap_share

    from gaps

    where
        abs(revenue_gap) > {{ var('max_gap_share') }} * abs(backend_revenue)

)

-- what reads the reconciliation was not built: the conversions are all there is to see
select
    property,
    property || ': tracking and books differ by '
    || cast(cast(abs(revenue_gap) as decimal(38, 2)) as {{ dbt.type_string() }})
    || ' of '
    || cast(cast(backend_revenue as decimal(38, 2)) as {{ dbt.type_string() }})
    || case
        when gap_share is null then ', which no max_gap_share allows; '
        else
            ' ('
            || cast(
                cast(100 * gap_share as decimal(38, 2)) as {{ dbt.type_string() }}
            )
            || ' %), more than max_gap_share {{ var("max_gap_share") }}; '
    end
    || untracked_count || ' of ' || conversion_count
    || ' conversions are missing in tracking, ' || unbooked_count
    || ' in the books. See marts.fct_conversion_reconciliation in '
    || '{{ target.path or "the working database" }}'
    || coalesce(
        ', or build with max_gap_share: '
        || cast(
            cast(ceil(10 * gap_share) / 10 as decimal(38, 1))
            as {{ dbt.type_string() }}
        ),
        ''
    ) as message

from too_large
