with

property_models as (

    select * from {{ ref('int_property_attribution_models') }}

),

-- tables are named for each model: a step that a view reads twice is held, and with it
-- all of its columns, whatever is asked for
credits as (

    {% for table, names in credit_tables() -%}
    {{ a_row_per_model(ref(table), [
        'property',
        'conversion_id',
        'touch_number',
        'session_id',
        'campaign_id',
        'user_group',
        'touch_date',
        'conversion_date',
        'channel',
        'market',
    ], names) }}
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        -- keys
        credits.property,
        credits.attribution_model,
        credits.conversion_id,
        credits.touch_number,
        credits.session_id,
        credits.campaign_id,
        credits.user_group,

        -- timestamps
        credits.touch_date,
        credits.conversion_date,

        -- attributes
        credits.channel,
        credits.market,

        -- measures
        credits.credit_share,
        credits.credited_revenue

    from credits

    inner join property_models
        on credits.property = property_models.property
        and credits.attribution_model = property_models.attribution_model

)

select * from final
