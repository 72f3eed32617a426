{#
    The name of each campaign: the one most of its sessions carry.
#}

with

sessions as (

    select * from {{ ref('int_sessions') }}
    where campaign_id is not null

),

names_counted as (

    select
        property,
        campaign_id,
        campaign_name,
        count(*) as session_count

    from sessions

    group by property, campaign_id, campaign_name

),

names_numbered as (

    select
        *,
        row_number() over (
            partition by property, campaign_id
            order by
                case when campaign_name is null then 1 else 0 end asc,
                session_count desc,
                campaign_name asc
        ) as name_number

    from names_counted

),

named as (

    select
        property,
        campaign_id,
        campaign_name

    from names_numbered

    where name_number = 1

)

select * from named
