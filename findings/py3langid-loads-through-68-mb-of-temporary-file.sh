#!/usr/bin/env bash
# py3langid 0.4.0 (its wheel has 4.5 MB), Python 3.11 or newer, NumPy.
#
# Behaviour: the model is an npz file inside LZMA. Loading it unpacks all of it into a file in the temporary folder first,
# so that the first text that is identified needs 68 MB of room there, once in each process. Where the folder is small (a
# container with a read-only root and a tmpfs of 16 or 64 MB) or has become full, the first call raises OSError, although
# nothing that was asked for has to do with files. The same text is identified where there is room.
#
# Seen, with files limited to 64 MiB and then to 80 MiB in place of a small folder:
#   64 MiB: OSError File too large
#   80 MiB: fr
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "py3langid==0.4.0" "numpy==2.4.6" 2>/dev/null
cat >"$folder/identify.py" <<'PY'
import os

from py3langid import classify

try:
    print(classify("Le phare est ouvert tous les jours sauf le lundi.")[0])
except OSError as error:
    print("OSError", os.strerror(error.errno))
PY
for mebibytes in 64 80; do
    said=$(ulimit -f $((mebibytes * 1024)) && "$folder/venv/bin/python" "$folder/identify.py")
    echo "$mebibytes MiB: $said"
done | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
64 MiB: OSError File too large
80 MiB: fr
SEEN
