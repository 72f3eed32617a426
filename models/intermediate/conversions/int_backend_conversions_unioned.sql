{#
    One shape for what the books of all layouts say of conversions.
#}

with

company_x as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,

        -- attributes
        market,

        -- measures
        revenue,

        -- the row, for those that turn out to be copies
        'conversions_backend' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conv_id': 'conversion_id',
            'user_id': 'user_id',
            'conv_date': 'conversion_date',
            'market': 'market',
            'revenue': 'revenue',
        })) }} as raw_row

    from {{ ref('stg_company_x__conversions_backend') }}

)

select * from company_x
