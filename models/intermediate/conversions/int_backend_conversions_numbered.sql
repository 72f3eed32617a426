{#
    Which row of the books stands for a conversion: that of the smallest user_id, then
    of the earliest day. Of rows that agree in both, one that says it was cancelled, then
    the one of the smallest revenue: where order numbers lose their letters, two orders
    can have one. The others are rejected.
#}

with

conversions as (

    select * from {{ ref('int_backend_conversions_checked') }}
    where rejection_reason is null

),

numbered as (

    select
        *,
        row_number() over (
            partition by conversion_id, property
            order by
                user_id asc nulls last,
                conversion_date asc nulls last,
                cancellation_date asc nulls last,
                cancelled_at asc nulls last,
                revenue asc nulls last,
                raw_revenue asc nulls last,
                market asc nulls last,
                currency asc nulls last,
                raw_table asc
        ) as copy_number

    from conversions

),

-- what is refused here is shown as it came, and nothing else needs it
final as (

    select
        {{ all_but(['rejection_reason', 'raw_row']) }},
        case when copy_number > 1 then raw_row end as raw_row

    from numbered

)

select * from final
