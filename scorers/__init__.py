"""The evaluation side of Sightglass: it reads samples and produces scores.

The root holds the seven scorers, their table (``registry``), the record ``Score`` (``score``) and the entry point of
the commands (``cli``). The rooms are listed from the bottom layer up. Imports point down only; ``make check`` enforces
this.

``statistics``  pure numerics: shares with intervals, calibration
``reading``     from a sample to measures: text, evidence, signs, features
``rewrites``    the same request in other words, by rule, and a control
``cases``       cases of task suites, their assertions, and the files that hold them
``store``       the database: exchanges, samples, scores (SQLAlchemy Core, migrations by Alembic)
``onnx``        classifiers that the operator supplies
``judge``       the LLM judge with its budget and controls
``formats``     files: recorded samples and those of other evaluation tools, import and export
``datasets``    labelled sets, for fitting and for measuring
``asking``      requests that Sightglass itself sends: client, ledger, budget
``suites``      task suites: made from traffic, run, compared
``stability``   the same request several times and in other words: how much the answer changes
``probes``      attacks and hard questions, put to copies of what an application's requests say
``experiments`` a candidate against production on live traffic, never served
``estimates``   rates and costs computed from the store
``benchmarks``  public benchmarks beside production, and reworded forms of their items
``drift``       whether a signal has left its baseline, and what changed with it
``models``      trained heads with their model cards, and the code that fits them
``report``      measured accuracy of the scorers on labelled data
``commands``    ``score``, ``label``, ``export`` and the others
``console``     the operations page and its API
``worker``      queue -> scorers -> store and metrics
``rules``       Prometheus rules for the operator's objectives
"""
