#!/usr/bin/env bash
# Installs what `make bench` measures against and loads with, from the distribution's packages, when it is missing. No
# service is left running: the bench starts nginx by itself on a free port. Exit status 1 when something is still missing.
set -u

# package | program
TOOLS=("nginx-light|nginx" "wrk|wrk")
# Debian keeps nginx out of an ordinary user's PATH.
PATH="$PATH:/usr/sbin:/sbin"

missing() { # the packages whose programs are absent, one a line
    local line
    for line in "${TOOLS[@]}"; do command -v "${line#*|}" >/dev/null 2>&1 || echo "${line%|*}"; done
}

as_root() { # sudo may ask for a password where somebody can answer
    if [ "$(id -u)" -eq 0 ]; then "$@"; elif [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
}

install_packages() {
    command -v apt-get >/dev/null 2>&1 || { echo "no apt-get here" >&2; return 1; }
    as_root true 2>/dev/null || { echo "neither root nor allowed to use sudo" >&2; return 1; }
    # Keeps nginx's own service from being started, now and by later triggers of this run only.
    local policy=/usr/sbin/policy-rc.d made=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" && made=1
    fi
    as_root apt-get update -q >/dev/null
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
[ "${#absent[@]}" -eq 0 ] || { echo "the bench needs: ${absent[*]}" >&2; exit 1; }
