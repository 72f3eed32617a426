"""A ticket inventory that cannot be oversold, on SQLite or PostgreSQL.

`tables` says what is stored, `engine` opens it, `store` changes it in transactions,
`routes` is how it is called. Its views `ticket_listings` and `customer_sales` have the
columns of layout `vivid_seats`, so that a build reads it like any other raw source.
"""
