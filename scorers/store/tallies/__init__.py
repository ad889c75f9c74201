"""Rates as sums: answers, conversations and requests summed by minute, hour and day.

A tally is a materialised sum over the rows and is updated whenever they change. Triggers mark what changes, in the same
transaction and whichever program writes. ``keep`` processes the marks in short steps. ``window`` reads any window as a
sum of few rows. Whatever is still marked is read from the rows themselves, so the figures are exact at any moment.

``tables``     the schema
``marks``      what has changed
``additions``  what new rows add, kept with their mark
``rows``       sums computed from the rows themselves
``keep``       brings the tallies up to date with the marks
``stored``     sums read from a table of tallies
``window``     the sums of a window
``spans``      the minutes, hours and days that make up a window
``requests``   the same for requests: numbers, opt-outs, cost
``counts``     counts of the ledger's results
"""
