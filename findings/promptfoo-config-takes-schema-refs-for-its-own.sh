#!/usr/bin/env bash
# promptfoo 0.121.20: the assertion `is-json` takes a JSON Schema. A schema that refers to its own `definitions`
# ({"$ref": "#/definitions/count"}, as the standard has it) ends `promptfoo eval` with an error when the test stands in
# the configuration: the configuration as a whole is resolved first, so that `#` is its root and not the schema's. The
# same test in a file of its own (`-t`) is not resolved, and passes.
# Consequence: schemas go into a tests file, or their references are written out.
# Output seen: configuration: MissingPointerError / tests file: 1 passed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund 'promptfoo@0.121.20' >/dev/null
export PROMPTFOO_DISABLE_TELEMETRY=1 PROMPTFOO_DISABLE_UPDATE=1 PROMPTFOO_CONFIG_DIR="$work/home"
schema='{"type":"object","properties":{"total":{"$ref":"#/definitions/count"}},"definitions":{"count":{"type":"integer"}}}'
echo "[{\"assert\":[{\"type\":\"is-json\",\"value\":$schema}]}]" >tests.json
echo "{\"prompts\":[\"{\\\"total\\\": 3}\"],\"providers\":[\"echo\"],\"tests\":$(cat tests.json)}" >whole.json
node_modules/.bin/promptfoo eval -c whole.json -o whole-out.json --no-table --no-progress-bar >whole.log 2>&1 || true
node_modules/.bin/promptfoo eval -t tests.json -p '{"total": 3}' -r echo -o out.json --no-table --no-progress-bar \
    >tests.log 2>&1 || true
seen="configuration: $(grep -o -m 1 'MissingPointerError' whole.log || echo none)"
seen="$seen / tests file: $(node -p 'require("./out.json").results.stats.successes') passed"
echo "$seen"
[ "$seen" = "configuration: MissingPointerError / tests file: 1 passed" ]
