"""What every program says, so that the provider recognises it in any wire. No import: every environment runs it."""

SYSTEM = "You keep the stock list of a lighthouse."
AMBER = ("Dialogue amber: where is the lamp?", "And which of its lamps is the brighter one?")
COBALT = ("Dialogue cobalt: count the ropes in the store.", "And how long is the longest rope?")
OCHRE = "Dialogue ochre: find the ladder with the tool."
PLACE = "Dialogue place: name the place of the anchor in the given form."
OTHERS = (
    "Dialogue ivory: which of the ropes is wet?",
    "Dialogue jade: who mended the ladder?",
    "Dialogue pearl: name the place of the net in the given form.",
)
RESULT = "ladder: shelf 9, bay 4"
TOOL = "find_item"
TOOL_ABOUT = "Finds an item in the stock list."
ARGUMENTS = {"what": "ladder"}
SCHEMA = {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}
KEY = "sk-lighthouse-0000000000000000"
MODEL, CLAUDE, GEMINI, LLAMA, COMMAND = (
    "gpt-4o-mini",
    "claude-sonnet-4-5",
    "gemini-2.5-flash",
    "qwen3",
    "command-a-03-2025",
)
EMBEDDER = "text-embedding-3-small"
