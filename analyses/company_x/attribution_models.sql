-- Are attribution results consistent: how far do the models differ by channel?
--
-- One row per property and channel, `(all)` together first, then the channel the models
-- disagree on most. Each model has two columns, the revenue it credits and the share of
-- its total; a model that the property does not have is empty.
-- Every model shares out the same revenue: the row `(all)` must be equal throughout.
-- share_spread is the highest share less the lowest: near 0, the choice of the model
-- does not matter for the channel.

{% set models = attribution_model_names() %}

-- columns come from a loop, whose indents a linter cannot follow
-- noqa: disable=LT02
with

credits as (

    select * from {{ ref('fct_attribution_credits') }}

),

channels as (

    select
        property,
        coalesce(channel, '(all)') as channel,
        {%- for model in models %}
        sum(credited_revenue) filter (where attribution_model = '{{ model }}')
            as {{ model }}_revenue
        {{- ',' if not loop.last }}
        {%- endfor %}

    from credits

    group by property, rollup(channel)

),

totals as (

    select * from channels
    where channel = '(all)'

),

shares as (

    select
        channels.*,
        {%- for model in models %}
        {{ ratio('channels.' ~ model ~ '_revenue', 'totals.' ~ model ~ '_revenue') }}
            as {{ model }}_share
        {{- ',' if not loop.last }}
        {%- endfor %}

    from channels

    inner join totals
        on channels.property = totals.property

),

-- least and greatest pass over the null of a model that the property lacks
ranges as (

    select
        *,
        least(
            {%- for model in models %}
            {{ model }}_share
            {{- ',' if not loop.last }}
            {%- endfor %}
        ) as lowest_share,
        greatest(
            {%- for model in models %}
            {{ model }}_share
            {{- ',' if not loop.last }}
            {%- endfor %}
        ) as highest_share

    from shares

),

final as (

    select
        -- keys
        property,
        channel,

        -- measures
        {%- for model in models %}
        {{ model }}_revenue,
        {{ model }}_share,
        {%- endfor %}
        lowest_share,
        highest_share,
        round(highest_share - lowest_share, 9) as share_spread

    from ranges

)

select * from final
order by
    property asc,
    case when channel = '(all)' then 0 else 1 end asc,
    share_spread desc nulls last,
    channel asc
