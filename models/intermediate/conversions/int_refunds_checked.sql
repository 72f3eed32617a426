{#
    Which refunds are taken from the net. The refunds of a conversion take their turns in
    time order, and one that would exceed what is left is refused as a whole, so that a
    smaller one after it may still fit. A cancellation takes all that is left.
#}

with recursive

refunds as (

    select * from {{ ref('int_refunds_placed') }}

),

-- what is linked and sound takes its turn; the cancellation of an instant is the last
numbered as (

    select
        *,
        case
            when fault is null and conversion_id is not null
                then row_number() over (
                    partition by property, conversion_id, fault
                    order by
                        refunded_at,
                        case when amount is null then 1 else 0 end,
                        refund_id
                )
        end as turn

    from refunds

),

-- most conversions are paid back once, and no more than they earned: they need no turns
drawn as (

    select
        property,
        conversion_id

    from numbered

    where turn is not null

    group by property, conversion_id

    having
        (bool_or(amount is null) and count(*) > 1)
        or sum(amount) > max(conversion_revenue)
        or count(foreign_amount) > 1

),

turns as (

    select
        numbered.property,
        numbered.conversion_id,
        numbered.turn,
        cast(numbered.amount as decimal(38, 2)) as amount,
        cast(numbered.foreign_amount as decimal(38, 2)) as foreign_amount,
        numbered.rate,
        numbered.own_rate,
        cast(numbered.conversion_revenue as decimal(38, 2)) as conversion_revenue

    from numbered

    inner join drawn
        on numbered.property = drawn.property
        and numbered.conversion_id = drawn.conversion_id

    where numbered.turn is not null

),

-- parts in the currency of the order come to the cents of their sum: rounded each by
-- itself, three thirds are more or less than the whole
taken as (

    select
        property,
        conversion_id,
        cast(0 as bigint) as turn,
        cast(null as decimal(38, 2)) as taken_amount,
        conversion_revenue as left_amount,
        cast(0 as decimal(38, 2)) as foreign_taken
    from turns
    where turn = 1

    union all

    select
        property,
        conversion_id,
        turn,
        case when asked_amount <= left_amount then asked_amount end as taken_amount,
        cast(
            left_amount
            - case when asked_amount <= left_amount then asked_amount else 0 end
            as decimal(38, 2)
        ) as left_amount,
        cast(
            foreign_taken
            + case
                when asked_amount <= left_amount then coalesce(foreign_amount, 0)
                else 0
            end as decimal(38, 2)
        ) as foreign_taken
    from (
        select
            turns.property,
            turns.conversion_id,
            turns.turn,
            turns.foreign_amount,
            taken.left_amount,
            taken.foreign_taken,
            cast(
                case
                    when turns.foreign_amount is null
                        then coalesce(turns.amount, taken.left_amount)
                    else {{ exchanged_amount(
                        'taken.foreign_taken + turns.foreign_amount',
                        'turns.rate',
                        'turns.own_rate',
                        2,
                    ) }} - {{ exchanged_amount(
                        'taken.foreign_taken', 'turns.rate', 'turns.own_rate', 2
                    ) }}
                end as decimal(38, 2)
            ) as asked_amount
        from taken
        inner join turns
            on taken.property = turns.property
            and taken.conversion_id = turns.conversion_id
            and taken.turn + 1 = turns.turn
    ) as next_turns

),

settled as (

    select
        numbered.property,
        numbered.refund_id,
        numbered.conversion_id,
        numbered.user_id,
        numbered.refunded_at,
        numbered.refund_date,
        numbered.kind,
        numbered.raw_table,
        numbered.raw_row,
        cast(
            coalesce(
                taken.taken_amount,
                numbered.amount,
                numbered.conversion_revenue
            ) as decimal(18, 2)
        ) as amount,
        coalesce(
            numbered.fault,
            case
                when taken.turn is not null and taken.taken_amount is null
                    then 'more refunded than paid'
            end
        ) as rejection_reason

    from numbered

    left join taken
        on numbered.property = taken.property
        and numbered.conversion_id = taken.conversion_id
        and numbered.turn = taken.turn

),

-- a cancellation that finds nothing left pays nothing back
final as (

    select
        -- keys
        property,
        refund_id,
        conversion_id,
        user_id,

        -- timestamps
        refunded_at,
        refund_date,

        -- attributes
        kind,

        -- measures
        amount,

        -- rejection
        rejection_reason,
        raw_table,
        raw_row

    from settled

    where raw_table is not null or amount > 0

)

select * from final
