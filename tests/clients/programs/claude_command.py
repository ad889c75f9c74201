"""Claude Code in print mode: two turns of one session, and one with a tool."""

from __future__ import annotations

import sentences as say
from commands import HERE, URL, run, tell

package = HERE / "node_modules" / "@anthropic-ai" / "claude-code-linux-x64" / "claude"
more = {
    "ANTHROPIC_BASE_URL": URL,
    "ANTHROPIC_API_KEY": say.KEY,
    "ANTHROPIC_MODEL": say.CLAUDE,
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
}
claude = [str(package), "-p", "--allowedTools", "Bash", "--model", say.CLAUDE]
read = [run([*claude, "--", say.AMBER[0]], **more)]
read.append(run([claude[0], "-c", *claude[1:], "--", say.AMBER[1]], **more))
read.append(run([*claude, "--", say.OCHRE], **more))
tell(read)
