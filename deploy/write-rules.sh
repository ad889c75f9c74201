#!/usr/bin/env bash
# Writes the rules of compose.yaml from its own objectives; `--check` only says whether they are up to date.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# The file's ${VARIABLES} must have values; none of them comes into a rule.
export SIGHTGLASS_CONSOLE_TOKEN=not-used-for-rules SIGHTGLASS_SCRAPE_TOKEN=nor-used-for-rules
export UPSTREAM_URL=http://127.0.0.1/v1 POSTGRES_PASSWORD=unused
# ungrounded flags about one in ten right answers (docs/scorers.md), so an objective near that share would never be met.
exec "${SIGHTGLASS:-.venv/bin/sightglass}" rules --config deploy/sightglass.yaml --output deploy/prometheus/rules \
    --quality groundedness.ungrounded=0.8 --quality format.invalid=0.99 "$@"
