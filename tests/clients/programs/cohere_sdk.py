"""cohere: ``/v2/chat`` whole and streamed."""

from __future__ import annotations

import json
import sys

import cohere
import sentences as say


def main():
    """All of it at one address."""
    client = cohere.ClientV2(api_key=say.KEY, base_url=sys.argv[1])
    messages = [{"role": "system", "content": say.SYSTEM}, {"role": "user", "content": say.AMBER[0]}]
    read = [client.chat(model=say.COMMAND, messages=messages).message.content[0].text]
    messages[1]["content"] = say.COBALT[0]
    events = client.chat_stream(model=say.COMMAND, messages=messages)
    deltas = [event.delta.message.content.text for event in events if event.type == "content-delta"]
    read.append("".join(deltas))
    json.dump(read, sys.stdout)


main()
