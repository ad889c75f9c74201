"""``sightglass completion bash|zsh|fish``: a shell script that completes commands and file names."""

from __future__ import annotations

import sys

from proxy.run.command_line import Parser
from proxy.run.commands import COMMANDS

_BASH = """\
# sightglass completion for bash: put `eval "$(sightglass completion bash)"` into ~/.bashrc
_sightglass() {{
    local word=${{COMP_WORDS[COMP_CWORD]}}
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "{names} --help --version" -- "$word"))
    elif [ "${{COMP_WORDS[1]}}" = completion ]; then
        COMPREPLY=($(compgen -W "bash zsh fish" -- "$word"))
    elif [[ "$word" == -* ]]; then
        COMPREPLY=($(compgen -W "{options}" -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}}
complete -o filenames -F _sightglass sightglass
"""
_ZSH = """\
#compdef sightglass
# sightglass completion for zsh: put `eval "$(sightglass completion zsh)"` into ~/.zshrc, after compinit
_sightglass() {{
    local -a commands
    commands=(
{described}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
    elif [[ "${{words[2]}}" == completion ]]; then
        _values shell bash zsh fish
    elif [[ "${{words[CURRENT]}}" == -* ]]; then
        compadd -- {options}
    else
        _files
    fi
}}
compdef _sightglass sightglass
"""
_FISH = """\
# sightglass completion for fish: sightglass completion fish > ~/.config/fish/completions/sightglass.fish
{described}
complete -c sightglass -n "__fish_seen_subcommand_from completion" -f -a "bash zsh fish"
"""
#: Options that most commands share.
_OPTIONS = "--help --config --data-dir --json"


def main(words: list[str]) -> int:
    """Runs the command. Returns the exit status."""
    made = Parser(
        prog="sightglass completion",
        description='Prints a completion script. For bash: eval "$(sightglass completion bash)". Exit status: 0, or 2.',
    )
    made.add_argument("shell", choices=("bash", "zsh", "fish"))
    sys.stdout.write(script(made.parse_args(words[1:]).shell))
    return 0


def script(shell: str) -> str:
    """The completion script for ``bash``, ``zsh`` or ``fish``."""
    names = " ".join(command.name for command in COMMANDS)
    if shell == "bash":
        return _BASH.format(names=names, options=_OPTIONS)
    if shell == "zsh":
        lines = [f"        '{command.name}:{_quoted(command.help)}'" for command in COMMANDS]
        return _ZSH.format(described="\n".join(lines), options=_OPTIONS)
    lines = [
        f"complete -c sightglass -n __fish_use_subcommand -f -a {command.name} -d '{_quoted(command.help)}'"
        for command in COMMANDS
    ]
    return _FISH.format(described="\n".join(lines))


def _quoted(text: str) -> str:
    # Within single quotes; what a help text says with an apostrophe is said with another one here.
    return text.replace("'", "\u2019")
