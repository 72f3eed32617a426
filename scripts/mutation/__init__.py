"""Faults put into the SQL on purpose, and whether the tests find them."""
