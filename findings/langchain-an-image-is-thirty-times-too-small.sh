#!/usr/bin/env bash
# langchain-openai 1.7.4 with langchain-core 1.8.3, tiktoken 0.14.0, pillow 13.0.0 and, for its copy of OpenAI's
# vocabularies alone, llama-index-core 0.14.25, Python 3.11 or newer. A message with a picture of 128 x 64, in low and
# in high detail, is counted by get_num_tokens_from_messages. Nothing is sent.
#
# Behaviour: OpenAI's guide to images has a rule for each model. gpt-4o has 85 tokens and 170 for each tile, gpt-4o-mini
# 2833 and 5667, o3 75 and 150. gpt-4.1-nano has 2.46 for each patch of 32 x 32, whatever the detail. Users have
# measured the same with this size of picture (OpenAI's forum, topic 1262691; 2845 and 8512 for gpt-4o-mini with the
# five words of text that stood beside it). LangChain has 85 and 170 for all of them: the model's name decides on the
# vocabulary only. So a picture for gpt-4o-mini is counted as a thirtieth of what is billed, and a small one for
# gpt-4.1-nano as thirteen times as much. The docstring links OpenAI's page, and no model is refused or warned of.
# Consequence: costs that are computed beforehand, and histories that are trimmed to fit, are off by a factor, and most
# for the cheap models that pictures are given to.
#
# Seen (model: counted for low and high detail; by OpenAI's rule):
#   gpt-4o: 85 255; 85 255
#   gpt-4o-mini: 85 255; 2833 8500
#   o3: 85 255; 75 225
#   gpt-4.1-nano: 85 255; 20 20
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile langchain-openai==1.7.4 \
    langchain-core==1.8.3 tiktoken==0.14.0 pillow==13.0.0 2>/dev/null
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile --no-deps --target "$folder/words" \
    llama-index-core==0.14.25 2>/dev/null
cat >"$folder/count.py" <<'PY'
import base64
import io
import math

from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from PIL import Image

file = io.BytesIO()
Image.new("RGB", (128, 64)).save(file, "PNG")
url = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
patches = math.ceil(128 / 32) * math.ceil(64 / 32)
rules = {
    "gpt-4o": (85, 85 + 170),
    "gpt-4o-mini": (2833, 2833 + 5667),
    "o3": (75, 75 + 150),
    "gpt-4.1-nano": (math.ceil(patches * 2.46),) * 2,
}
for name, rule in rules.items():
    model = ChatOpenAI(model=name, api_key="k")
    text = {"type": "text", "text": "What is it?"}
    pictures = [{"type": "image_url", "image_url": {"url": url, "detail": detail}} for detail in ("low", "high")]
    counts = [
        model.get_num_tokens_from_messages([HumanMessage([text, *parts])])
        for parts in ([], pictures[:1], pictures[1:])
    ]
    print(f"{name}: {counts[1] - counts[0]} {counts[2] - counts[0]}; {rule[0]} {rule[1]}")
PY
export TIKTOKEN_CACHE_DIR="$folder/words/llama_index/core/_static/tiktoken_cache"
"$folder/venv/bin/python" -W ignore "$folder/count.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
gpt-4o: 85 255; 85 255
gpt-4o-mini: 85 255; 2833 8500
o3: 85 255; 75 225
gpt-4.1-nano: 85 255; 20 20
SEEN
