#!/usr/bin/env bash
# promptfoo 0.121.20: one test, two places. In a configuration every text of a test is rendered with the environment when
# the file is loaded, however deep it stands: in an object of a variable, in an assertion's value, in metadata. In a
# file of tests (`-t`) the same text stays as it is. Other templates ({{1+1}}) stay in both, as long as the variable is an
# object and the prompt dumps it.
# Consequence: recorded user text that mentions such a template changes when a suite moves from a tests file into a
# configuration, and its `contains` assertion changes with it, so that the test still passes.
# Output seen: configuration: "say moin, {{1+1}}" / tests file: "say {{env.GREETING}}, {{1+1}}"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund 'promptfoo@0.121.20' >/dev/null
export PROMPTFOO_DISABLE_TELEMETRY=1 PROMPTFOO_DISABLE_UPDATE=1 PROMPTFOO_CONFIG_DIR="$work/home" GREETING=moin
echo '[{"vars":{"messages":[{"role":"user","content":"say {{env.GREETING}}, {{1+1}}"}]}}]' >tests.json
echo "{\"prompts\":[\"{{messages | dump | safe}}\"],\"providers\":[\"echo\"],\"tests\":$(cat tests.json)}" >whole.json
echo '{{messages | dump | safe}}' >prompt.txt
node_modules/.bin/promptfoo eval -c whole.json -o whole-out.json --no-table --no-progress-bar >whole.log 2>&1 || true
node_modules/.bin/promptfoo eval -t tests.json -p prompt.txt -r echo -o out.json --no-table --no-progress-bar \
    >tests.log 2>&1 || true
said() { node -p 'JSON.stringify(JSON.parse(require("./'"$1"'").results.results[0].response.output)[0].content)'; }
seen="configuration: $(said whole-out.json) / tests file: $(said out.json)"
echo "$seen"
[ "$seen" = 'configuration: "say moin, {{1+1}}" / tests file: "say {{env.GREETING}}, {{1+1}}"' ]
