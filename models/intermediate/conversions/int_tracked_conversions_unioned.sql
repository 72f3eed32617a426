{#
    One shape for what the trackers of all layouts say of conversions.
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
        converted_at_local,

        -- attributes
        market,

        -- measures
        revenue,

        -- the row, for those that turn out to be copies
        'conversions' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conv_id': 'conversion_id',
            'user_id': 'user_id',
            'conv_date': 'conversion_date',
            'conv_time': 'converted_at_local',
            'market': 'market',
            'revenue': 'revenue',
        })) }} as raw_row

    from {{ ref('stg_company_x__conversions') }}

)

select * from company_x
