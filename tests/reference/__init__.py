"""What the definitions say, in plain Python: a second implementation of each.

It is written from the words (DECISIONS.md, docs/definitions.md, docs/your_data.md and
the descriptions of the marts), not from the SQL, and shares no line with it: amounts
are decimals, shares are fractions, and rows are worked through one after the other.
Only the standard library is used; `budget`, which is regressions, uses numpy, and
`stability`, which takes roots, doubles.

`reading` makes facts of raw rows in the input contract; the other modules make of facts
what the marts must say, one property at a time.
"""
