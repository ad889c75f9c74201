#!/usr/bin/env bash
# Installs the packages of other evaluation tools into build/formats, apart from the project's own environment, each from
# a lock file with hashes. Never fails the build: what cannot be had is named, and the round trips that need it are skipped.
#
#   install.sh PYTHON [NAME...]     without names: the small ones, which `make test` uses (120 MB); `all` for every one
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

OUT=build/formats
PYTHON="${1:-python3}"
NAMES="${*:2}"
[ "$NAMES" = all ] && NAMES="sdks inspect lm-eval promptfoo"

current() { # current STAMP LOCK: whether STAMP was written for exactly this lock file
    [ -f "$1" ] && [ "$(sha256sum <"$2")" = "$(cat "$1")" ]
}

# A lock names all that is needed; pip is kept from asking again, which it does for a package that is wanted with extras.
python_packages() {
    local name="$1" lock="requirements/formats/$1.lock"
    current "$OUT/$name/.installed" "$lock" && "$OUT/$name/bin/python" -c '' 2>/dev/null && return 0
    echo "Installing the formats of '$name' (half a minute or more, once) ..." >&2
    "$PYTHON" -m venv --clear "$OUT/$name" &&
        timeout 900 "$OUT/$name/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
            --require-hashes --no-deps -r "$lock" &&
        sha256sum <"$lock" >"$OUT/$name/.installed"
}

# What programs of the packages need (SQLite, for one) is downloaded by their scripts, which npm ci runs here.
node_packages() {
    local name="$1" here="tests/formats/$1"
    if ! { command -v node && command -v npm; } >/dev/null 2>&1; then
        echo "no node and npm here" >&2
        return 1
    fi
    current "$OUT/$name/.installed" "$here/package-lock.json" && return 0
    echo "Installing the formats of '$name' (minutes, once; more than 1 GB) ..." >&2
    rm -rf "${OUT:?}/$name"
    mkdir -p "$OUT/$name" && cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$OUT/$name" &&
        (cd "$OUT/$name" && { timeout 900 npm ci --silent >/dev/null 2>&1 || timeout 900 npm install --silent >/dev/null; }) &&
        sha256sum <"$here/package-lock.json" >"$OUT/$name/.installed"
}

mkdir -p "$OUT"
for name in ${NAMES:-sdks}; do
    if [ -f "requirements/formats/$name.lock" ]; then
        python_packages "$name" || echo "SKIPPED: the formats of '$name' (they could not be installed)" >&2
    else
        node_packages "$name" || echo "SKIPPED: the formats of '$name' (they could not be installed)" >&2
    fi
done
exit 0
