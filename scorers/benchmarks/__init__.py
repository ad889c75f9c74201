"""Public benchmarks beside production: GSM8K, HumanEval and MMLU as published, and reworded forms of their items.

``item``       one question of a benchmark, in one variant, and what is read of an answer
``files``      the benchmarks' files as they are published (JSON lines, also gzipped); their sources and licences
``gsm8k``      GSM8K: prompts, worked examples, the strict and the flexible answer
``mmlu``       MMLU: prompts, the generated letter, options in another order
``humaneval``  HumanEval: prompts, the code of an answer, the program that tests it; pass@k
``sandbox``    runs the code of answers: bubblewrap, never bare
``inside``     the program inside the sandbox
``gsm8k_marks``         which numbers of an item can be changed, by its own calculator marks
``gsm8k_numbers``       items with other numbers
``gsm8k_names``         items with other names and units, by table
``humaneval_variants``  tasks with other names and reworded docstrings, by table
``plan``       what a run asks: a sample, as published and in variants
``marking``    marks an answer
``conduct``    conducts a run: what it may cost, the asks, the marks
``results``    scores with intervals, gaps
``production``  production's own figures of a model, and rank correlations over versions
``curves``     refusals by how due they are; effort against quality, cost and time
May import: ``scorers.asking``, ``scorers.estimates``, ``scorers.suites``, ``scorers.statistics``, ``scorers.store``.
"""
