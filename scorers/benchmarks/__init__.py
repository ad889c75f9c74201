"""Public benchmarks beside production: GSM8K, HumanEval and MMLU as published, and reworded forms of their items.

``item``       one question of a benchmark, in one variant, and what is read of an answer
``files``      the benchmarks' files as they are published (JSON lines, also gzipped); their sources and licences
``gsm8k``      GSM8K: prompts, worked examples, the strict and the flexible answer
``mmlu``       MMLU: prompts, the generated letter, options in another order
``humaneval``  HumanEval: prompts, the code of an answer, the program that tests it; pass@k
``sandbox``    runs the code of answers: bubblewrap, never bare
``inside``     the program inside the sandbox
May import: ``scorers.asking``, ``scorers.estimates``, ``scorers.statistics``, ``scorers.store``.
"""
