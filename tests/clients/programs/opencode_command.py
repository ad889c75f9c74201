"""opencode with an OpenAI-compatible provider: two turns of one session, and one with a tool."""

from __future__ import annotations

import json
from pathlib import Path

import sentences as say
from commands import HERE, URL, run, tell

provider = {
    "npm": "@ai-sdk/openai-compatible",
    "name": "Lighthouse",
    "options": {"baseURL": URL, "apiKey": say.KEY},
    "models": {say.MODEL: {"name": say.MODEL}},
}
settings = {
    "$schema": "https://opencode.ai/config.json",
    "provider": {"lighthouse": provider},
    "model": f"lighthouse/{say.MODEL}",
    "small_model": f"lighthouse/{say.MODEL}",
    "autoupdate": False,
    "share": "disabled",
    "permission": {"*": "allow"},
}
Path("opencode.json").write_text(json.dumps(settings))
opencode = [str(HERE / "node_modules" / "opencode-linux-x64" / "bin" / "opencode"), "run"]
more = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_LSP_DOWNLOAD": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}
read = [run([*opencode, say.AMBER[0]], **more)]
read.append(run([*opencode, "--continue", say.AMBER[1]], **more))
read.append(run([*opencode, say.OCHRE], **more))
tell(read)
