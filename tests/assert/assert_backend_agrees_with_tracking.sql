-- Tracking and books agree well enough to be published: the difference of a property is
-- at most var max_gap_share of the backend's revenue. Conversions still awaited are no
-- difference yet.

select
    property,
    sum(revenue_gap) as revenue_gap,
    coalesce(sum(backend_revenue), 0) as backend_revenue

from {{ ref('fct_conversion_reconciliation') }}

where not is_awaiting_backend

group by property

having
    abs(sum(revenue_gap))
    > {{ var('max_gap_share') }} * abs(coalesce(sum(backend_revenue), 0))
