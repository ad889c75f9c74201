#!/usr/bin/env bash
# Where SQLAlchemy's psycopg dialect and psycopg 3 meet: a parameter of the URL stays text.
#
# SQLAlchemy 2.1.9, psycopg 3.3.9 (binary), PostgreSQL 15. Seen:
#   postgresql+psycopg://.../db?prepare_threshold=5   the first statement raises
#       TypeError: '>=' not supported between instances of 'int' and 'str'
#   the same number by connect_args={"prepare_threshold": 5}   works
#   prepare_threshold=0   psycopg prepares each statement at its first execution, as its documentation says; people who
#       come from drivers where 0 means "never" get what they wanted to be rid of: None is "never" here.
# Other parameters (connect_timeout, application_name) do go through libpq, which takes text.
# Needs initdb and pg_ctl of the distribution's PostgreSQL. Exit status 0 while this is so.
set -euo pipefail
folder=$(mktemp -d /tmp/finding-XXXXXX)
PATH="$PATH:$(printf '%s:' /usr/lib/postgresql/*/bin)"
nobody() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi; }
trap 'cd /; nobody pg_ctl -D "$folder/server/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
chmod 755 "$folder"
mkdir "$folder/server"
[ "$(id -u)" -ne 0 ] || chown 65534:65534 "$folder/server"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'sqlalchemy==2.1.9' 'psycopg[binary]==3.3.9'
cd "$folder/server"
nobody initdb -D "$folder/server/data" -U someone -A trust --no-sync >/dev/null
nobody pg_ctl -D "$folder/server/data" -l "$folder/server/log" -w \
    -o "-c listen_addresses= -c unix_socket_directories=$folder/server -c fsync=off" start >/dev/null
"$folder/venv/bin/python" - "$folder/server" <<'PYTHON'
import sys

import psycopg
from sqlalchemy import create_engine, text

socket = sys.argv[1]
url = f"postgresql+psycopg://someone@/postgres?host={socket}"
try:
    with create_engine(f"{url}&prepare_threshold=5").connect() as connection:
        connection.execute(text("SELECT 1"))
except TypeError as error:
    print("by the URL:", error)
else:
    sys.exit("changed: the URL's number is understood")
with create_engine(url, connect_args={"prepare_threshold": 5}).connect() as connection:
    print("by connect_args:", connection.execute(text("SELECT 1")).scalar())
for threshold in (0, None):
    with psycopg.connect(host=socket, user="someone", dbname="postgres", prepare_threshold=threshold) as connection:
        connection.execute("SELECT 2")
        (prepared,) = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
        print(f"prepare_threshold={threshold}: {prepared} statements prepared")
        assert (prepared > 0) == (threshold == 0), "changed"
PYTHON
