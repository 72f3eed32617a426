-- Who comes directly, from where, with what, and when?
--
-- One row per property, partner, dimension (device, geo network, user grouping, social
-- engagement, date, hour) and value. Date and hour are on the property's own clock.
-- Each dimension adds up to all sessions; visitors do not, since one can have several
-- values.

{% set dimensions = {
    'device': 'device',
    'geo_network': 'geo_network',
    'user_grouping': 'user_grouping',
    'social_engagement': 'social_engagement',
    'session_date': 'cast(session_date as ' ~ dbt.type_string() ~ ')',
    'start_hour': 'start_hour',
} %}

with

sessions as (

    select * from {{ ref('fct_sessions') }}
    where traffic_type = 'direct'

),

-- published beside the marts
properties as (

    select * from meta.properties

),

timed as (

    select
        sessions.*,
        '(direct)' as report_partner,
        lpad(
            cast(
                extract(
                    'hour' from
                    {{ to_local('sessions.started_at', 'properties.time_zone') }}
                ) as {{ dbt.type_string() }}
            ), 2, '0'
        ) as start_hour

    from sessions

    left join properties
        on sessions.property = properties.property

),

valued as (

    {%- for dimension, value in dimensions.items() %}
    select
        property,
        report_partner,
        '{{ dimension }}' as dimension,
        coalesce({{ value }}, '(unknown)') as dimension_value,
        user_id,
        is_bounce,
        visit_number
    from timed
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        -- keys
        property,
        report_partner as partner,
        dimension,
        dimension_value,

        -- measures
        count(*) as session_count,
        count(distinct user_id) as visitor_count,
        sum(case when is_bounce then 1 else 0 end) as bounce_count,
        {{ ratio(
            'sum(case when is_bounce then 1 else 0 end)', 'count(is_bounce)'
        ) }} as bounce_rate,
        {{ ratio('sum(visit_number)', 'count(visit_number)') }} as mean_visit_number

    from valued

    group by property, report_partner, dimension, dimension_value

)

select * from final
order by property asc, partner asc, dimension asc, dimension_value asc
