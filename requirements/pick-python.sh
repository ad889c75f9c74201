#!/usr/bin/env bash
# Prints the Python that .venv is made with: 3.11 or newer, with venv and pip. Of several on PATH it is the first, unless
# another is at least a sixth faster: how an interpreter was built (with its own profile or not) decides what each
# request costs, and a machine often has both kinds. PYTHON=... for make chooses another one.
set -u
best="" least=0
while read -r candidate; do
  took=$("$candidate" - 2>/dev/null <<'END'
import sys, time
import ensurepip, venv

if sys.version_info < (3, 11):
    sys.exit(1)


class Item:
    def __init__(self, number):
        self.number = number

    def line(self):
        return b"%d: %b\r\n" % (self.number, b"value")


def loop():
    kept = {}
    begun = time.process_time()
    for number in range(30_000):
        name, _, _ = Item(number).line().partition(b":")
        kept[number & 255] = name
    return time.process_time() - begun


print(round(min(loop() for _ in range(5)) * 1e6))
END
  ) || continue
  if [ -z "$best" ] || [ $((took * 6)) -lt $((least * 5)) ]; then
    best=$candidate least=$took
  fi
done < <(type -a -p python3 python3.11 python3.12 python3.13 python3.14 2>/dev/null | awk '!seen[$0]++')
echo "$best"
