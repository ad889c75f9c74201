#!/usr/bin/env bash
# genai-prices 0.2.3 (a public collection of prices for language models) has no price for the audio tokens of
# gpt-4o-mini-audio-preview, and charges them as text instead of giving no price.
#
# Usage of one answer: 49 tokens in, 34 of them audio; 47 out, 34 of them audio. OpenAI's list had 10 and 20 USD for a
# million audio tokens of this model, so the answer cost 0.00103005 USD. The package says 0.00003555, 29 times less, with
# the audio counts and without them; for its sibling gpt-audio-mini, which has prices for audio, it tells the two apart.
# So a price that is found is not a price of everything in the usage: a part without a price of its own has to be looked
# for, and then there is no cost.
#
# Seen on 2026-11-28:
#   gpt-4o-mini-audio-preview 0.00003555 0.00003555
#   gpt-audio-mini 0.0010602 0.0001422
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check genai-prices==0.2.3
"$folder/venv/bin/python" - <<'PYTHON'
from genai_prices import Usage, calc_price

told = Usage(input_tokens=49, input_audio_tokens=34, output_tokens=47, output_audio_tokens=34)
silent = Usage(input_tokens=49, output_tokens=47)
for model, same in (("gpt-4o-mini-audio-preview", True), ("gpt-audio-mini", False)):
    prices = [calc_price(usage, model_ref=model, provider_id="openai").total_price for usage in (told, silent)]
    print(model, *prices)
    assert (prices[0] == prices[1]) is same, "the package has changed"
PYTHON
