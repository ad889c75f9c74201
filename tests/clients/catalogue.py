"""The clients: one literal. Each names its environment (a folder of build/clients, or ``own``: the project's own), the
package whose version stands in the table, its program and what its address ends in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Client:
    """``base`` follows the provider's address. ``varies``: its requests differ from run to run (session ids, dates,
    folders), so that bytes are compared with those masked. ``help``: the setting that helps, for people to read."""

    name: str
    environment: str
    package: str
    program: str
    base: str = "/v1"
    help: str = "none needed"
    varies: bool = False
    seconds: int = 90
    arguments: tuple[str, ...] = field(default=())


_USAGE = "`stream_options.include_usage` in the client, or `ask_usage`: without it a stream has no tokens"

CLIENTS: tuple[Client, ...] = (
    Client("openai-python", "own", "openai", "openai_sdk.py", help=_USAGE),
    Client("openai-node", "node", "openai", "openai_node.mjs", help=_USAGE),
    Client("anthropic", "small", "anthropic", "anthropic_sdk.py", ""),
    Client("google-genai", "small", "google-genai", "google_genai.py", ""),
    Client("google-genai (Interactions)", "small", "google-genai", "google_interactions.py", ""),
    Client("ollama", "small", "ollama", "ollama_sdk.py", ""),
    Client("openai-python (WebSocket)", "wide", "openai", "openai_socket.py"),
    Client("Azure (openai-python)", "own", "openai", "azure_openai.py", "", help=_USAGE),
    Client("openai-agents", "wide", "openai-agents", "openai_agents.py"),
    Client("pydantic-ai", "wide", "pydantic-ai-slim", "pydantic_ai_agent.py"),
    Client("LangChain", "small", "langchain-openai", "langchain_chat.py"),
    Client("LlamaIndex", "older", "llama-index-llms-openai", "llamaindex_llm.py", help=_USAGE),
    Client("DSPy", "wide", "dspy", "dspy_predict.py"),
    Client("instructor", "older", "instructor", "instructor_model.py"),
    Client("Haystack", "wide", "haystack-ai", "haystack_chat.py", help=_USAGE),
    Client("litellm (as a client)", "wide", "litellm", "litellm_client.py", help=_USAGE),
    Client("mistralai", "wide", "mistralai", "mistral_sdk.py", ""),
    Client("cohere", "wide", "cohere", "cohere_sdk.py", ""),
    Client("groq", "wide", "groq", "groq_sdk.py", ""),
    Client("together", "wide", "together", "together_sdk.py", "", help="`base_url` without `/v1`: version 3 adds it"),
    Client("llm", "wide", "llm", "llm_command.py"),
    Client("aider", "aider", "aider-chat", "aider_command.py", varies=True, seconds=180, help=_USAGE),
    Client("AI SDK: @ai-sdk/openai", "ai", "@ai-sdk/openai", "ai_sdk.mjs", arguments=("openai",)),
    Client(
        "AI SDK: @ai-sdk/openai-compatible", "ai", "@ai-sdk/openai-compatible", "ai_sdk.mjs", arguments=("compatible",)
    ),
    Client("AI SDK: @ai-sdk/anthropic", "ai", "@ai-sdk/anthropic", "ai_sdk.mjs", arguments=("anthropic",)),
    Client("Codex CLI", "agents", "@openai/codex", "codex_command.py", varies=True, seconds=180),
    Client(
        "Codex CLI (WebSocket)",
        *("agents", "@openai/codex", "codex_command.py"),
        varies=True,
        seconds=180,
        arguments=("socket",),
    ),
    Client("Claude Code", "agents", "@anthropic-ai/claude-code", "claude_command.py", "", varies=True, seconds=180),
    Client("opencode", "agents", "opencode-ai", "opencode_command.py", varies=True, seconds=180),
)

#: The five that continuous integration runs: five wires, and nothing that is large to install.
SMALL = ("openai-python", "openai-node", "anthropic", "google-genai", "ollama")
