"""IN OUT: questions and answers (JSON lines) as a task of lm-evaluation-harness, asked of a chat model on loopback.

OUT: its samples. The model answers ``#### 2``; there are two filters and two repeats.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import lm_eval
from listening import listen
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

TASK = """
task: tides
dataset_path: json
dataset_kwargs: {{data_files: {{test: {source}}}}}
test_split: test
output_type: generate_until
doc_to_text: "Question: {{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["\\n\\n"], max_gen_toks: 20}}
repeats: 2
filter_list:
  - {{name: strict, filter: [{{function: regex, regex_pattern: "#### (\\\\d+)"}}, {{function: take_first}}]}}
  - {{name: loose, filter: [{{function: regex, regex_pattern: "(\\\\d+)"}}, {{function: take_first}}]}}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
"""


def answers(method: str, path: str, body: bytes) -> object:
    message = {"role": "assistant", "content": "Two of them. #### 2"}
    return {"id": "c", "object": "chat.completion", "model": "m", "choices": [{"index": 0, "message": message}]}


def main(source: str, target: str) -> None:
    folder = Path(tempfile.mkdtemp())
    (folder / "tides.yaml").write_text(TASK.format(source=source))
    found = lm_eval.simple_evaluate(
        model="local-chat-completions",
        model_args={"model": "m", "base_url": listen(answers) + "/v1/chat/completions", "tokenizer_backend": None},
        tasks=["tides"],
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        log_samples=True,
        apply_chat_template=True,
        bootstrap_iters=0,
    )
    samples = found.pop("samples")
    tracker = EvaluationTracker(output_path=str(folder / "out"))
    tracker.save_results_aggregated(results=found, samples=samples)
    tracker.save_results_samples(task_name="tides", samples=samples["tides"])
    (written,) = folder.glob("out/**/samples_tides_*.jsonl")
    shutil.copy(written, target)
    shutil.rmtree(folder)


main(*sys.argv[1:])
