{#
    Channels whose sessions cannot be trusted to stand where they belong, and sessions
    that end before they begin.
#}

with

sessions as (

    select * from {{ ref('int_sessions') }}

),

channels as (

    select
        property,
        source_channel,
        channel,
        channel_group,
        {{ letters_and_digits('lower(source_channel)') }} as spelling,
        count(*) as session_count,
        count(*) - count(user_id) as userless_count

    from sessions

    group by property, source_channel, channel, channel_group

),

unmapped as (

    select
        property,
        'channel_unmapped' as check_name,
        channel as finding_key,
        session_count as row_count

    from channels

    where channel_group = '(unmapped)'

),

spellings_numbered as (

    select
        *,
        row_number() over (
            partition by property, spelling
            order by session_count desc, source_channel asc
        ) as spelling_number

    from channels

    where spelling != ''

),

-- all sessions but those under the most used spelling, which names the finding
spelled_differently as (

    select
        property,
        'channel_spelled_differently' as check_name,
        max(case when spelling_number = 1 then channel end) as finding_key,
        sum(case when spelling_number > 1 then session_count else 0 end) as row_count

    from spellings_numbered

    group by property, spelling

    having count(*) > 1

),

without_user as (

    select
        property,
        'session_without_user' as check_name,
        channel as finding_key,
        sum(userless_count) as row_count

    from channels

    group by property, channel

    having sum(userless_count) > 0

),

-- sessions are named here again: a step that a view reads twice is held as a whole
ending_first as (

    select
        property,
        'session_ends_before_start' as check_name,
        session_id as finding_key,
        1 as row_count

    from {{ ref('int_sessions') }}

    where ended_at < started_at

),

findings as (

    select * from unmapped
    union all
    select * from spelled_differently
    union all
    select * from without_user
    union all
    select * from ending_first

),

-- several sources, and several spellings of each, can be one channel
final as (

    select
        property,
        check_name,
        finding_key,
        sum(row_count) as row_count,
        cast(0 as decimal(38, 6)) as amount

    from findings

    group by property, check_name, finding_key

)

select * from final
