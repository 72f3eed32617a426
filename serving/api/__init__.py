"""The API: metrics and marts for programs, and a ticket inventory of its own.

`app` puts it together; `guard` keeps people out; `problems` says what went wrong;
`publication` opens the published file; `marts`, `metrics` and `events` read it;
`inventory` is what is written to; `tokens` is the command that lets people in.
"""
