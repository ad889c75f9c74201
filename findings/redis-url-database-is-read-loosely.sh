#!/usr/bin/env bash
# redis 8.1.0 (redis-py), Python 3.11 or newer. No server is needed: only the URL is read.
#
# Behaviour: the path of a URL is the number of the database. A path that is no number is dropped without an error, so a
# name, or a placeholder that nobody filled in, is database 0, which is somebody's. Slashes are removed before the number
# is read, so /1/2 is database 12. A password with a raw "#" or "/" is no error either: the host is what stands before
# its colon, and the port is the first half of the password when that is a number. What logs the address logs that half.
#
# Seen (host, port, database that the client would use):
#   redis://cache.example:6379/staging        cache.example 6379 0
#   redis://cache.example:6379/${REDIS_DB}    cache.example 6379 0
#   redis://cache.example:6379/1/2            cache.example 6379 12
#   redis://app:4711#lamp@cache.example/5     app 4711 0
#   redis://app:4711/lamp@cache.example/5     app 4711 0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "redis==8.1.0" 2>/dev/null
cat >"$folder/read.py" <<'PY'
import redis

EXPECTED = {
    "redis://cache.example:6379/staging": ("cache.example", 6379, 0),
    "redis://cache.example:6379/${REDIS_DB}": ("cache.example", 6379, 0),
    "redis://cache.example:6379/1/2": ("cache.example", 6379, 12),
    "redis://app:4711#lamp@cache.example/5": ("app", 4711, 0),
    "redis://app:4711/lamp@cache.example/5": ("app", 4711, 0),
}
for url, expected in EXPECTED.items():
    used = redis.Redis.from_url(url).connection_pool.make_connection()
    seen = (used.host, used.port, used.db)
    print(f"{url:42}", *seen)
    assert seen == expected, (url, seen)
PY
"$folder/venv/bin/python" "$folder/read.py"
