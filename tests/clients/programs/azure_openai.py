"""openai-python's Azure client: the deployment stands in the path, the version in the query, the key in ``api-key``."""

from __future__ import annotations

import json
import sys

import openai
import openai_sdk
import sentences as say

with openai.AzureOpenAI(
    azure_endpoint=sys.argv[1], api_key=say.KEY, api_version="2025-04-01-preview", max_retries=0
) as client:
    read: list = []
    openai_sdk.chat(client, read)
json.dump(read, sys.stdout)
