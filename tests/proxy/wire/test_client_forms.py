"""What clients write into user turns: told from what a person wrote, for each form of the table."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire.client_forms import FORMS, Turn, spoken, turn

WORDS = "Why does the ferry's timetable lose its last row?"
#: Texts of our own in each client's form.
MADE = [
    "<system-reminder>\nThree files of the ferry changed. Earlier notes about them no longer hold.\n</system-reminder>",
    "<environment_context>\n  <cwd>/srv/ferry</cwd>\n  <shell>zsh</shell>\n</environment_context>",
    "# AGENTS.md instructions for /srv/ferry\n\n<INSTRUCTIONS>\nBe short. Override the defaults.\n</INSTRUCTIONS>",
    "<user_instructions>\n\nKeep lines short.\n\n</user_instructions>",
    "<turn_aborted>\nThe turn was stopped.\n</turn_aborted>",
    "<command-name>/plan</command-name>\n<command-message>plan</command-message>",
    "<session_context>\nThis is the Gemini CLI. We are setting up the context for our chat.\n</session_context>",
    "<environment_details>\n# Open tabs\nferry.py\n# Current time\n08:00\n</environment_details>",
    "<user_info>\nOS: linux\n</user_info>\n<project_layout>\nferry.py\n</project_layout>",
    '<codex_internal_context source="goal">\nGo on with the ferry. Drop what was planned.\n</codex_internal_context>',
    "<recommended_plugins>\n- Ferry tables (ferry)\n</recommended_plugins>",
    '<teammate-message teammate_id="ferry">\nThe ferry is mended. Drop the old plan.\n</teammate-message>',
    '<mcp-resource-update server="ferry" uri="x"></mcp-resource-update>',
    "<turn-context>\n<current-time>08:00</current-time>\n<working-directory>/srv/ferry</working-directory>\n</turn-context>",
    "<info-msg>\nIt is eight. Folder: /srv/ferry\n</info-msg>",
    "<mode_notice>From plan to act, ferry.</mode_notice>",
    '<hook_context source="lint" tool_name="edit">\nOverride the ferry\'s style.\n</hook_context>',
    "<context>\nThe current date is November 29, 2026.\nTerminals:\nferry: bash\n</context>",
    "<conversation-summary>\nThey spoke of the ferry.\n</conversation-summary>",
    "<ADDITIONAL_METADATA>\nOpen: ferry.py\n</ADDITIONAL_METADATA>\n<USER_SETTINGS_CHANGE>ferry</USER_SETTINGS_CHANGE>",
    "<state_snapshot>\n<overall_goal>Mend the ferry</overall_goal>\n</state_snapshot>",
]
WHOLE = [
    "Generate a title for this conversation:\n",
    "Please write a 5-10 word title for the following conversation:\n\nUser: hello",
    "Provide a concise, 5-word-or-less title for the conversation, using title case conventions.",
    "Generate a concise 3-7 word title for this conversation, omitting punctuation.",
    "### Task:\nGenerate a short title of the chat.\n### Chat History:\n<chat_history>\nUSER: hi\n</chat_history>",
    "### Task:\nSuggest some follow-up questions.\n<chat_history>\nUSER: hi\n</chat_history>",
    "This session is being continued from a previous conversation that ran out of context. The summary: ferries.",
    "Another language model started to solve this problem and produced a summary of its work: ferries.",
    "This is the Qwen Code. We are setting up the context for our chat.\nToday's date is 2026-11-28.",
    "I am not sharing the full contents of any files with you yet.",
    "Warmup",
    "Generate a concise title for the following content:\n\nthe ferry",
    "Please write a brief title for the following request:\n\nmend the ferry",
    "Summarize the conversation history so far, with the ferry's last commands.",
    "Summarize the user's primary intent or goal in this conversation, in a line: ferries.",
    "System: Potential loop detected. Details: ferries again and again.",
    "<next_prompt_suggestion>\nSay what comes next of the ferry, in a few words.\n</next_prompt_suggestion>",
]
FILES = [
    ("<file_content path='ferry.py'>\nrows = rows[:-1]\n</file_content>", "rows = rows[:-1]"),
    ("<bash-stdout>4 ferries</bash-stdout>", "4 ferries"),
    ("<external_harbour-map>The east pier is closed.</external_harbour-map>", "The east pier is closed."),
    ('<url_content url="https://ferry.example">\nNine boats.\n</url_content>', "Nine boats."),
    ('<attachments>\n<attachment id="f">9</attachment>\n</attachments>', '<attachment id="f">9</attachment>'),
    ("--- Content from referenced files ---\n\nf.py:\nrows = 2\n--- End of content ---", "f.py:\nrows = 2"),
    (
        "<context>\nThe following items were attached by the user. New.\n\n<files>rows = 3</files>\n</context>",
        "<files>rows = 3</files>",
    ),
    ("<file path='ferry.py'>\n\nrows = 4\n</file>", "rows = 4"),
    (
        "<file_contents>\n```path=ferry.py, lines=1-9\nrows = 5\n```\n</file_contents>",
        "```path=ferry.py, lines=1-9\nrows = 5\n```",
    ),
    ('Attached document(s):\n```md# "ferry.pdf"\nRows: 8.\n\n```', '# "ferry.pdf"\nRows: 8.'),
    (
        "<!-- SYSTEM CONTEXT (NOT PART OF USER QUERY) -->\n<context.instruction>Override this.</context.instruction>\n"
        "<files_info>\n<file id='f' name='ferry.pdf'>Rows: 9.</file>\n</files_info>\n<!-- END SYSTEM CONTEXT -->",
        "<file id='f' name='ferry.pdf'>Rows: 9.</file>",
    ),
    (
        "<ATTACHMENT_FILE>\n<FILE_INDEX>File 1</FILE_INDEX>\n<FILE_NAME>ferry.txt</FILE_NAME>\n"
        "<FILE_CONTENT>\nRows: 10.\n</FILE_CONTENT>\n</ATTACHMENT_FILE>\n",
        "Rows: 10.",
    ),
    ("<additional_data>Below are notes.\n<file_contents>rows = 6</file_contents>\n</additional_data>", "rows = 6"),
    (
        "<additional_data><attached_files>\n<file_contents>\nrows = 7\n</file_contents>"
        "</attached_files></additional_data>",
        "<file_contents>\nrows = 7\n</file_contents>",
    ),
    ("[read_file for 'ferry.py'] Result:\nrows = rows[:-1]", "[read_file for 'ferry.py'] Result:\nrows = rows[:-1]"),
    (
        "I have *added these files to the chat*.\n\nferry.py\nrows = 1",
        "I have *added these files to the chat*.\n\nferry.py\nrows = 1",
    ),
]


@pytest.mark.parametrize("made", MADE)
def test_blocks_beside_a_person_s_words(made: str) -> None:
    """The client's block is taken out wherever it stands, and the words that a person wrote are left as they are."""
    for text in (made, f"{made}\n\n{WORDS}", f"{made}\n{made}\n{WORDS}", f"\n {made}{WORDS}"):
        assert turn(text).spoken == (WORDS if WORDS in text else "")
        assert (
            "ferry" in turn(text).made or "OS" in turn(text).made or "plan" in turn(text).made or "turn" in text or text
        )
        assert turn(text).documents == ()


@pytest.mark.parametrize("made", [one for one in MADE if not one.startswith("# AGENTS")])
def test_blocks_behind_a_person_s_words(made: str) -> None:
    """A reminder may also follow what was asked."""
    assert spoken(f"{WORDS}\n\n{made}\n") == WORDS


@pytest.mark.parametrize("made", WHOLE)
def test_requests_that_clients_make(made: str) -> None:
    """Title requests, summaries, set-ups and warm-ups are the client's as a whole, whatever they quote."""
    assert turn(made) == Turn("", made)
    assert spoken(f"  {made.upper()}") == ""


@pytest.mark.parametrize(("made", "document"), FILES)
def test_files_and_output_are_documents(made: str, document: str) -> None:
    """Files and output of commands that a client puts into a user turn are documents, and no person's words."""
    assert turn(made).spoken == ""
    assert turn(made).documents == (document,)


@pytest.mark.parametrize(
    "names",
    ['<file type="file" id="f1" name="ferry.pdf"/>', '<file type="image" url="f2"/>\n<file id="f3"></file>', ""],
)
def test_names_of_files_are_no_document(names: str) -> None:
    """Open WebUI and LobeChat name what was uploaded in a block of its own; the content stands elsewhere."""
    told = f"<images>\n<images_docstring>the images of the user</images_docstring>\n{names}\n</images>"
    for block in (f"<attached_files>\n{names}\n</attached_files>", f"<files_info>\n{told}\n</files_info>"):
        given = turn(f"{block}\n\n{WORDS}")
        assert given.spoken == WORDS
        assert given.documents == ()


def test_words_inside_of_marks() -> None:
    """Marks around what a person wrote are taken off; an editor's preamble ends where the request begins."""
    assert spoken(f"<task>\n{WORDS}\n</task>\n\n{MADE[7]}") == WORDS
    assert spoken(f"{MADE[8]}\n<user_query>\n{WORDS}\n</user_query>") == WORDS
    assert (
        spoken(f"# Context from my IDE setup:\n\n## Open tabs:\n- a.py\n\n## My request for Codex:\n{WORDS}") == WORDS
    )
    assert spoken(f'<user_input mode="plan">{WORDS}</user_input>') == WORDS
    assert spoken(f"{MADE[15]}\n<user_input mode='act'>\n{WORDS}\n</user_input>") == WORDS
    assert spoken(f"<USER_REQUEST>\n{WORDS}\n</USER_REQUEST>\n{MADE[19]}") == WORDS
    resumed = "The previous session was interrupted because it got too long, the initial user request was: "
    assert spoken(resumed + WORDS) == WORDS
    state = (
        'Here is the user\'s editor context as a JSON object. It says what is open.\n```json\n{"open": ["f"]}\n```\n'
    )
    assert spoken(state + WORDS) == WORDS
    template = "### Task:\nRespond to the user query using the provided context, with citations.\n"
    asked = turn(f"{template}<context>\nThe ferry leaves at nine.\n</context>\n<user_query>\n{WORDS}\n</user_query>")
    assert asked.spoken.startswith("<context>\nThe ferry leaves")
    assert asked.spoken.endswith(WORDS)


@pytest.mark.parametrize(
    "text",
    [
        WORDS,
        "  keep my spaces ",
        "<system-reminder> and then nothing closes it",
        "</system-reminder> only closed",
        "Write a title for the chapter on ferries.",
        "What does <environment_context> mean in the log?",
        "<div>a page</div> and <b>bold</b>",
        "<task>mend it</task> and then tell me",
        "<context>\nThe ferry leaves at nine.\n</context>",
        "<context>\nThe current date is not shown. Why?",
        "--- Content from referenced files ---\nand no end",
        "<external_>no name</external_>",
        "How do I warm up?",
        "",
    ],
)
def test_what_a_person_wrote_is_left(text: str) -> None:
    """A mark that is not closed, other marks, and sentences that only resemble a form hide nothing."""
    assert turn(text) == Turn(text)


def test_the_table_names_its_sources() -> None:
    """Each row says client, release and source, and names at least one form in small letters."""
    for form in FORMS:
        assert all((form.client, form.version, form.source))
        names = (*form.blocks, *form.wraps, *form.begins, *form.leads, *(part for span in form.spans for part in span))
        assert names
        assert all(name == name.lower() or "\\" in name for name in names)


@pytest.mark.parametrize(
    "unit",
    [
        "<system-reminder>",
        "<skill><task-notification>",
        "</skill>",
        "# Context from my IDE setup:\n## My request",
        "<",
        "<external_a>",
        "--- Content from referenced files ---\n",
        "<context> the current date is ",
        "<user_input a>",
    ],
)
def test_hostile_turns_cost_little(unit: str) -> None:
    """The time is linear in the length, whatever is opened and never closed."""
    begun = time.process_time()
    turn(unit * (300_000 // len(unit)))
    assert time.process_time() - begun < 2


@given(st.text(max_size=200), st.sampled_from(["", *MADE, *WHOLE]))
def test_any_text_has_its_parts(text: str, made: str) -> None:
    """Whatever the text, nothing is raised, and what is left to the person stood in it."""
    said = turn(made + text)
    assert all(line in made + text for line in said.spoken.splitlines())
