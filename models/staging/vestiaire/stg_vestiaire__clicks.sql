with

judged as (

    select * from {{ ref('base_vestiaire__clicks') }}

),

kept as (

    select
        -- keys
        property,
        {{ surrogate_key([
            'clicked_at_local',
            'user_id',
            'listing_id',
            'action_category',
            'action',
            'label',
            'occurrence_number',
        ]) }} as click_id,
        user_id,
        listing_id,

        -- timestamps
        clicked_at_local,

        -- attributes
        action_category,
        action,
        label

    from judged

    where rejection_reason is null

)

select * from kept
