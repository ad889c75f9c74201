"""Tools that the provider runs: which of their results cross the wire, and which evidence does not.

A result in a request or an answer is evidence, like the result of any tool. A search returns only links, so the
evidence for the answer is off the wire. What a request alone tells is in ``hosted_requests``.

Sources, read in November 2026: the API references of OpenAI, Anthropic, Azure, OpenRouter, xAI, Perplexity, Groq, Qwen,
Zhipu and Gemini; the SDKs of Tencent and Volcano for the words of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from proxy.wire.facts import child, items, string

SEARCH, TOOL, REFERENCE, CACHED = "hosted_search", "hosted_tool", "item_reference", "cached_content"
#: Parts of results whose bytes are no text.
_NO_TEXT = re.compile(r"image|audio|video|file|base64|screenshot")
#: Results are read within so many levels of lists.
_DEEPEST = 6

#: Items of Responses that name a run and hold its result in this member. Without it the result is off the wire.
_HELD = {
    "mcp_call": "output",
    "code_interpreter_call": "outputs",
    "file_search_call": "results",
}
#: Items that name a search, whose results never cross the wire. Perplexity's hold excerpts of what was found.
_SEARCHES = (
    *("web_search_call", "x_search_call", "browser_call", "url_context_call"),
    *("openrouter:web_search", "search_results", "fetch_url_results"),
)
#: How other items begin and end that a provider's tool leaves: OpenRouter's server tools, searches of any name.
_SERVER_TOOL = "openrouter:"
_SEARCHED = re.compile(
    r"(?:search|grounding|fetch|brows(?:er|ing)|retriev(?:al|er)|extractor|knowledge|finance)"
    r"(?:_\w{1,40})?_(?:call|results)\Z"
)
#: Those that bring no evidence.
_WITHOUT_EVIDENCE = (
    *("tool_search_call", "openrouter:datetime", "openrouter:image_generation", "openrouter:apply_patch"),
    *("openrouter:tool_search", "openrouter:experimental__search_models"),
)
#: Where such items hold what was found, if they do.
_FOUND = ("content", "output", "outputs", "result", "results")
#: ByteDance's assistant, which answers in ``blocks``: texts, thoughts, and searches with links.
DOUBAO = "doubao_app_call"
#: xAI's searches in X, which come as calls of free-text tools and are run by xAI.
_X_SEARCHES = ("x_keyword_search", "x_semantic_search", "x_user_search", "x_thread_fetch")
#: How ids of items begin that hold no evidence: reasoning, messages, calls, lists of tools.
_PLAIN_IDS = (
    "rs_",
    "msg_",
    "fc_",
    "ctc_",
    "tsc_",
    "mcpl_",
    "mcpr_",
    "mcpa_",
    "ig_",
    "lsh_",
    "sh_",
    "apc_",
    "cu_",
)
#: Blocks of Messages whose content is the result.
_RESULTS = ("mcp_tool_result", "web_fetch_tool_result", "code_execution_tool_result")
_CODE_RESULTS = ("bash_code_execution_tool_result", "text_editor_code_execution_tool_result")
#: Steps of a Gemini interaction whose result is text.
_RAN_STEPS = ("code_execution_result", "mcp_server_tool_result")
#: Those that may hold passages of files.
_PASSAGES = ("file_search_result", "retrieval_result")
#: Types of a result, and of the source of a fetched page, that hold no text, and the member with what they hold:
#: encrypted output, the bytes of a file.
_SEALED = {"encrypted_code_execution_result": "encrypted_stdout", "base64": "data"}
#: Kinds of citation that name what was found elsewhere.
_ELSEWHERE = (
    *("url_citation", "file_citation", "container_file_citation", "web_search_result_location", "place_citation"),
)

#: Members of a chat answer that list what was found; Ark's bots have ``references``, Hunyuan ``search_info``.
_CITED = frozenset(("citations", "search_results", "web_search", "references", "search_info"))
#: Those in which LiteLLM keeps what an answer of Gemini rests on.
_GROUNDED = ("vertex_ai_grounding_metadata", "grounding_metadata")

#: What shows in an answer that a tool ran or was cited.
_SIGNS = re.compile(
    rb'"(?:url_citation|file_citation|container_file_citation|web_search_result_location|[a-z_]{2,40}_call(?:_output)?'
    rb"|[a-z_]{2,40}_result|tool_search_output|program_output|citations|search_results|executed_tools|web_search_requests|web_search"
    rb"|groundingMetadata|(?:vertex_ai_)?grounding_metadata|codeExecutionResult|urlContextMetadata|toolResponse|openrouter:[a-z_]{2,40}|fetch_url_results"
    rb'|references|search_info|context|provider_specific_fields)"|"annotations"\s*:\s*\[\s*\{'
)


#: Members of answers in which the other families' tools show.
_BESIDE_CHAT = frozenset(
    (
        *("response", "output", "item", "content", "content_block", "delta", "annotation", "candidates"),
        *("steps", "step", "interaction"),
    ),
)


class Ran(NamedTuple):
    """Results of tools that the provider ran: texts that crossed the wire, and names of evidence that did not."""

    results: list[str]
    off_wire: list[str]


def result_text(value: object, depth: int = 0) -> str:
    """The text in a tool result of any form: a string, parts, shell output, retrieved passages, documents."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth < _DEEPEST:
        return "\n".join(text for item in value if (text := result_text(item, depth + 1)))
    if not isinstance(value, dict) or depth >= _DEEPEST:
        return ""
    kind = string(value, "type")
    if kind.endswith("error") or _NO_TEXT.search(kind):
        return ""
    found = [value[key] for key in ("text", "stdout", "stderr", "logs", "output") if value.get(key)]
    found += [value["data"]] if kind == "text" and value.get("data") else []
    found += [value[key] for key in ("content", "source") if isinstance(value.get(key), str | list | dict)]
    return "\n".join(text for item in found if (text := result_text(item, depth + 1)))


def is_output(item: dict[str, Any]) -> bool:
    """Whether a Responses item is the output of a tool, run by the application or by the provider."""
    return string(item, "type").endswith("call_output")


def of_item(item: dict[str, Any]) -> Ran:
    """The results in one Responses item, in a request or an answer."""
    kind = string(item, "type")
    if kind == "item_reference":
        plain = string(item, "id").startswith(_PLAIN_IDS)
        return Ran([], [] if plain else [REFERENCE])
    if kind in _SEARCHES or ran_for(item):
        return Ran([], [SEARCH])
    if kind == "program_output":  # of code that calls tools; it may print nothing
        return Ran([text] if (text := string(item, "result")) else [], [])
    if kind == DOUBAO:
        return Ran([], [SEARCH] if any(string(one, "type").endswith("search") for one in items(item, "blocks")) else [])
    if kind in _HELD:
        text = result_text(item.get(_HELD[kind]))
        missing = not text and not item.get("error") and string(item, "status") != "failed"
        return Ran([text] if text else [], [SEARCH if kind == "file_search_call" else TOOL] if missing else [])
    if kind.startswith(_SERVER_TOOL) or _SEARCHED.search(kind):
        return _of_any(item)
    return Ran([], [])


def _of_any(item: dict[str, Any]) -> Ran:
    """The results in an item of a tool that is known by the form of its name alone."""
    if string(item, "type") in _WITHOUT_EVIDENCE or item.get("error") or string(item, "status") == "failed":
        return Ran([], [])
    text = result_text([{"output": item[name]} for name in _FOUND if item.get(name)])
    return Ran([text] if text else [], [] if text else [SEARCH])


def ran_for(item: dict[str, Any]) -> bool:
    """Whether an item has the form of a call of the application's tool and is one that the provider ran."""
    return string(item, "type") == "custom_tool_call" and string(item, "name") in _X_SEARCHES


def of_block(block: dict[str, Any]) -> Ran:
    """The results in one Messages block, in a request or an answer."""
    kind = string(block, "type")
    if kind == "web_search_tool_result":
        failed = string(block.get("content"), "type").endswith("error")
        return Ran([], [] if failed else [SEARCH])
    if kind in _RESULTS or kind in _CODE_RESULTS:
        text, hidden = result_text(block.get("content")), _is_sealed(child(block, "content"))
        return Ran([text] if text and not block.get("is_error") else [], [TOOL] if hidden else [])
    return Ran([], [SEARCH] if _cites_elsewhere(block.get("citations")) else [])


def of_step(step: dict[str, Any]) -> Ran:
    """The results in one step of a Gemini interaction, in a request or an answer."""
    kind = string(step, "type")
    if kind in _RAN_STEPS:
        text = "" if step.get("is_error") else result_text(step.get("result"))
        return Ran([text] if text else [], [] if text or step.get("is_error") else [TOOL])
    if kind in _PASSAGES and (text := result_text(step.get("result"))):
        return Ran([text], [])
    if kind.endswith("_result") and kind not in ("function_result", "tool_search_result", "processing_result"):
        return Ran([], [] if step.get("is_error") else [SEARCH])
    return Ran([], [SEARCH] if any(_cites_elsewhere(one.get("annotations")) for one in items(step, "content")) else [])


def _is_sealed(result: dict[str, Any]) -> bool:
    """Whether a result holds an encrypted output, or a fetched page as the bytes of a file."""
    held = (result, child(child(result, "content"), "source"))
    return any(one.get(_SEALED.get(string(one, "type"), "")) for one in held)


def shows_signs(answer: bytes) -> bool:
    """Whether an answer may report a tool run. This is a cheap check before the answer is parsed for it."""
    return _SIGNS.search(answer) is not None


def of_answer(docs: Iterable[object]) -> Ran:
    """The results in an answer document or in the events of a stream, for all families."""
    results: dict[str, None] = {}
    off_wire: dict[str, None] = {}
    for doc in docs:
        for ran in _of_document(doc) if isinstance(doc, dict) else ():
            results.update(dict.fromkeys(ran.results))
            off_wire.update(dict.fromkeys(ran.off_wire))
    return Ran(list(results), list(off_wire))


def _of_document(doc: dict[str, Any]) -> Iterable[Ran]:
    if not _BESIDE_CHAT.isdisjoint(doc):
        yield from _of_others(doc)
    usage = child(doc, "usage") or child(child(doc, "message"), "usage")
    if "server_tool_use" in usage and child(usage, "server_tool_use").get("web_search_requests"):
        yield Ran([], [SEARCH])
    if "choices" in doc:
        yield from _of_chat(doc)


def _of_others(doc: dict[str, Any]) -> Iterable[Ran]:
    """The results in documents of other families, recognized by members that chat answers never have."""
    whole = child(doc, "response") or doc
    done = [child(doc, "item")] if string(doc, "type") == "response.output_item.done" else []
    for item in (*items(whole, "output"), *done):
        yield of_item(item)
        if is_output(item):
            yield Ran([text] if (text := result_text(item.get("output"))) else [], [])
        if any(_cites_elsewhere(part.get("annotations")) for part in items(item, "content")):
            yield Ran([], [SEARCH])
    for block in (*items(doc, "content"), child(doc, "content_block")):
        yield of_block(block)
    if _cites_elsewhere([child(child(doc, "delta"), "citation")]) or _cites_elsewhere([child(doc, "annotation")]):
        yield Ran([], [SEARCH])
    begun, delta = child(doc, "step"), child(doc, "delta")
    for step in (*items(doc, "steps"), *items(child(doc, "interaction"), "steps"), begun, delta):
        if string(step, "type") not in _RAN_STEPS or step.get("result") or "step" not in doc:
            yield of_step(step)  # what a step that begins has not yet comes with its deltas
    if _cites_elsewhere(delta.get("annotations")):
        yield Ran([], [SEARCH])
    for candidate in items(doc, "candidates"):  # Gemini's own words
        yield from _of_grounding(child(candidate, "groundingMetadata"))
        pages = items(child(candidate, "urlContextMetadata"), "urlMetadata")
        if any(string(page, "urlRetrievalStatus").endswith("_SUCCESS") for page in pages):
            yield Ran([], [SEARCH])
        for part in items(child(candidate, "content"), "parts"):
            if output := string(child(part, "codeExecutionResult"), "output"):
                yield Ran([output], [])
            if is_gemini_search(child(part, "toolResponse")):
                yield Ran([], [SEARCH])


def _of_grounding(grounding: dict[str, Any]) -> Iterable[Ran]:
    if passages := _passages(grounding):
        yield Ran(passages, [])
    elif any(grounding.get(name) for name in ("groundingChunks", "webSearchQueries", "retrievalQueries")):
        yield Ran([], [SEARCH])


def _passages(grounding: dict[str, Any]) -> list[str]:
    """The passages of an application's own files that an answer of Gemini rests on; none if it rests on more."""
    found = [string(child(chunk, "retrievedContext"), "text") for chunk in items(grounding, "groundingChunks")]
    return found if all(found) and not grounding.get("webSearchQueries") else []


def has_searched(grounding: dict[str, Any]) -> bool:
    """Whether an answer of Gemini rests on a search of Google's, which is paid for by the call."""
    chunks = items(grounding, "groundingChunks")
    return bool(grounding) and not (chunks and all("retrievedContext" in chunk for chunk in chunks))


def is_gemini_search(response: dict[str, Any]) -> bool:
    """Whether a ``toolResponse`` of Gemini is that of a search, a map or a page. It holds links, if anything."""
    kind = string(response, "toolType") or string(response, "tool_type")
    return bool(kind) and kind not in ("TOOL_TYPE_UNSPECIFIED", "MEDIA_PROCESSING")


def _of_chat(doc: dict[str, Any]) -> Iterable[Ran]:
    choices = items(doc, "choices")
    if choices and not _CITED.isdisjoint(doc) and any(_is_elsewhere(doc.get(name)) for name in _CITED):
        yield Ran([], [SEARCH])
    for name in _GROUNDED if choices else ():
        for grounding in (child(doc, name), *items(doc, name)):
            yield from _of_grounding(grounding)
    for choice in choices:
        said = child(choice, "message") or child(choice, "delta")
        if _cites_elsewhere(said.get("annotations")):
            yield Ran([], [SEARCH])
        if "context" in said:
            yield from _of_azure(child(said, "context"))
        if read := files_read(said):
            yield Ran(read, [])
        if "provider_specific_fields" in said:
            yield from _of_litellm(child(said, "provider_specific_fields"))
        for tool in items(said, "executed_tools") if "executed_tools" in said else ():
            text = result_text(tool.get("output"))
            yield Ran([text] if text else [], [] if text else [TOOL])


def _is_elsewhere(cited: object) -> bool:
    """Whether what an answer cites was found elsewhere, and not in documents of the request (Cohere)."""
    if not isinstance(cited, list):
        return bool(cited)
    return not all(
        (sources := items(one, "sources")) and all(string(source, "type") == "document" for source in sources)
        for one in cited
    )


def _of_azure(context: dict[str, Any]) -> Iterable[Ran]:
    """What Azure found in an application's own data: what the answer cites, and what else the model was given.

    ``filter_reason`` says why the model was not given a document that was found.
    """
    cited, found = items(context, "citations"), items(context, "all_retrieved_documents")
    given = [*cited, *(one for one in found if not one.get("filter_reason"))]
    if cited or found:
        yield Ran([text for one in given if (text := string(one, "content"))], [SEARCH])


def files_read(message: dict[str, Any]) -> list[str]:
    """What OpenRouter has read in files of a request.

    It annotates the answer with it, and clients send that back with the answer, so that no file is read again
    (openrouter.ai/docs "PDF Inputs", read in November 2026).
    """
    files = (child(one, "file") for one in items(message, "annotations") if string(one, "type") == "file")
    return [text for file in files if (text := result_text(file.get("content")))]


def _of_litellm(fields: dict[str, Any]) -> Iterable[Ran]:
    """What LiteLLM keeps of other families' answers in chat: Anthropic's citations and searches, its own searches."""
    cited = fields.get("citations")
    flat = [one for group in cited if isinstance(group, list) for one in group] if isinstance(cited, list) else []
    if fields.get("web_search_results") or _cites_elsewhere(flat):
        yield Ran([], [SEARCH])
    for page in items(fields, "search_results"):
        found = [text for one in items(page, "data") if (text := result_text(one.get("content")))]
        yield Ran(found, [] if found else [SEARCH])


def _cites_elsewhere(citations: object) -> bool:
    if not isinstance(citations, list) or not citations:
        return False
    return any(string(citation, "type") in _ELSEWHERE for citation in citations)
