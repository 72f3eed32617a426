{#
    Every page viewed, typed and judged. A view has no id of its own: its id is made of
    all that is said of it, and of which of its like it is. Without consent nobody is
    known, but the browser is still one.
#}

with

raw_rows as (

    select * from {{ raw_texts('contract', 'page_views', with_time_zone=true) }}

),

typed as (

    select
        -- keys
        property,
        visitor_id,
        user_id,

        -- timestamps
        {{ utc_timestamp('viewed_at', 'time_zone') }} as viewed_at,

        -- attributes
        page_url,
        referrer,
        market,
        device,
        user_agent,
        {{ consent('has_consent') }} as has_consent,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when visitor_id is null then 'visitor_id is missing'
            when viewed_at is null then 'viewed_at is not a timestamp'
        end as fault

    from typed

),

-- numbering carries all columns: the row as it came ends here
shortened as (

    select
        {{ all_but(['source_row']) }},
        case when fault is not null then {{ struct_as_json('source_row') }} end
            as raw_row,
        {{ surrogate_key([
            'visitor_id',
            'user_id',
            'viewed_at',
            'page_url',
            'referrer',
            'market',
            'device',
            'user_agent',
            'has_consent',
        ]) }} as row_key

    from judged

),

-- rows that are alike are told apart by number: it does not matter which is which
occurrences_numbered as (

    select
        *,
        row_number() over (
            partition by property, fault, row_key order by row_key nulls last
        ) as occurrence_number

    from shortened

),

final as (

    select
        -- keys
        property,
        {{ surrogate_key(['row_key', 'occurrence_number']) }} as page_view_id,
        visitor_id,
        case when has_consent is not false then user_id end as user_id,

        -- timestamps
        viewed_at,

        -- attributes
        page_url,
        referrer,
        market,
        device,
        user_agent,
        has_consent,

        -- rejection
        fault as rejection_reason,
        raw_row

    from occurrences_numbered

)

select * from final
