{#
    Which tracked row stands for a conversion: the one that agrees with the backend on
    user and day; where none does, that of the smallest user_id, then of the earliest
    day. Rows of several tables can agree in both: one that says it was cancelled stays,
    else the earliest. The others are rejected.
#}

with

tracked as (

    select * from {{ ref('int_tracked_conversions_checked') }}
    where rejection_reason is null

),

backend as (

    select * from {{ ref('int_backend_conversions') }}

),

compared as (

    select
        tracked.*,
        -- where both name nobody, they agree
        coalesce(
            tracked.user_id is not distinct from backend.user_id
            and tracked.conversion_date = backend.conversion_date,
            false
        ) as is_as_booked

    from tracked

    left join backend
        on tracked.property = backend.property
        and tracked.conversion_id = backend.conversion_id

),

numbered as (

    select
        *,
        row_number() over (
            partition by property, conversion_id
            order by
                is_as_booked desc nulls last,
                user_id asc nulls last,
                conversion_date asc nulls last,
                cancellation_date asc nulls last,
                cancelled_at asc nulls last,
                converted_at asc nulls last,
                converted_at_local asc nulls last,
                revenue asc nulls last,
                market asc nulls last,
                currency asc nulls last,
                raw_table asc
        ) as copy_number,
        count(*) over (partition by property, conversion_id) as copy_count

    from compared

),

-- what is refused here is shown as it came, and nothing else needs it
final as (

    select
        {{ all_but(['rejection_reason', 'raw_row']) }},
        case when copy_number > 1 then raw_row end as raw_row

    from numbered

)

select * from final
