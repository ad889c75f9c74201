"""The llm command, configured as its users configure another endpoint: two turns of one conversation, and one whole."""

from __future__ import annotations

import json
from pathlib import Path

import sentences as say
from commands import HERE, URL, run, tell

folder = Path.home() / "llm"
folder.mkdir()
model = {"model_id": "lighthouse", "model_name": say.MODEL, "api_base": URL, "api_key_name": "lighthouse"}
(folder / "extra-openai-models.yaml").write_text(json.dumps([model]))  # JSON is YAML
llm = [str(HERE / "bin" / "llm"), "-m", "lighthouse", "--key", say.KEY]
more = {"LLM_USER_PATH": str(folder)}
read = [run([*llm, "-s", say.SYSTEM, say.AMBER[0]], **more)]
read.append(run([*llm, "-c", say.AMBER[1]], **more))
read.append(run([*llm, "--no-stream", "-s", say.SYSTEM, say.COBALT[0]], **more))
tell(read)
