#!/usr/bin/env bash
# opentelemetry-instrumentation-openai-v2 2.4b0, opentelemetry-util-genai 1.3b0, openai 3.57.0, Python 3.11 or newer: what
# pip puts together when it is asked for OpenTelemetry's own instrumentation of the openai package.
#
# Behaviour: pip finds nothing wrong, and the instrumentation cannot be imported, for two reasons. It imports httpx and
# does not require it: it came with openai until that moved to httpx2. And it imports opentelemetry.util.genai.instruments,
# which util-genai has not had since 1.2b0; it asks for 0.4b0 or newer without an upper bound. With httpx and
# util-genai 1.1b0 it can be imported.
#
# Seen:
#   pip check: No broken requirements found.
#   as installed: No module named 'httpx'
#   with httpx: No module named 'opentelemetry.util.genai.instruments'
#   with httpx and util-genai 1.1b0: imported
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
install() { "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$@" 2>/dev/null; }
tried() {
    "$folder/venv/bin/python" - <<'PY'
try:
    import opentelemetry.instrumentation.openai_v2
except ModuleNotFoundError as error:
    print(error)
else:
    print("imported")
PY
}
install openai==3.57.0 opentelemetry-instrumentation-openai-v2==2.4b0 opentelemetry-util-genai==1.3b0
checked=$("$folder/venv/bin/pip" --disable-pip-version-check check 2>/dev/null)
plain=$(tried)
install httpx==0.28.1
helped=$(tried)
install opentelemetry-util-genai==1.1b0
older=$(tried)
echo "pip check: $checked"
echo "as installed: $plain"
echo "with httpx: $helped"
echo "with httpx and util-genai 1.1b0: $older"
[ "$checked" = "No broken requirements found." ]
[ "$plain" = "No module named 'httpx'" ]
[ "$helped" = "No module named 'opentelemetry.util.genai.instruments'" ]
[ "$older" = imported ]
