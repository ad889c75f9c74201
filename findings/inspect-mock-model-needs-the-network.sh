#!/usr/bin/env bash
# inspect-ai 0.3.285: the mock model (`mockllm/model`), which is there for tests without a provider, counts the tokens of
# its input with a table of tiktoken that it downloads at the first call. Without a way out every sample ends in an error
# after its retries, and the log's status is "success" all the same where `fail_on_error` is off.
# Shown with a proxy for HTTPS that nobody listens on. Whoever tests a solver offline sets `state.output` in the solver.
# Output seen: success 0 scored ProxyError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'inspect-ai==0.3.285'
cd "$work"
seen=$(TIKTOKEN_CACHE_DIR="$work/none" HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 \
    venv/bin/python - <<'PROGRAM'
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes

task = Task(dataset=[Sample(input="When is high tide?", target="noon")], scorer=includes())
(log,) = eval(task, model="mockllm/model", display="none", log_dir="logs", fail_on_error=False)
scored = sum(bool(sample.scores) for sample in log.samples)
print(log.status, scored, "scored", log.samples[0].error.message.partition("(")[0] if log.samples[0].error else "")
PROGRAM
)
echo "$seen"
[ "$seen" = "success 0 scored ProxyError" ]
