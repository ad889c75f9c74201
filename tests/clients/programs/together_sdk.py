"""together: chat whole and streamed, a tool."""

from __future__ import annotations

import json
import sys

import openai_sdk
import sentences as say
import together

client = together.Together(base_url=sys.argv[1], api_key=say.KEY, max_retries=0)
read: list = []
openai_sdk.chat(client, read, counts=False)
json.dump(read, sys.stdout)
