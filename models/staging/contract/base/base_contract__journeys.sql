{#
    Every provided touch, typed and judged. A row without a weight is a touch whose
    weight is unknown.
#}

with

raw_rows as (

    select * from {{ raw_texts('contract', 'journeys') }}

),

typed as (

    select
        -- keys
        property,
        conversion_id,
        session_id,

        -- measures
        {{ weight('weight') }} as provided_weight,
        weight as raw_weight,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when conversion_id is null then 'conversion_id is missing'
            when session_id is null then 'session_id is missing'
            when raw_weight is not null and provided_weight is null
                then 'weight is not a weight'
        end as fault

    from typed

),

copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, conversion_id, session_id, fault
            order by
                provided_weight nulls last,
                source_row
        ) as copy_number

    from judged

),

final as (

    select
        -- keys
        property,
        conversion_id,
        session_id,

        -- measures
        provided_weight,

        -- rejection
        coalesce(
            fault,
            case when copy_number > 1 then 'conversion_id, session_id is repeated' end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
