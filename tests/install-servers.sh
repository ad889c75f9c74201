#!/usr/bin/env bash
# Installs the real servers that the tests start by themselves, from the distribution's packages, when they are missing.
# No service is left running: the tests start their own processes on free ports. Never fails the build: what can not be
# installed is named, with the tests that will be skipped for it.
set -u

# package | programs, any of which will do | the tests that need it
SERVERS=(
    "redis-server|redis-server|tests on a real Redis"
    "postgresql|postgres|tests on a real PostgreSQL"
    "pgbouncer|pgbouncer|tests of the store behind a transaction pooler"
    "prometheus|prometheus|tests that scrape with a real Prometheus"
    "prometheus-alertmanager|prometheus-alertmanager alertmanager|tests that alert through a real Alertmanager"
    "chromium|chromium chromium-browser google-chrome|tests of the console in a real browser"
    "bubblewrap|bwrap|tests of the sandbox for code that models write"
    "nginx-light|nginx|tests of the benchmark"
    "wrk|wrk|tests of the benchmark"
)
# Debian keeps PostgreSQL's server out of PATH.
PATH="$PATH:/usr/sbin:/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin)"

present() { # present "program program": whether one of them can be run
    local program
    for program in $1; do command -v "$program" >/dev/null 2>&1 && return 0; done
    return 1
}

missing() { # the packages whose programs are absent, one a line
    local line package programs
    for line in "${SERVERS[@]}"; do
        IFS='|' read -r package programs _ <<<"$line"
        present "$programs" || echo "$package"
    done
}

as_root() { # sudo may ask for a password where somebody can answer
    if [ "$(id -u)" -eq 0 ]; then "$@"; elif [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
}

install_packages() {
    command -v apt-get >/dev/null 2>&1 || { echo "no apt-get here" >&2; return 1; }
    as_root true 2>/dev/null || { echo "neither root nor allowed to use sudo" >&2; return 1; }
    # Keeps the packages' own services from being started, now and by later triggers of this run only.
    local policy=/usr/sbin/policy-rc.d made=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" && made=1
    fi
    as_root apt-get update -q >/dev/null
    # One by one, so that one package that can not be had does not take the others with it.
    local package
    for package in "$@"; do
        echo "Installing $package ..." >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package" \
            >/dev/null </dev/null || echo "$package could not be installed" >&2
    done
    [ -z "$made" ] || as_root rm -f "$policy"
}

mapfile -t wanted < <(missing)
if [ "${1:-}" = "--list-missing" ]; then
    [ "${#wanted[@]}" -eq 0 ] || printf '%s\n' "${wanted[@]}"
    exit 0
fi
[ "${#wanted[@]}" -eq 0 ] || install_packages "${wanted[@]}"

mapfile -t absent < <(missing)
for line in "${SERVERS[@]}"; do
    IFS='|' read -r package _ tests <<<"$line"
    for name in "${absent[@]}"; do
        [ "$name" != "$package" ] || echo "SKIPPED without $package: $tests" >&2
    done
done
exit 0
