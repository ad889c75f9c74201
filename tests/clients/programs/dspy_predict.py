"""DSPy: a prediction and one with reasoning; its own template wraps every question."""

from __future__ import annotations

import json
import sys

import dspy
import sentences as say


def main():
    """All of it at one address."""
    model = dspy.LM(f"openai/{say.MODEL}", api_base=sys.argv[1], api_key=say.KEY, cache=False, num_retries=0)
    read = [model(messages=[{"role": "system", "content": say.SYSTEM}, {"role": "user", "content": say.AMBER[0]}])]
    read.append(model(say.COBALT[0]))
    with dspy.context(lm=model, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        for question in say.OTHERS[:2]:
            try:
                read.append(dspy.Predict("question -> place")(question=question).place)
            except Exception as error:  # noqa: BLE001 - the provider's plain text does not fit its template
                read.append(type(error).__name__)
    json.dump(read, sys.stdout)


main()
