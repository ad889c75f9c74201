"""Values compared as values: 1,200.00 is 1200, 16k is 16,000, 85 % is .85, 2026-03-05 is 5 March, 09:00 is 9 am.

``numbers``   quantities: separators, scale words, percentages, currencies, units, number words
``dates``     dates and times of day
``values``    all values of a text, and which of them documents hold
``records``   JSON, CSV, tables and ``key: value`` lines as one sentence a record
"""
