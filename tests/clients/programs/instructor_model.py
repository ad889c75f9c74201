"""instructor: answers in a form, by a forced tool and by JSON mode."""

from __future__ import annotations

import json
import sys

import instructor
import openai
import sentences as say
from pydantic import BaseModel


class Place(BaseModel):
    """Where a thing is."""

    place: str


def main():
    """All of it at one address."""
    read = []
    with openai.OpenAI(base_url=sys.argv[1], api_key=say.KEY, max_retries=0) as client:
        modes = (instructor.Mode.TOOLS, instructor.Mode.JSON, instructor.Mode.JSON_SCHEMA)
        for mode, question in zip(modes, (say.PLACE, *say.OTHERS[1:]), strict=True):
            asking = instructor.from_openai(client, mode=mode)
            messages = [{"role": "system", "content": say.SYSTEM}, {"role": "user", "content": question}]
            answer = asking.chat.completions.create(
                model=say.MODEL, response_model=Place, messages=messages, max_retries=1
            )
            read.append(answer.place)
    json.dump(read, sys.stdout)


main()
