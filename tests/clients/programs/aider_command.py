"""aider, asked with ``--message``: one question, streamed and whole."""

from __future__ import annotations

import sentences as say
from commands import HERE, URL, run, tell

aider = [
    *(str(HERE / "bin" / "aider"), "--openai-api-base", URL, "--openai-api-key", say.KEY),
    *("--model", f"openai/{say.MODEL}", "--weak-model", f"openai/{say.MODEL}", "--edit-format", "ask"),
    *("--yes-always", "--no-git", "--no-check-update", "--no-show-model-warnings", "--no-show-release-notes"),
    *("--analytics-disable", "--no-pretty", "--map-tokens", "0", "--no-gitignore", "--no-detect-urls"),
]
more = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "AIDER_ANALYTICS": "false"}
read = [run([*aider, "--stream", "--message", say.AMBER[0]], **more)]
read.append(run([*aider, "--no-stream", "--message", say.COBALT[0]], **more))
tell(read)
