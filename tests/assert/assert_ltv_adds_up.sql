-- Every buyer is in one cohort, and every cent of net revenue is that of a cohort, of
-- nobody or of a user who never bought. Sums over the months are those of the months.

with

conversions as (

    select * from {{ ref('fct_conversions') }}

),

ltv as (

    select *
    from {{ ref('rpt_ltv') }}
    where
        channel = '(all)'
        and device = '(all)'

),

buyers as (

    select
        property,
        user_id

    from conversions

    where is_counted and user_id is not null

    group by property, user_id

),

expected as (

    select
        conversions.property,
        count(distinct buyers.user_id) as buyers,
        sum(conversions.net_revenue) as net_revenue,
        sum(
            case when buyers.user_id is null then conversions.net_revenue else 0 end
        ) as net_revenue_without_buyer,
        sum(
            case
                when buyers.user_id is not null and conversions.is_counted then 1
                else 0
            end
        ) as conversion_count,
        sum(
            case when buyers.user_id is not null then conversions.revenue else 0 end
        ) as revenue

    from conversions

    left join buyers
        on conversions.property = buyers.property
        and conversions.user_id = buyers.user_id

    group by conversions.property

),

last_sums as (

    select
        property,
        cohort_month,
        max(month_number) as month_number

    from ltv

    where cumulative_revenue is not null

    group by property, cohort_month

),

wrong_sums as (

    select
        ltv.property,
        count(*) as cohort_count

    from ltv

    inner join last_sums
        on ltv.property = last_sums.property
        and ltv.cohort_month = last_sums.cohort_month

    where ltv.month_number <= last_sums.month_number

    group by ltv.property, ltv.cohort_month

    having
        sum({{ customer_revenue('ltv.') }}) is distinct from max(
            case
                when ltv.month_number = last_sums.month_number
                    then ltv.cumulative_revenue
            end
        )

),

actual as (

    select
        property,
        sum(case when month_number = 0 then buyers else 0 end) as buyers,
        sum(conversion_count) as conversion_count,
        sum(revenue) as revenue,
        sum(net_revenue) as net_revenue

    from ltv

    group by property

)

select
    coalesce(expected.property, actual.property) as property,
    expected.net_revenue as expected_net_revenue,
    actual.net_revenue as cohorts_net_revenue,
    expected.net_revenue_without_buyer

from expected

full join actual
    on expected.property = actual.property

left join wrong_sums
    on actual.property = wrong_sums.property

where
    wrong_sums.property is not null
    or expected.property is null
    or expected.buyers is distinct from coalesce(actual.buyers, 0)
    or expected.conversion_count is distinct from coalesce(actual.conversion_count, 0)
    or expected.revenue is distinct from coalesce(actual.revenue, 0)
    or expected.net_revenue
    is distinct from
    coalesce(actual.net_revenue, 0) + expected.net_revenue_without_buyer
