#!/usr/bin/env bash
# agno 3.1.10, semantic-kernel 1.45.0 and langchain-google-genai 4.4.3, all with google-genai 3.6.1, Python 3.11 or
# newer. A server on loopback answers like Gemini's generateContent, with a model that thinks: 100 tokens of prompt, 20
# of answer (candidatesTokenCount) and 300 of thinking (thoughtsTokenCount), 420 in total.
#
# Behaviour: Gemini counts thinking beside the answer, and bills both as output. langchain adds them up: 320 of output,
# and the sum is what the provider says. agno and semantic-kernel take the candidates alone for the output. agno does
# not take the provider's total either but makes one of its own, so it says 120 where 420 were sent. It keeps the
# thinking as reasoning_tokens, which for its other providers are a part of the output, so that nobody adds them.
# semantic-kernel's usage does not have them at all. Both log nothing.
# Consequence: cost and limits by tokens leave out most of what a thinking model uses, here fifteen sixteenths of the
# output, and one and the same agent looks far cheaper with Gemini than with another provider.
#
# Seen:
#   agno: input 100 output 20 reasoning 300 total 120
#   agno, stream: input 100 output 20 reasoning 300 total 120
#   semantic-kernel: input 100 output 20 details None
#   langchain: input 100 output 320 total 420
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check agno==3.1.10 semantic-kernel==1.45.0 \
    langchain-google-genai==4.4.3 google-genai==3.6.1 2>/dev/null
cat >"$folder/ask.py" <<'PY'
import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agno.agent import Agent
from agno.models.google import Gemini
from google import genai
from langchain_google_genai import ChatGoogleGenerativeAI
from semantic_kernel.connectors.ai.google.google_ai import GoogleAIChatCompletion, GoogleAIChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory

USAGE = {"promptTokenCount": 100, "candidatesTokenCount": 20, "thoughtsTokenCount": 300, "totalTokenCount": 420}


def answer(text, usage, **end):
    candidate = {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}, **end}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "r"}


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        end = {"finishReason": "STOP"}
        if "streamGenerateContent" in self.path:
            so_far = {**USAGE, "candidatesTokenCount": 8, "totalTokenCount": 408}
            chunks = answer("At ", so_far), answer("nine.", USAGE, **end)
            kind, body = "text/event-stream", "".join(f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in chunks)
        else:
            kind, body = "application/json", json.dumps(answer("At nine.", USAGE, **end))
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
client = genai.Client(api_key="k", http_options={"base_url": url})
model = "gemini-2.5-flash"

agent = Agent(model=Gemini(id=model, client=client), telemetry=False)
streamed = list(agent.run("When?", stream=True, stream_events=True))[-1]
for name, run in (("agno", agent.run("When?")), ("agno, stream", streamed)):
    used = run.metrics
    print(f"{name}: input {used.input_tokens} output {used.output_tokens} "
          f"reasoning {used.reasoning_tokens} total {used.total_tokens}")

history = ChatHistory()
history.add_user_message("When?")
service = GoogleAIChatCompletion(gemini_model_id=model, api_key="k", client=client)
message = asyncio.run(service.get_chat_message_content(history, GoogleAIChatPromptExecutionSettings()))
used = message.metadata["usage"]
details = used.completion_tokens_details
print(f"semantic-kernel: input {used.prompt_tokens} output {used.completion_tokens} details {details}")

used = ChatGoogleGenerativeAI(model=model, google_api_key="k", base_url=url).invoke("When?").usage_metadata
print(f"langchain: input {used['input_tokens']} output {used['output_tokens']} total {used['total_tokens']}")
PY
HOME="$folder" "$folder/venv/bin/python" "$folder/ask.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
agno: input 100 output 20 reasoning 300 total 120
agno, stream: input 100 output 20 reasoning 300 total 120
semantic-kernel: input 100 output 20 details None
langchain: input 100 output 320 total 420
SEEN
