#!/usr/bin/env bash
# llmeter 0.2.0 (load tests of language models) with openai 3.57.0, httpx 0.28.1 and numpy 2.4.6, Python 3.11 or newer.
# A run of requests of which all but one took a second, and the last one ten. Beside LLMeter's percentiles of the time
# to the last token stand those of NumPy.
#
# Behaviour: LLMeter takes percentiles with Python's statistics.quantiles, whose default is meant for a sample from a
# population that has more extreme values. Where there are fewer values than it needs, it draws a line through the last
# two and goes on beyond them. With ten requests the 99th percentile is 18 seconds, though none took more than ten, and
# with two p90 is above the slower one as well. p99 is right from 99 requests on. The example of the README sends nine,
# and nothing warns.
# Consequence: an objective for p99 fails by a latency that nobody saw. Of two endpoints measured with runs of different
# length, the one with the shorter run looks slower.
#
# Seen (requests: slowest, LLMeter's p90 and p99, NumPy's p90 and p99):
#   2: 10.0, 16.3 18.73, 9.1 9.91
#   10: 10.0, 9.1 18.01, 1.9 9.19
#   50: 10.0, 1.0 14.41, 1.0 5.59
#   100: 10.0, 1.0 9.91, 1.0 1.09
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# The versions of the last line are those that pip finds by itself, after minutes.
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile llmeter==0.2.0 openai==3.57.0 \
    httpx==0.28.1 numpy==2.4.6 \
    boto3==1.44.8 fsspec==2026.1.0 s3fs==0.4.2 universal_pathlib==0.3.10 2>/dev/null
cat >"$folder/percentiles.py" <<'PY'
import numpy as np
from llmeter.endpoints.base import InvocationResponse
from llmeter.results import Result

for requests in (2, 10, 50, 100):
    times = [1.0] * (requests - 1) + [10.0]
    responses = [InvocationResponse(response_text="At nine.", time_to_last_token=seconds) for seconds in times]
    stats = Result(responses=responses, total_requests=requests).stats
    own = [round(stats[f"time_to_last_token-p{share}"], 2) for share in (90, 99)]
    numpy = [round(float(np.percentile(times, share)), 2) for share in (90, 99)]
    print(f"{requests}: {max(times)}, {own[0]} {own[1]}, {numpy[0]} {numpy[1]}")
PY
"$folder/venv/bin/python" -W ignore "$folder/percentiles.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
2: 10.0, 16.3 18.73, 9.1 9.91
10: 10.0, 9.1 18.01, 1.9 9.19
50: 10.0, 1.0 14.41, 1.0 5.59
100: 10.0, 1.0 9.91, 1.0 1.09
SEEN
