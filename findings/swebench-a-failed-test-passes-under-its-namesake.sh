#!/usr/bin/env bash
# swebench 5.0.2 (SWE-bench's own grading, with its parser for Django) and Django 5.2.8, Python 3.11 or newer. A small
# project with two functions that do not round, and a test of each; both tests have the docstring """Rounds to cents."""
# Django's test runner is run as SWE-bench runs it, with --verbosity 2: before a patch, with the reference patch and
# with two patches of a model that mend one function each.
#
# Behaviour: unittest prints a test with a docstring on two lines, its name on the first, the docstring and the result
# on the second. The parser takes the second line alone, so the docstring is the name of the test, and two tests with
# one docstring are one: whichever ran last. The expected tests of an instance are made from the same log, so the list
# has one entry for both. A patch that mends the second function is "resolved", though Django says FAILED (failures=1)
# and ends with 1; a patch that mends the first is not. The headline "FAIL: test_prices (...)" further down is kept as a
# test of its own, named test_prices, that nobody expects; it is also what satisfies the check of the exit code. Nothing
# is logged.
# Consequence: an agent's patch counts as a solution while one of the tests that it was to mend fails.
#
# Seen:
#   expected after the reference patch: ['Rounds to cents.']
#   reference: Django OK, resolved True
#   mends the second function alone: Django FAILED (failures=1), resolved True
#   mends the first function alone: Django FAILED (failures=1), resolved False
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile swebench==5.0.2 django==5.2.8 2>/dev/null
mkdir shop
touch shop/__init__.py
echo 'SECRET_KEY = "none"; INSTALLED_APPS = ["shop"]' >settings.py
cat >shop/tests.py <<'PY'
from django.test import SimpleTestCase

from shop import sums


class SumTests(SimpleTestCase):
    def test_prices(self):
        """Rounds to cents."""
        self.assertEqual(sums.prices(0.1, 0.2), 0.3)

    def test_taxes(self):
        """Rounds to cents."""
        self.assertEqual(sums.taxes(0.1, 0.2), 0.3)
PY
cat >grade.py <<'PY'
import os
import subprocess
import sys

from swebench.harness.constants import END_TEST_OUTPUT, START_TEST_OUTPUT, TEST_EXIT_CODE
from swebench.harness.grading import get_eval_report
from swebench.harness.log_parsers.python import parse_log_django
from swebench.types import TestSpec

WRONG, RIGHT = "a + b", "round(a + b, 2)"


def run(prices, taxes):
    with open("shop/sums.py", "w") as file:
        file.write(f"def prices(a, b):\n    return {prices}\n\n\ndef taxes(a, b):\n    return {taxes}\n")
    command = [sys.executable, "-B", "-m", "django", "test", "--verbosity", "2"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": "."}
    done = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout, f"{START_TEST_OUTPUT}\n{done.stdout}\n{END_TEST_OUTPUT}\n{TEST_EXIT_CODE}: {done.returncode}\n"


before, reference = (parse_log_django(run(each, each)[0], None) for each in (WRONG, RIGHT))
expected = [name for name, result in reference.items() if result == "PASSED" and before.get(name) == "FAILED"]
print("expected after the reference patch:", expected)
spec = TestSpec(instance_id="shop-1", image="", eval_script_list=[], repo="django/django", version="5.2",
                FAIL_TO_PASS=expected, PASS_TO_PASS=[], log_parser="parse_log_django", eval_type="pass_and_fail")
for name, prices, taxes in (("reference", RIGHT, RIGHT), ("mends the second function alone", WRONG, RIGHT),
                            ("mends the first function alone", RIGHT, WRONG)):
    said, log = run(prices, taxes)
    with open("log", "w") as file:
        file.write(log)
    prediction = {"instance_id": "shop-1", "model_patch": "diff"}
    report = get_eval_report(spec, prediction, "log", include_tests_status=True)["shop-1"]
    result = next(line for line in said.splitlines() if line.startswith(("OK", "FAILED")))
    print(f"{name}: Django {result}, resolved {report['resolved']}")
PY
HOME="$folder" venv/bin/python grade.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
expected after the reference patch: ['Rounds to cents.']
reference: Django OK, resolved True
mends the second function alone: Django FAILED (failures=1), resolved True
mends the first function alone: Django FAILED (failures=1), resolved False
SEEN
