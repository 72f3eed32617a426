-- What does a customer bring, by cohort, channel and device?
--
-- One row per property, split_by (`(all)`, cohort, channel, device), split_value and
-- month_number: months since that of the first purchase, which is 0. channel and device
-- are those of the user's first session ever.
-- ltv is what a buyer has brought up to the end of that month: cumulative_revenue /
-- buyers, less what was paid back unless var customer_revenue is gross; it is revenue,
-- not profit. A cohort's month that is not over is empty. The other splits add up, for
-- each month_number, only the cohorts that have reached it (cohort_count): the later
-- the month, the fewer and older they are, and ltv can fall from one month to the next
-- because a better cohort drops out.

with

ltv as (

    select * from {{ ref('rpt_ltv') }}

),

splits as (

    select
        property,
        'cohort' as split_by,
        cast(cohort_month as varchar) as split_value,
        month_number,
        buyers,
        conversion_count,
        cumulative_revenue
    from ltv
    where
        channel = '(all)'
        and device = '(all)'

    union all

    select
        property,
        case
            when device != '(all)' then 'device'
            when channel != '(all)' then 'channel'
            else '(all)'
        end as split_by,
        case when device != '(all)' then device else channel end as split_value,
        month_number,
        buyers,
        conversion_count,
        cumulative_revenue
    from ltv
    where
        channel = '(all)'
        or device = '(all)'

),

months as (

    select
        property,
        split_by,
        split_value,
        month_number,
        count(cumulative_revenue) as cohort_count,
        sum(buyers) filter (where cumulative_revenue is not null) as mature_buyers,
        -- the size of a cohort is known before its month is over
        max(buyers) as known_buyers,
        sum(conversion_count) filter (where cumulative_revenue is not null)
            as order_count,
        sum(cumulative_revenue) as cumulative_revenue

    from splits

    group by property, split_by, split_value, month_number

),

final as (

    select
        -- keys
        property,
        split_by,
        split_value,
        month_number,

        -- measures
        cohort_count,
        case when split_by = 'cohort' then known_buyers else mature_buyers end
            as buyers,
        order_count as orders_in_month,
        {{ ratio('order_count', 'mature_buyers') }} as orders_per_buyer_in_month,
        cumulative_revenue,
        {{ ratio('cumulative_revenue', 'mature_buyers') }} as ltv

    from months

)

select * from final
order by
    property asc,
    case split_by
        when '(all)' then 0 when 'cohort' then 1 when 'channel' then 2 else 3
    end asc,
    split_value asc,
    month_number asc
