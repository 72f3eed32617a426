{#
    Empty in the working database, which knows no other publication than the next one.
    Publishing (scripts/restatements.py) fills it in the published file, from the
    history in the file that it replaces and what differs from that one's figures.
#}

-- depends_on: {{ ref('rpt_reconciliation_daily') }}
-- depends_on: {{ ref('rpt_channel_attribution') }}
-- depends_on: {{ ref('rpt_channel_costs') }}

with

final as (

    select
        -- keys
        cast(null as bigint) as publication_number,
        {{ null_text() }} as property,
        {{ null_text() }} as report,
        {{ null_text() }} as measure,
        {{ null_text() }} as attribution_model,
        {{ null_text() }} as date_basis,
        cast(null as date) as report_date,
        {{ null_text() }} as channel,
        {{ null_text() }} as market,

        -- attributes
        {{ null_text() }} as cause,
        {{ null_text() }} as causes,

        -- measures
        cast(null as decimal(38, 12)) as previous_value,
        cast(null as decimal(38, 12)) as new_value,
        cast(null as decimal(38, 12)) as value_change

    where false

)

select * from final
