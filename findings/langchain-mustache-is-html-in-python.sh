#!/usr/bin/env bash
# langchain-core 1.8.3 (PyPI, Python 3.11 or newer) and @langchain/core 1.4.0 (npm, Node 20 or newer), both with the
# template format "mustache", which prompts from LangSmith have. A judge's prompt takes an answer of a model, a piece
# of code.
#
# Behaviour: in Python a variable in two braces is written as HTML: &lt;, &gt;, &amp; and &quot; stand where the
# answer has its signs. In JavaScript the same template with the same values keeps the text: the package turns the
# escaping off. A prompt is no page, and the docstrings name the format beside "f-string", which keeps the text in
# Python as well, and say nothing of it. Three braces keep it in both languages.
# Consequence: a judge in Python grades code, XML or JSON that no model wrote, and pays for more text; an experiment
# that is repeated in the other language is another one.
#
# Seen:
#   Python, {answer}: Is it right? {"ok": a < b && c > d}
#   Python, {{answer}}: Is it right? {&quot;ok&quot;: a &lt; b &amp;&amp; c &gt; d}
#   Python, {{{answer}}}: Is it right? {"ok": a < b && c > d}
#   JavaScript, {{answer}}: Is it right? {"ok": a < b && c > d}
#   JavaScript, {{{answer}}}: Is it right? {"ok": a < b && c > d}
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile langchain-core==1.8.3 2>/dev/null
npm install --silent --no-audit --no-fund @langchain/core@1.4.0 >/dev/null 2>&1
cat >ask.py <<'PY'
from langchain_core.prompts import ChatPromptTemplate

ANSWER = '{"ok": a < b && c > d}'
for variable, form in (("{answer}", "f-string"), ("{{answer}}", "mustache"), ("{{{answer}}}", "mustache")):
    prompt = ChatPromptTemplate.from_messages([("user", f"Is it right? {variable}")], template_format=form)
    print(f"Python, {variable}:", prompt.format_messages(answer=ANSWER)[0].content)
PY
cat >ask.mjs <<'JS'
import { ChatPromptTemplate } from "@langchain/core/prompts";

const answer = '{"ok": a < b && c > d}';
for (const variable of ["{{answer}}", "{{{answer}}}"]) {
  const messages = [["user", `Is it right? ${variable}`]];
  const prompt = ChatPromptTemplate.fromMessages(messages, { templateFormat: "mustache" });
  console.log(`JavaScript, ${variable}:`, (await prompt.formatMessages({ answer }))[0].content);
}
JS
{ venv/bin/python -W ignore ask.py && node ask.mjs; } | tee out
diff out - <<'SEEN'
Python, {answer}: Is it right? {"ok": a < b && c > d}
Python, {{answer}}: Is it right? {&quot;ok&quot;: a &lt; b &amp;&amp; c &gt; d}
Python, {{{answer}}}: Is it right? {"ok": a < b && c > d}
JavaScript, {{answer}}: Is it right? {"ok": a < b && c > d}
JavaScript, {{{answer}}}: Is it right? {"ok": a < b && c > d}
SEEN
