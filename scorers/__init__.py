"""The evaluation side of Sightglass: samples in, scores out; one file per scorer, machinery out of sight.

``score``      the Score noun, the closed verdicts and reasons, the table of outputs
``text`` ``evidence``   what scorers share: sentences, tokens, language; documents found on the wire
``refusal`` ``groundedness`` ...   the scorers: ``factory(settings) -> async Sample -> list[Score]``
``registry``   the explicit ordered list of scorers
``store``      what is kept: exchanges, samples, scores (SQLAlchemy Core, migrations by Alembic)
``estimate``   rates with intervals
``worker``     queue -> scorers -> store and metrics
``console``    the operations page and its API
"""
