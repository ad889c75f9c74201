#!/usr/bin/env bash
# krippendorff 0.9.0 (Krippendorff's alpha) with numpy 2.4.6 and pandas 3.1.1, Python 3.11 or newer. Two raters give
# marks from 1 to 5 to the same 40 answers, the second one off by at most one mark.
#
# Behaviour: the distance of two marks is taken in the type of the marks, and only then made a float. With unsigned
# marks, as pandas makes them with downcast="unsigned" and as files of columns keep them, 1 - 2 is not -1 but 255 (or
# 65535, by the width), and its square is the largest distance there is. So every mark below its pair is as far away
# as can be: alpha falls from 0.86 to 0.31. "interval" is the level that is taken if none is given. "ratio" also adds
# two marks in their type: marks in per cent are beyond a signed byte from 127 on. "nominal" and "ordinal" only compare
# and are not touched. The parameter dtype is documented as the type of "result and computation"; it has no effect on
# this. There is no warning, as numpy gives none for arrays.
# Consequence: an agreement that is good becomes a poor one by a change of the file's format, or by a table that was
# made smaller to save memory.
#
# Seen (type of the marks: nominal, ordinal, interval, ratio):
#   int64: 0.317 0.858 0.862 0.812
#   float64: 0.317 0.858 0.862 0.812
#   uint8: 0.317 0.858 0.312 0.232
#   uint16: 0.317 0.858 0.317 0.236
#   uint8 with dtype=float64: 0.317 0.858 0.312 0.232
#   per cent, int64: 0.317 0.858 0.862 0.812
#   per cent, int8: 0.317 0.858 0.862 0.779
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile krippendorff==0.9.0 numpy==2.4.6 \
    pandas==3.1.1 2>/dev/null
cat >"$folder/agree.py" <<'PY'
import krippendorff
import numpy as np
import pandas as pd

numbers = np.random.default_rng(1)
first = numbers.integers(1, 6, 40)
marks = pd.DataFrame({"first": first, "second": np.clip(first + numbers.integers(-1, 2, 40), 1, 5)})
small = marks.apply(pd.to_numeric, downcast="unsigned")
percent = marks * 20


def show(name, table, **given):
    levels = ("nominal", "ordinal", "interval", "ratio")
    alphas = (krippendorff.alpha(table.to_numpy().T, level_of_measurement=level, **given) for level in levels)
    print(f"{name}:", *(f"{alpha:.3f}" for alpha in alphas))


show(str(marks.to_numpy().dtype), marks)
show("float64", marks.astype("float64"))
show(str(small.to_numpy().dtype), small)
show("uint16", marks.astype("uint16"))
show("uint8 with dtype=float64", small, dtype=np.float64)
show("per cent, int64", percent)
show("per cent, int8", percent.apply(pd.to_numeric, downcast="integer"))
PY
"$folder/venv/bin/python" "$folder/agree.py" 2>"$folder/err" | tee "$folder/out" || { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
int64: 0.317 0.858 0.862 0.812
float64: 0.317 0.858 0.862 0.812
uint8: 0.317 0.858 0.312 0.232
uint16: 0.317 0.858 0.317 0.236
uint8 with dtype=float64: 0.317 0.858 0.312 0.232
per cent, int64: 0.317 0.858 0.862 0.812
per cent, int8: 0.317 0.858 0.862 0.779
SEEN
