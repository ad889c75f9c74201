"""groq: chat under ``/openai/v1``, whole and streamed, a tool."""

from __future__ import annotations

import json
import sys

import groq
import openai_sdk
import sentences as say

with groq.Groq(base_url=sys.argv[1], api_key=say.KEY, max_retries=0) as client:
    read: list = []
    openai_sdk.chat(client, read, counts=False)
json.dump(read, sys.stdout)
