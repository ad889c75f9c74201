#!/usr/bin/env bash
# stickler-eval 1.0.0 (scores of structured output against what is expected, field by field), Python 3.11 or newer. Its
# NumericComparator, which is documented to extract numeric values from strings or numbers and compare them.
#
# Behaviour: everything but digits, dots and minus signs is removed from a text, and what is left is taken for one
# number. An exponent is torn off and its digits are put behind the others: "1e5" is 15, and Avogadro's number is
# 6.0223. Several numbers of a text become one: "3 of 5" is 35, a half is 12. What stands behind a number does not
# count, so 2.5 million is 2.5, and a percentage is equal to the number a hundred times as large, not to its share. The
# minus sign of typesetting, which models write as well, is dropped, and the number is positive. So pairs of one meaning
# have a score of 0, and others with the same digits have 1. No warning is given. The relative tolerance is measured
# against the first value only: 0 and 0.1 are within a tenth of each other, 0.1 and 0 are not, nor are 100 and 111,
# though 111 and 100 are.
# Consequence: numbers that are far off pass, and right ones in another notation fail.
#
# Seen (the two values: score):
#   1e5 and 100000: 0.0
#   1e5 and 15: 1.0
#   6.02e23 and 6.0223: 1.0
#   3 of 5 and 35: 1.0
#   1/2 and 0.5: 0.0
#   1/2 and 12: 1.0
#   2.5 million and 2500000: 0.0
#   2.5 million and 2.5: 1.0
#   50% and 0.5: 0.0
#   50% and 50: 1.0
#   minus 5 (U+2212) and -5: 0.0
#   minus 5 (U+2212) and 5: 1.0
#   within a tenth: 100 and 111 0.0, 111 and 100 1.0, 0 and 0.1 1.0, 0.1 and 0 0.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile stickler-eval==1.0.0 2>/dev/null
cat >"$folder/compare.py" <<'PY'
from stickler.comparators.numeric import NumericComparator

compare = NumericComparator().compare
for first, second in (
    ("1e5", "100000"),
    ("1e5", "15"),
    ("6.02e23", "6.0223"),
    ("3 of 5", "35"),
    ("1/2", "0.5"),
    ("1/2", "12"),
    ("2.5 million", "2500000"),
    ("2.5 million", "2.5"),
    ("50%", "0.5"),
    ("50%", "50"),
    ("\u22125", "-5"),
    ("\u22125", "5"),
):
    name = first.replace("\u22125", "minus 5 (U+2212)")
    print(f"{name} and {second}: {compare(first, second)}")
near = NumericComparator(relative_tolerance=0.1).compare
pairs = ((100, 111), (111, 100), (0, 0.1), (0.1, 0))
print("within a tenth:", ", ".join(f"{first} and {second} {near(first, second)}" for first, second in pairs))
PY
"$folder/venv/bin/python" "$folder/compare.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
1e5 and 100000: 0.0
1e5 and 15: 1.0
6.02e23 and 6.0223: 1.0
3 of 5 and 35: 1.0
1/2 and 0.5: 0.0
1/2 and 12: 1.0
2.5 million and 2500000: 0.0
2.5 million and 2.5: 1.0
50% and 0.5: 0.0
50% and 50: 1.0
minus 5 (U+2212) and -5: 0.0
minus 5 (U+2212) and 5: 1.0
within a tenth: 100 and 111 0.0, 111 and 100 1.0, 0 and 0.1 1.0, 0.1 and 0 0.0
SEEN
