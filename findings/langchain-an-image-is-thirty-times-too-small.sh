#!/usr/bin/env bash
# langchain-openai 1.7.4 with langchain-core 1.8.3, tiktoken 0.13.0, pillow 12.0.0 and, for its copy of OpenAI's
# vocabularies alone, llama-index-core 0.14.25, Python 3.11 or newer. One message with a picture of 1024 x 1024, in low
# and in high detail, counted by get_num_tokens_from_messages for several models. Nothing is sent.
#
# Behaviour: OpenAI's guide to images has a rule for each model. For tiles: gpt-4o and gpt-4.1 have 85 and 170 for each
# tile, gpt-4o-mini 2833 and 5667, gpt-5 70 and 140, o1 and o3 75 and 150. For patches of 32 x 32: gpt-4.1-mini has 1.62
# tokens for each, gpt-4.1-nano 2.46. LangChain has 85 and 170 for all of them; the model's name decides about the
# vocabulary only. So a picture for gpt-4o-mini is counted as a thirtieth of what it is billed as, for gpt-4.1-nano as a
# third, and for gpt-5 as a fifth more. The docstring names one page, for gpt-4 with vision, and nothing warns. The
# text beside the picture is counted for its model.
# Consequence: costs of pictures that are computed beforehand, and histories that are trimmed to fit, are off by a
# factor, most for the cheap models that one uses for pictures.
#
# Seen (model: LangChain's count for low and high detail, of which text; by OpenAI's rule):
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
