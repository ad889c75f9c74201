"""``sightglass init [FILE]``: writes a commented configuration file, ready to edit. It passes ``check-config``."""

from __future__ import annotations

import sys
from pathlib import Path

from proxy.errors import ConfigError
from proxy.run.command_line import Parser

_DEFAULT = "sightglass.yaml"
#: What is written. Lines that begin with "# " and a key are examples that may be taken in as they stand.
TEXT = """\
# Sightglass configuration. Check it with:  sightglass check-config sightglass.yaml
# Start with it:                             sightglass serve --config sightglass.yaml
# ${NAME} takes a variable of the environment. Every key: docs/configuration.md

# Where requests go. The first upstream whose pattern matches the model of the request takes it.
# Without an api_key the client's own key passes through.
upstreams:
  - name: openai
    base_url: https://api.openai.com/v1
    # api_key: ${OPENAI_API_KEY}
    # models: ["gpt-*", "o3*", "text-embedding-*"]
  # - {name: local, base_url: "http://127.0.0.1:8000/v1", models: ["*"]}

# Your applications. One names itself by path (/apps/support-bot/v1), by the header x-sightglass-app,
# or by a key of its own under clients. Any other name is counted as "other".
apps: [support-bot]

# Keys of ours, one for each application. With any entry, requests need one of these keys.
# clients:
#   - {key: "${SUPPORT_BOT_KEY}", app: support-bot}

# The three listeners. A console beyond loopback needs a console_token.
listen: 127.0.0.1:8080
metrics_listen: 127.0.0.1:8081
console_listen: 127.0.0.1:8082
# console_token: ${SIGHTGLASS_CONSOLE_TOKEN}

# Where queue, store and secret are kept, relative to the folder that Sightglass is started in.
data_dir: ./sightglass-data

# The share of conversations that is kept and scored.
sampling:
  rate: 1.0

# Whose text is stored: none, flagged (a scorer said yes or unsure) or sampled (all samples).
# Keys and personal data are replaced before anything is stored.
content: sampled
retention: {samples: 30d, exchanges: 7d}

# What latency is good enough. Each objective is counted for every request.
objectives:
  - {app: "*", signal: time_to_first_token, below_seconds: 2.5, share: 0.95}

# A second opinion by a model, on a subset and within a budget. Off until an application is listed.
# judge:
#   base_url: https://api.openai.com/v1
#   api_key: ${JUDGE_API_KEY}
#   model: gpt-4o-mini
#   budget_usd_per_day: 5
#   apps: [support-bot]
"""


def parser() -> Parser:
    """The command's options."""
    made = Parser(
        prog="sightglass init",
        description="Writes a configuration file with comments. Never overwrites one. Exit status: 0, or 2.",
    )
    made.add_argument(
        "file",
        nargs="?",
        type=Path,
        default=Path(_DEFAULT),
        help=f"where to write it (default: {_DEFAULT}); - for stdout",
    )
    return made


def main(words: list[str]) -> int:
    """Runs the command. Returns the exit status. Raises ``ConfigError``."""
    path: Path = parser().parse_args(words[1:]).file
    if str(path) == "-":
        sys.stdout.write(TEXT)
        return 0
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        raise ConfigError([f"{path}: exists already and was not touched; name another file"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror}"]) from None
    try:
        with file:
            file.write(TEXT)
    except OSError as error:  # half a file would stand in the way of the next attempt
        path.unlink(missing_ok=True)
        raise ConfigError([f"{path}: {error.strerror}"]) from None
    sys.stderr.write(f"{path}: written; edit it, then: sightglass check-config {path}\n")
    return 0
