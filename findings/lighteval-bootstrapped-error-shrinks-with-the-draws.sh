#!/usr/bin/env bash
# lighteval 0.13.0 (a harness for benchmarks) with numpy 2.4.6 and scipy 1.17.1, Python 3.11 or newer. Its standard
# error of a metric, as its reports have it beside each value. Only the file with these functions is loaded: the package
# as a whole needs torch. 400 answers, half of them right: the standard error of the accuracy is 0.025.
#
# Behaviour: a metric whose function has "mean" in its name gets the standard error by its formula. Every other one
# (BLEU, chrF, F1 and the Matthews correlation of a corpus) is bootstrapped: its value for 1000 resampled sets of
# answers. The spread of these values is the standard error. lighteval divides it once more by the square root of their
# number, as if they were observations: that is how well the bootstrap knows its own mean. So with the default of 1000
# draws it reports a thirtieth of the error, and with more draws it reports less, down to nothing. One and the same
# function gets 0.025 as "mean_accuracy" and 0.0008 as "accuracy". A second function of the same file, by scipy and not
# used (it says that it overflows for large sets), has the right number. lm-evaluation-harness, which lighteval names as
# the origin of this code, returns the spread.
# Consequence: intervals around BLEU or F1 are thirty times too narrow, and any two models differ "significantly".
#
# Seen:
#   mean_accuracy, by formula: 0.0250
#   accuracy, 100 draws: 0.0021
#   accuracy, 1000 draws: 0.0008
#   accuracy, 10000 draws: 0.0002
#   accuracy, 1000 draws by the unused function, 0.025 within a tenth: True
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps lighteval==0.13.0 2>/dev/null
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile numpy==2.4.6 scipy==1.17.1 \
    tqdm==4.70.1 2>/dev/null
cat >"$folder/errors.py" <<'PY'
import importlib.metadata
import importlib.util

(path,) = [f for f in importlib.metadata.files("lighteval") if str(f) == "lighteval/metrics/utils/stderr.py"]
spec = importlib.util.spec_from_file_location("stderr", path.locate())
stderr = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stderr)


def mean_accuracy(answers):
    return sum(answers) / len(answers)


def accuracy(answers, axis=None):
    return mean_accuracy(answers) if axis is None else answers.mean(axis=axis)


def main():
    answers = [0, 1] * 200
    print(f"mean_accuracy, by formula: {stderr.get_stderr_function(mean_accuracy)(answers):.4f}")
    for draws in (100, 1000, 10000):
        print(f"accuracy, {draws} draws: {stderr.get_stderr_function(accuracy, draws)(answers):.4f}")
    by_scipy = stderr.bootstrap_stderr_scipy(accuracy, answers, 1000)
    print(f"accuracy, 1000 draws by the unused function, 0.025 within a tenth: {abs(by_scipy - 0.025) < 0.0025}")


if __name__ == "__main__":
    main()
PY
LIGHTEVAL_DISABLE_TQDM=1 "$folder/venv/bin/python" "$folder/errors.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
mean_accuracy, by formula: 0.0250
accuracy, 100 draws: 0.0021
accuracy, 1000 draws: 0.0008
accuracy, 10000 draws: 0.0002
accuracy, 1000 draws by the unused function, 0.025 within a tenth: True
SEEN
