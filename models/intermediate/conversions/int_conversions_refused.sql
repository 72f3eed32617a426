with

checked as (

    select
        property,
        conversion_id,
        rejection_reason
    from {{ ref('int_tracked_conversions_checked') }}

    union all

    select
        property,
        conversion_id,
        rejection_reason
    from {{ ref('int_backend_conversions_checked') }}

),

final as (

    select
        -- keys
        property,
        conversion_id,

        -- attributes
        min(rejection_reason) as rejection_reason

    from checked

    where rejection_reason is not null

    group by property, conversion_id

)

select * from final
