#!/usr/bin/env bash
# Installs the clients that people use into build/clients, apart from the project's own environment. Each environment is
# a folder made from one lock file with hashes: Python ones (requirements/clients/NAME.lock) as a venv, Node ones
# (tests/clients/NAME) with npm. Never fails the build: what cannot be had is named, and what needs it is skipped.
#
#   install.sh PYTHON [NAME...]     without names: the small ones, which `make test` uses; `all` for every one
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

OUT=build/clients
PYTHON="${1:-python3}"
NAMES="${*:2}"
SMALL="small node"
[ "$NAMES" = all ] && NAMES="$SMALL wide older aider ai agents"

current() { # current STAMP LOCK: whether STAMP was written for exactly this lock file
    [ -f "$1" ] && [ "$(sha256sum <"$2")" = "$(cat "$1")" ]
}

python_clients() {
    local name="$1" lock="requirements/clients/$1.lock"
    current "$OUT/$name/.installed" "$lock" && "$OUT/$name/bin/python" -c '' 2>/dev/null && return 0
    echo "Installing the Python clients of '$name' (half a minute or more, once) ..." >&2
    "$PYTHON" -m venv --clear "$OUT/$name" &&
        timeout 600 "$OUT/$name/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
            --require-hashes -r "$lock" &&
        sha256sum <"$lock" >"$OUT/$name/.installed"
}

# A lock made where a registry lacks another platform's optional package is refused by `npm ci`; `npm install` takes the
# same versions and hashes from it.
npm_install() {
    timeout 300 npm ci --ignore-scripts --silent >/dev/null 2>&1 ||
        timeout 300 npm install --ignore-scripts --silent >/dev/null
}

node_clients() {
    local name="$1" here="tests/clients/$1"
    if ! { command -v node && command -v npm; } >/dev/null 2>&1; then
        echo "no node and npm here" >&2
        return 1
    fi
    current "$OUT/$name/.installed" "$here/package-lock.json" && return 0
    echo "Installing the Node clients of '$name' ..." >&2
    rm -rf "${OUT:?}/$name"
    mkdir -p "$OUT/$name" && cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$OUT/$name" &&
        (cd "$OUT/$name" && npm_install) &&
        sha256sum <"$here/package-lock.json" >"$OUT/$name/.installed"
}

mkdir -p "$OUT"
for name in ${NAMES:-$SMALL}; do
    if [ -f "requirements/clients/$name.lock" ]; then
        python_clients "$name" || echo "SKIPPED: the Python clients of '$name' (they could not be installed)" >&2
    else
        node_clients "$name" || echo "SKIPPED: the Node clients of '$name' (they could not be installed)" >&2
    fi
done
exit 0
