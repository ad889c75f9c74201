#!/usr/bin/env bash
# mlflow 3.17.2 (make_genai_metric, a metric by a judge in one's own words, deprecated since 3.4 and still there, as the
# ready metrics on top of it are) with openai 3.57.0 and pandas 2.3.3, Python 3.11 or newer. A server on loopback
# answers as the judge, like OpenAI's chat completions. The metric's words ask for a grade from 0 to 1; five answers are
# graded 0.95, 0.9, 0.8, 0.7 and 1, of which the mean is 0.87.
#
# Behaviour: the judge is asked for two lines, "score:" and "justification:", and may answer with a JSON object. From an
# object the score is cut to a whole number: 0.95 is 0, and 4.9 is 4. So the mean is the share of those with a full
# grade. From two lines only whole numbers are read: what has a decimal point, or is written as 4/5, is no score at all,
# and the mean is that of the others, here of the one full grade. An object in a Markdown fence, as chat models write
# it, is no score either. There is no error: the scores beside the answers are whole numbers, or empty, and the
# justification says what it says. Nothing tells beforehand that a scale needs whole numbers.
# Consequence: one and the same judge has a mean of 0.2 or of 1.0 by the form of its answers, and a model that is nearly
# perfect on each question is as good as one that fails on each.
#
# Seen (form: scores, mean):
#   an object, [0.95, 0.9, 0.8, 0.7, 1]: [0, 0, 0, 0, 1], 0.20
#   two lines, [0.95, 0.9, 0.8, 0.7, 1]: [None, None, None, None, 1], 1.00
#   a fenced object, [1]: [None], nan
#   an object, [4.9, 3.9, 5]: [4, 3, 5], 4.00
#   two lines, [4, 3, 5]: [4, 3, 5], 4.00
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile mlflow==3.17.2 openai==3.57.0 \
    pandas==2.3.3 2>/dev/null
cat >"$folder/judge.py" <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pandas as pd
from mlflow.metrics.genai import make_genai_metric

forms = {
    "an object": lambda grade: json.dumps({"score": grade, "justification": "So it is."}),
    "two lines": lambda grade: f"score: {grade}\njustification: So it is.",
    "a fenced object": lambda grade: f'```json\n{{"score": {grade}, "justification": "So it is."}}\n```',
}
form = None


class Judge(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["content-length"])).decode()
        grade = next(grade for grade in grades if f"answer with {grade}." in asked)
        message = {"role": "assistant", "content": forms[form](grade)}
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        answer = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": choices}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = HTTPServer(("127.0.0.1", 0), Judge)
threading.Thread(target=server.serve_forever, daemon=True).start()
metric = make_genai_metric(
    name="fit",
    definition="How well an answer fits its question.",
    grading_prompt="Give 0 for an answer that does not fit, 1 for one that does, and anything between.",
    model="openai:/gpt-4o",
    proxy_url=f"http://127.0.0.1:{server.server_port}/v1/chat/completions",
    parameters={"temperature": 0},
)
for name, grades in (
    ("an object", [0.95, 0.9, 0.8, 0.7, 1]),
    ("two lines", [0.95, 0.9, 0.8, 0.7, 1]),
    ("a fenced object", [1]),
    ("an object", [4.9, 3.9, 5]),
    ("two lines", [4, 3, 5]),
):
    form = name
    answers = pd.Series([f"answer with {grade}." for grade in grades])
    result = metric(predictions=answers, inputs=pd.Series(["When?"] * len(grades)))
    print(f"{name}, {grades}: {result.scores}, {result.aggregate_results['mean']:.2f}")
PY
OPENAI_API_KEY=k "$folder/venv/bin/python" -W ignore "$folder/judge.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
an object, [0.95, 0.9, 0.8, 0.7, 1]: [0, 0, 0, 0, 1], 0.20
two lines, [0.95, 0.9, 0.8, 0.7, 1]: [None, None, None, None, 1], 1.00
a fenced object, [1]: [None], nan
an object, [4.9, 3.9, 5]: [4, 3, 5], 4.00
two lines, [4, 3, 5]: [4, 3, 5], 4.00
SEEN
