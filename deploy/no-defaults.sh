#!/bin/sh
# Refuses the values of .env.example, which everybody knows, and becomes the command that follows. compose.yaml runs it
# once, before anything else starts: not every program refuses them by itself.
set -eu
status=0
for name in SIGHTGLASS_CONSOLE_TOKEN SIGHTGLASS_SCRAPE_TOKEN POSTGRES_PASSWORD GRAFANA_PASSWORD; do
    value=$(printenv "$name" || true)
    case $(printf %s "$value" | tr 'A-Z_' 'a-z-') in
        "") echo "$name has no value: set it in .env" >&2; status=2 ;;
        change-me*) echo "$name is still the example's: set your own in .env" >&2; status=2 ;;
    esac
done
[ "$status" -eq 0 ] || exit "$status"
exec "$@"
