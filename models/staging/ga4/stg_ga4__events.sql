with

judged as (

    select * from {{ ref('base_ga4__events') }}

),

kept as (

    select {{ all_but(['rejection_reason', 'raw_row']) }}

    from judged

    where rejection_reason is null

)

select * from kept
