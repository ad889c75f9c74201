#!/usr/bin/env bash
# bfcl-eval 2026.3.23 (the Berkeley Function Calling Leaderboard), Python 3.11 or newer. Its checker of a model's call
# and its own tasks and expected answers, as the package has them. The list of models, whose import needs every
# provider's package and torch, is replaced by an empty one: the checker looks there for names with dots, which none of
# these has.
#
# Behaviour: before two texts are compared, blanks and the characters , . / - _ * ^ are removed from both, so that one
# date may be written in several ways. They are removed from all texts: where a function is a text, x/2, -x**2 and x*2
# are x**2, and of coordinates the signs and decimal points are lost, so that the east is the west. A plus sign is kept,
# so x**2 + 1 is wrong as it should be. Numbers that are numbers are compared as such. The tasks of the categories that
# ask for a derivative, an integral or a place have such texts.
# Consequence: a call that computes something else, or acts somewhere else, is a right one, and only for some signs.
#
# Seen (task, expected, made: verdict):
#   simple_python_13 x**2: x**2 True
#   simple_python_13 x**2: x/2 True
#   simple_python_13 x**2: -x**2 True
#   simple_python_13 x**2: x**2 + 1 False
#   live_simple_113-69-0 34.0522, -118.2437: 34.0522, -118.2437 True
#   live_simple_113-69-0 34.0522, -118.2437: 34.0522, 118.2437 True
#   live_simple_113-69-0 34.0522, -118.2437: -3.40522, 118.2437 True
#   live_simple_113-69-0 34.0522, -118.2437: 34.0523, -118.2437 False
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps bfcl-eval==2026.3.23 2>/dev/null
cat >"$folder/check.py" <<'PY'
import importlib.resources
import json
import sys
import types

models = types.ModuleType("bfcl_eval.constants.model_config")
models.MODEL_CONFIG_MAPPING = {}
sys.modules[models.__name__] = models

from bfcl_eval.constants.enums import Language  # noqa: E402
from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker  # noqa: E402

data = importlib.resources.files("bfcl_eval") / "data"


def find(folder, category, task):
    lines = (folder / f"BFCL_v4_{category}.json").read_text(encoding="utf-8").splitlines()
    return next(row for row in map(json.loads, lines) if row["id"] == task)


def check(category, task, name, expected, made):
    functions = find(data, category, task)["function"]
    answers = find(data / "possible_answer", category, task)["ground_truth"]
    ((function, values),) = answers[0].items()
    assert expected in values[name]
    call = {key: options[0] for key, options in values.items() if options[0] != ""}
    result = ast_checker(functions, [{function: call | {name: made}}], answers, Language.PYTHON, category, "model")
    print(f"{task} {expected}: {made} {result['valid']}")


for made in ("x**2", "x/2", "-x**2", "x**2 + 1"):
    check("simple_python", "simple_python_13", "function", "x**2", made)
for made in ("34.0522, -118.2437", "34.0522, 118.2437", "-3.40522, 118.2437", "34.0523, -118.2437"):
    check("live_simple", "live_simple_113-69-0", "geolocation", "34.0522, -118.2437", made)
PY
"$folder/venv/bin/python" "$folder/check.py" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
simple_python_13 x**2: x**2 True
simple_python_13 x**2: x/2 True
simple_python_13 x**2: -x**2 True
simple_python_13 x**2: x**2 + 1 False
live_simple_113-69-0 34.0522, -118.2437: 34.0522, -118.2437 True
live_simple_113-69-0 34.0522, -118.2437: 34.0522, 118.2437 True
live_simple_113-69-0 34.0522, -118.2437: -3.40522, 118.2437 True
live_simple_113-69-0 34.0522, -118.2437: 34.0523, -118.2437 False
SEEN
