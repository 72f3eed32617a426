-- What should be done next to list more, list faster and promote what sells?
--
-- Up to five rows for each goal and kind of subject, the largest gain first; only
-- what has at least 20 listings, or timed submissions, is compared with the whole
-- property. `maximise listings`: the last click before a listing was given up, and
-- the categories in which fewer are submitted than overall; gain is the listings
-- lost there, and those that the overall rate would add. `shorten listing time`:
-- categories whose median listing takes longer than overall; gain is the minutes
-- their sellers would save. `promote what sells`: categories and brands that sell
-- better than overall; gain is the sales beyond those of the overall rate. These are
-- differences, not proven causes.

with

listings as (

    select
        *,
        coalesce(category, '(unknown)') as known_category
    from {{ ref('fct_listings') }}

),

listing_events as (

    select * from {{ ref('fct_listing_events') }}

),

funnel as (

    select * from {{ ref('rpt_listing_funnel') }}

),

totals as (

    select * from funnel
    where dimension = '(all)'

),

-- where listings are given up: the last click of those that were never submitted
events_numbered as (

    select
        listing_events.property,
        listing_events.listing_id,
        listing_events.action,
        row_number() over (
            partition by listing_events.property, listing_events.listing_id
            order by
                listing_events.event_at desc,
                listing_events.action desc,
                listing_events.label desc,
                listing_events.listing_event_id desc
        ) as event_number

    from listing_events

    inner join listings
        on listing_events.property = listings.property
        and listing_events.listing_id = listings.listing_id
        and listings.completed_at is null

),

last_steps as (

    select
        property,
        'maximise listings' as goal,
        'last step' as subject_kind,
        coalesce(action, '(unknown)') as subject,
        count(*) as row_count,
        cast(count(*) as double) as gain,
        'Ease or explain this step: it is the last one before a listing is given up.'
            as advice
    from events_numbered
    where event_number = 1
    group by property, coalesce(action, '(unknown)')

),

last_step_totals as (

    select
        property,
        sum(row_count) as row_count

    from last_steps

    group by property

),

steps_compared as (

    select
        last_steps.property,
        last_steps.goal,
        last_steps.subject_kind,
        last_steps.subject,
        last_steps.row_count,
        {{ ratio('last_steps.row_count', 'last_step_totals.row_count') }} as measured,
        cast(null as double) as compared_with,
        last_steps.gain,
        last_steps.advice

    from last_steps

    inner join last_step_totals
        on last_steps.property = last_step_totals.property

),

-- categories in which fewer listings are submitted than overall
completion_compared as (

    select
        funnel.property,
        'maximise listings' as goal,
        'category' as subject_kind,
        funnel.dimension_value as subject,
        funnel.started_count as row_count,
        {{ ratio('funnel.completed_count', 'funnel.started_count') }} as measured,
        {{ ratio('totals.completed_count', 'totals.started_count') }} as compared_with,
        {{ ratio(
            'funnel.started_count * totals.completed_count '
            '- funnel.completed_count * totals.started_count',
            'totals.started_count'
        ) }} as gain,
        'Help its sellers to finish: fewer listings are submitted here than overall.'
            as advice

    from funnel

    inner join totals
        on funnel.property = totals.property

    where funnel.dimension = 'category' and funnel.started_count >= 20

),

-- categories whose median listing takes longer than overall
medians as (

    select
        property,
        coalesce(known_category, '(all)') as category,
        count(minutes_to_complete) as timed_count,
        round(cast(median(minutes_to_complete) as double), 9) as median_minutes

    from listings

    group by property, rollup(known_category)

),

times_compared as (

    select
        medians.property,
        'shorten listing time' as goal,
        'category' as subject_kind,
        medians.category as subject,
        medians.timed_count as row_count,
        medians.median_minutes as measured,
        overall.median_minutes as compared_with,
        round(
            medians.timed_count * (medians.median_minutes - overall.median_minutes), 9
        ) as gain,
        'Ask for less, or suggest more: a listing takes longer here than overall.'
            as advice

    from medians

    inner join medians as overall
        on medians.property = overall.property
        and overall.category = '(all)'

    where medians.category != '(all)' and medians.timed_count >= 20

),

-- categories and brands of which more is sold than overall
sales_compared as (

    select
        funnel.property,
        'promote what sells' as goal,
        funnel.dimension as subject_kind,
        funnel.dimension_value as subject,
        funnel.started_count as row_count,
        {{ ratio('funnel.sold_count', 'funnel.started_count') }} as measured,
        {{ ratio('totals.sold_count', 'totals.started_count') }} as compared_with,
        {{ ratio(
            'funnel.sold_count * totals.started_count '
            '- funnel.started_count * totals.sold_count',
            'totals.started_count'
        ) }} as gain,
        'Show it, and ask sellers for more of it: more of it is sold than overall.'
            as advice

    from funnel

    inner join totals
        on funnel.property = totals.property

    where funnel.dimension in ('category', 'brand') and funnel.started_count >= 20

),

compared as (

    select * from steps_compared
    union all
    select * from completion_compared
    union all
    select * from times_compared
    union all
    select * from sales_compared

),

ranked as (

    select
        *,
        row_number() over (
            partition by property, goal, subject_kind
            order by gain desc, subject asc
        ) as gain_rank

    from compared

    where gain > 0 and subject != '(unknown)'

),

final as (

    select
        -- keys
        property,
        goal,
        subject_kind,
        subject,

        -- measures
        gain_rank,
        row_count,
        measured,
        compared_with,
        gain,

        -- attributes
        advice

    from ranked

    where gain_rank <= 5

)

select * from final
order by property asc, goal asc, subject_kind asc, gain_rank asc
