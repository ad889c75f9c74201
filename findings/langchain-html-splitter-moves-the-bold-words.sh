#!/usr/bin/env bash
# langchain-text-splitters 1.1.3 (HTMLHeaderTextSplitter, for pages that a retriever shall find) with langchain-core
# 1.8.3 and beautifulsoup4 4.15.0, Python 3.11 or newer. A heading and a paragraph with words in bold, in italics or
# in a link.
#
# Behaviour: the splitter takes of each element the text that stands directly in it, and puts what stands in its inner
# elements behind it as lines of their own. So what is bold is cut out of the sentence and comes after its end: "is
# <b>not</b> refundable" becomes "is refundable." and a "not" below. Two amounts and two dates of one sentence come as
# four words in a row. All words are there, so that a comparison of words or a search by key word finds no fault. The
# package's HTMLSemanticPreservingSplitter does the like, with the inner words first (reported as langchain issue
# 38404).
# Consequence: the passages of an evaluation of retrieval say the opposite of the page, and a model that answers from
# them is called wrong for being faithful.
#
# Seen:
#   a word in bold: 'The fee is refundable. | not'
#   amounts in bold: 'Pay by the , or by the . | 30 | 1st | 50 | 9th'
#   nothing in bold: 'The fee is not refundable.'
#   by beautifulsoup4: 'The fee is not refundable.'
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile langchain-text-splitters==1.1.3 \
    langchain-core==1.8.3 beautifulsoup4==4.15.0 2>/dev/null
cat >"$folder/split.py" <<'PY'
from bs4 import BeautifulSoup
from langchain_text_splitters import HTMLHeaderTextSplitter

splitter = HTMLHeaderTextSplitter([("h1", "title")])
bold = "<p>The fee is <b>not</b> refundable.</p>"
pages = {
    "a word in bold": bold,
    "amounts in bold": "<p>Pay <b>30</b> by the <i>1st</i>, or <b>50</b> by the <i>9th</i>.</p>",
    "nothing in bold": "<p>The fee is not refundable.</p>",
}
for name, page in pages.items():
    heading, passage = splitter.split_text("<h1>Fees</h1>" + page)
    lines = " | ".join(line.strip() for line in passage.page_content.splitlines())
    print(f"{name}: {lines!r}")
print(f"by beautifulsoup4: {BeautifulSoup(bold, 'html.parser').get_text()!r}")
PY
HOME="$folder" "$folder/venv/bin/python" -W ignore "$folder/split.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
a word in bold: 'The fee is refundable. | not'
amounts in bold: 'Pay by the , or by the . | 30 | 1st | 50 | 9th'
nothing in bold: 'The fee is not refundable.'
by beautifulsoup4: 'The fee is not refundable.'
SEEN
