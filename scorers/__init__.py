"""The evaluation side of Sightglass: samples in, scores out.

At the root stand the seven scorers, their table (``registry``), the noun ``Score`` (``score``) and the commands'
entry (``cli``). The rooms, from the floor up; imports point down only, and ``make check`` holds that:

``statistics``  numbers in, numbers out: shares with intervals, calibration
``reading``     from a sample to measures: text, evidence, signs, features
``cases``       cases of task suites, their assertions, and the files that hold them
``store``       what is kept: exchanges, samples, scores (SQLAlchemy Core, migrations by Alembic)
``onnx``        classifiers of one's own
``judge``       the LLM judge with its budget and controls
``formats``     files: recorded samples, and those of other evaluation tools, in and out
``datasets``    labelled sets, to fit and to measure
``asking``      requests of our own: client, ledger, budget
``suites``      task suites: made from traffic, run, compared
``estimates``   rates and costs over the store
``drift``       has a signal left its baseline, and what changed with it
``models``      trained heads with their cards, and how they were fitted
``report``      figures of the scorers on labelled data
``commands``    ``score``, ``label``, ``export`` and the others
``console``     the operations page and its API
``worker``      queue -> scorers -> store and metrics
``rules``       Prometheus rules for one's own objectives
"""
