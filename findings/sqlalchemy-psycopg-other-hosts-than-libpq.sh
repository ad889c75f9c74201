#!/usr/bin/env bash
# SQLAlchemy 2.1.9 with psycopg 3.3.9 (its binary wheel, libpq 18), Python 3.11 or newer. No server is needed.
#
# Behaviour: psycopg reads a URL by libpq's rules, SQLAlchemy by its own, although it then uses the same psycopg. Three
# forms that libpq documents, or that look like it, lead elsewhere:
#   - several servers with ports (for a failover) are a ValueError in SQLAlchemy;
#   - a percent-encoded folder of a Unix socket is a host name in SQLAlchemy, which the resolver is asked for;
#   - an "@" in the password ends it for both. The host is then the rest of the password with the host behind it, in
#     SQLAlchemy as in libpq, so the message of the failed connection shows that rest.
# SQLAlchemy also takes every name behind "?" for an argument of psycopg.connect: "autocommit=true" is no error, and the
# text "true" is what switches transactions off. libpq refuses that name.
#
# Seen (host, port):
#   postgresql://one.example:5433,two.example:5434/lamps   libpq: one.example,two.example 5433,5434   SQLAlchemy: ValueError
#   postgresql://%2Fvar%2Frun%2Fpg/lamps                   libpq: /var/run/pg -                       SQLAlchemy: %2Fvar%2Frun%2Fpg -
#   postgresql://app:la@mp@one.example/lamps               libpq: mp@one.example -                    SQLAlchemy: mp@one.example -
#   postgresql://one.example/lamps?autocommit=true         libpq: ProgrammingError                    SQLAlchemy: autocommit='true'
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "sqlalchemy==2.1.9" "psycopg[binary]==3.3.9" 2>/dev/null
cat >"$folder/read.py" <<'PY'
import psycopg
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict


def libpq(url):
    try:
        found = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        return type(error).__name__
    return f"{found.get('host')} {found.get('port', '-')}"


def alchemy(url):
    try:
        engine = sqlalchemy.create_engine("postgresql+psycopg" + url.removeprefix("postgresql"))
    except ValueError as error:
        return type(error).__name__
    _, found = engine.dialect.create_connect_args(engine.url)
    if "autocommit" in found:
        return f"autocommit={found['autocommit']!r}"
    return f"{found.get('host')} {found.get('port', '-')}"


EXPECTED = {
    "postgresql://one.example:5433,two.example:5434/lamps": ("one.example,two.example 5433,5434", "ValueError"),
    "postgresql://%2Fvar%2Frun%2Fpg/lamps": ("/var/run/pg -", "%2Fvar%2Frun%2Fpg -"),
    "postgresql://app:la@mp@one.example/lamps": ("mp@one.example -", "mp@one.example -"),
    "postgresql://one.example/lamps?autocommit=true": ("ProgrammingError", "autocommit='true'"),
}
for url, expected in EXPECTED.items():
    seen = (libpq(url), alchemy(url))
    print(f"{url:54} libpq: {seen[0]:36} SQLAlchemy: {seen[1]}")
    assert seen == expected, (url, seen)
PY
"$folder/venv/bin/python" "$folder/read.py"
