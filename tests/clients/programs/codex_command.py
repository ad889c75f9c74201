"""Codex CLI with an API key: two turns of one session, one with a tool; over a WebSocket when told ``socket``."""

from __future__ import annotations

import sys
from pathlib import Path

import sentences as say
from commands import HERE, URL, run, tell

home = Path.home() / "codex"
home.mkdir()
(home / "config.toml").write_text(
    f"""model = "{say.MODEL}"
model_provider = "lighthouse"
sandbox_mode = "danger-full-access"
approval_policy = "never"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.lighthouse]
name = "lighthouse"
base_url = "{URL}"
env_key = "LIGHTHOUSE_KEY"
wire_api = "responses"
supports_websockets = {"true" if sys.argv[2:] == ["socket"] else "false"}
"""
)
codex = ["node", str(HERE / "node_modules" / ".bin" / "codex"), "exec"]
more = {"CODEX_HOME": str(home), "LIGHTHOUSE_KEY": say.KEY}
read = [run([*codex, "--skip-git-repo-check", say.AMBER[0]], **more)]
read.append(run([*codex, "resume", "--last", "--skip-git-repo-check", say.AMBER[1]], **more))
read.append(run([*codex, "--skip-git-repo-check", say.OCHRE], **more))
tell(read)
