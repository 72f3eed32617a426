-- Who comes directly, from where, with what, and when?
--
-- One row per property, partner, dimension (device, geo network, user grouping, social
-- engagement, date, hour (UTC)) and value. Each dimension adds up to all sessions;
-- visitors do not, since one can have several values.

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

    select
        *,
        '(direct)' as report_partner,
        lpad(cast(extract('hour' from started_at) as {{ dbt.type_string() }}), 2, '0')
            as start_hour
    from {{ ref('fct_sessions') }}
    where traffic_type = 'direct'

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
    from sessions
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
