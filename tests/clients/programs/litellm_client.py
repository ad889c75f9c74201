"""litellm as a client, in an environment of its own: chat whole and streamed, a tool, messages, embeddings."""

from __future__ import annotations

import json
import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: TID251 - a client here, in an environment that is not the project's
import sentences as say


def main():
    """All of it at one address."""
    read, common = [], {"model": f"openai/{say.MODEL}", "api_base": sys.argv[1], "api_key": say.KEY, "num_retries": 0}
    for questions, streamed in ((say.AMBER, False), (say.COBALT, True)):
        history = [{"role": "system", "content": say.SYSTEM}]
        for question in questions:
            history.append({"role": "user", "content": question})
            answer = litellm.completion(**common, messages=history, stream=streamed)
            if streamed:
                text = "".join(chunk.choices[0].delta.content or "" for chunk in answer)
            else:
                text = answer.choices[0].message.content
            history.append({"role": "assistant", "content": text})
            read.append(text)
    function = {"name": say.TOOL, "description": say.TOOL_ABOUT, "parameters": say.SCHEMA}
    tools = [{"type": "function", "function": function}]
    history = [{"role": "user", "content": say.OCHRE}]
    called = litellm.completion(**common, messages=history, tools=tools).choices[0].message
    history += [called.model_dump(exclude_none=True)]
    history.append({"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": say.RESULT})
    read.append(litellm.completion(**common, messages=history, tools=tools).choices[0].message.content)
    answer = litellm.completion(
        model=f"anthropic/{say.CLAUDE}",
        api_base=sys.argv[1].removesuffix("/v1"),
        api_key=say.KEY,
        messages=[{"role": "system", "content": say.SYSTEM}, {"role": "user", "content": say.AMBER[0]}],
        num_retries=0,
    )
    read.append(answer.choices[0].message.content)
    read.append(litellm.responses(**common, input=say.COBALT[0]).output[0].content[0].text)
    json.dump(read, sys.stdout)


main()
