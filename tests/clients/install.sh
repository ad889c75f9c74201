#!/usr/bin/env bash
# Installs the clients that people use into build/clients, apart from the project's own environment: Python ones into a
# venv, Node ones beside it, both from lock files with hashes. Never fails the build: what can not be had is named, and
# the tests that need it are skipped.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

HERE=tests/clients
OUT=build/clients
LOCK=requirements/clients.lock
PYTHON="${1:-python3}"

current() { # current STAMP FILE...: whether STAMP was written for exactly these files
    [ -f "$1" ] && [ "$(cat "${@:2}" | sha256sum)" = "$(cat "$1")" ]
}

python_clients() {
    current "$OUT/python/.installed" "$LOCK" && "$OUT/python/bin/python" -c '' 2>/dev/null && return 0
    echo "Installing the Python clients of the smoke tests (half a minute, once) ..." >&2
    "$PYTHON" -m venv --clear "$OUT/python" &&
        "$OUT/python/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --require-hashes \
            -r "$LOCK" &&
        sha256sum <"$LOCK" >"$OUT/python/.installed"
}

node_clients() {
    if ! { command -v node && command -v npm; } >/dev/null 2>&1; then
        echo "no node and npm here" >&2
        return 1
    fi
    current "$OUT/node/.installed" "$HERE/node/package-lock.json" && return 0
    echo "Installing the Node clients of the smoke tests ..." >&2
    rm -rf "$OUT/node"
    mkdir -p "$OUT/node" && cp "$HERE/node/package.json" "$HERE/node/package-lock.json" "$HERE/node/.npmrc" "$OUT/node" &&
        (cd "$OUT/node" && timeout 120 npm ci --ignore-scripts --silent >/dev/null) &&
        sha256sum <"$HERE/node/package-lock.json" >"$OUT/node/.installed"
}

mkdir -p "$OUT"
python_clients || echo "SKIPPED: smoke tests of the Python clients (they could not be installed)" >&2
node_clients || echo "SKIPPED: smoke tests of the Node clients (they could not be installed)" >&2
exit 0
