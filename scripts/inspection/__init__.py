"""Look at raw data nobody has seen, and propose how to read it.

`reading` opens what lies in a place, `profiling` says what each column holds,
`vocabulary` lists what tables and columns are called, `proposing` decides which table
and column is which of the input contract, `telling` prints and writes the answer.
"""
