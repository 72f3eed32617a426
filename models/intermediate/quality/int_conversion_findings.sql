{#
    Conversions on which tracking and books disagree, each under every check it fails;
    and what was paid back.
#}

{% set checks = {
    'conversion_missing_in_tracking': 'is_missing_in_tracking',
    'conversion_missing_in_backend': 'is_missing_in_backend',
    'conversion_awaiting_backend': 'is_awaiting_backend',
    'duplicate_in_tracking': 'is_duplicate_in_tracking',
    'revenue_differs': 'is_revenue_different',
    'zero_revenue_in_tracking': 'is_revenue_different and tracked_revenue = 0',
    'user_differs': 'is_user_different',
    'date_differs': 'is_date_different',
    'market_differs': 'is_market_different',
} %}

with

reconciled as (

    select
        *,
        coalesce(backend_revenue, tracked_revenue) as revenue
    from {{ ref('int_conversions_reconciled') }}

),

findings as (

    {%- for check_name, condition in checks.items() %}
    select
        property,
        '{{ check_name }}' as check_name,
        conversion_id as finding_key,
        1 as row_count,
        {{ 'abs(revenue_gap)' if 'revenue' in check_name else 'revenue' }} as amount
    from reconciled
    where {{ condition }}
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

-- the difference as a whole, where it is too large to publish
gaps as (

    select
        property,
        'revenue_gap_too_large' as check_name,
        property as finding_key,
        count(*) as row_count,
        abs(sum(revenue_gap)) as amount

    from reconciled

    where not is_awaiting_backend

    group by property

    having
        abs(sum(revenue_gap))
        > {{ var('max_gap_share') }} * abs(coalesce(sum(backend_revenue), 0))

),

refunds as (

    select
        property,
        'order_refunded' as check_name,
        refund_id as finding_key,
        1 as row_count,
        amount
    from {{ ref('int_refunds') }}

),

all_findings as (

    select * from findings
    union all
    select * from gaps
    union all
    select * from refunds

),

final as (

    select
        property,
        check_name,
        finding_key,
        row_count,
        cast(amount as decimal(38, 6)) as amount

    from all_findings

)

select * from final
