"""Rates as sums: what answers, conversations and requests add up to, by minute, hour and day.

A tally is a copy of what the rows say, made again whenever they change. Triggers mark what changes, in the same
transaction and whichever program writes; ``keep`` works the marks off in short steps, and ``window`` reads any window
as a sum of few rows. What is still marked is read from the rows, so what is shown is exact at any moment.

``tables``     the schema
``marks``      what has changed
``rows``       the sums made from the rows themselves
``keep``       tallies that follow the marks
``stored``     sums out of a table of tallies
``window``     the sums of a window
``spans``      minutes, hours and days that make up a window
``requests``   the same for requests: numbers, opt-outs, cost
``counts``     results of the ledger, counted
"""
