{#
    Every raw cost, typed and judged. There is no key to repeat: costs of one source and
    day add up.
#}

with

raw_rows as (

    select * from {{ raw_texts('afisha', 'costs') }}

),

typed as (

    select
        -- keys
        property,
        source_id,
        {{ local_date('dt') }} as cost_date,

        -- measures
        {{ amount('costs', 6) }} as cost,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when source_id is null then 'source_id is missing'
            when cost_date is null then 'dt is not a date'
            when cost is null then 'costs is not an amount'
        end as fault

    from typed

),

final as (

    select
        -- keys
        property,
        source_id,
        cost_date,

        -- measures
        cost,

        -- rejection
        fault as rejection_reason,
        case when fault is not null then {{ struct_as_json('source_row') }} end
            as raw_row

    from judged

)

select * from final
