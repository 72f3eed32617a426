{#
    One shape for the journeys that layouts bring with them.
#}

with

company_x as (

    select
        -- keys
        property,
        conversion_id,
        session_id,

        -- measures
        provided_weight,

        -- the row, for those that lead nowhere
        'attribution_customer_journey' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conv_id': 'conversion_id',
            'session_id': 'session_id',
            'ihc': 'provided_weight',
        })) }} as raw_row

    from {{ ref('stg_company_x__attribution_customer_journey') }}

),

contract as (

    select
        -- keys
        property,
        conversion_id,
        session_id,

        -- measures
        provided_weight,

        -- the row, for those that lead nowhere
        'journeys' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conversion_id': 'conversion_id',
            'session_id': 'session_id',
            'weight': 'provided_weight',
        })) }} as raw_row

    from {{ ref('stg_contract__journeys') }}

),

unioned as (

    select * from company_x
    union all
    select * from contract

)

select * from unioned
