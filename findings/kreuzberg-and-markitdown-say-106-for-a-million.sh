#!/usr/bin/env bash
# kreuzberg 4.10.4 and markitdown 0.1.9 (loaders that turn documents into text for retrieval) with python-docx 1.2.0,
# pandas 2.3.3 and lxml 6.1.3, Python 3.11 or newer. A page says "At most 10 to the 6 rows a day" with the 6 as a
# superscript, and has a table whose first cell belongs to two rows (rowspan). The same sentence in a Word file.
#
# Behaviour: both loaders write the superscript as if it were not one: a million is 106. kreuzberg does it in its
# default form (plain text) for both files, in Markdown and HTML for the page alone, and in djot for none; markitdown
# does it for both. Below the cell that belongs to two rows, markitdown starts the row at the left, so that 2025
# stands for the city and 724 for the year. kreuzberg does so in its list of tables and in HTML, while its own
# Markdown leaves the cell free. And the list of tables holds the one table of the page twice. No loader says that
# something was lost.
# Consequence: a model that reads the passage is wrong for being faithful, a judge with the same passage agrees, and
# rows of extracted tables count twice.
#
# Seen:
#   kreuzberg, plain (default): docx 106, html 106
#   kreuzberg, markdown: docx 10^6^, html 106
#   kreuzberg, djot: docx 10^6^, html 10^6^
#   markitdown: docx 106, html 106
#   second row, kreuzberg markdown: ['', '2025', '724']
#   second row, kreuzberg tables: 2 tables, ['2025', '724', '']
#   second row, markitdown: ['2025', '724']
#   second row, by pandas: ['Oslo', '2025', '724']
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile kreuzberg==4.10.4 \
    'markitdown[docx]==0.1.9' python-docx==1.2.0 pandas==2.3.3 lxml==6.1.3 2>/dev/null
cat >"$folder/load.py" <<'PY'
import re
from pathlib import Path

import docx
import kreuzberg
import pandas as pd
from markitdown import MarkItDown

table = """<table><tr><th>city</th><th>year</th><th>people</th></tr>
<tr><td rowspan="2">Oslo</td><td>2024</td><td>717</td></tr><tr><td>2025</td><td>724</td></tr></table>"""
Path("page.html").write_text(f"<p>At most 10<sup>6</sup> rows a day.</p>{table}")
document = docx.Document()
paragraph = document.add_paragraph("At most 10")
paragraph.add_run("6").font.superscript = True
paragraph.add_run(" rows a day.")
document.save("page.docx")


def kreuz(name, form=None):
    return kreuzberg.extract_file_sync(name, config=kreuzberg.ExtractionConfig(output_format=form))


def number(text):
    return re.search(r"At most (\S+) rows", text)[1]


def cells(text):
    (line,) = [line for line in text.splitlines() if "724" in line]
    return [cell.strip() for cell in line.split("|")[1:-1]]


for form in (None, "markdown", "djot"):
    both = ", ".join(f"{kind} {number(kreuz('page.' + kind, form).content)}" for kind in ("docx", "html"))
    print(f"kreuzberg, {form or 'plain (default)'}: {both}")
marked = {kind: MarkItDown().convert(f"page.{kind}").text_content for kind in ("docx", "html")}
print(f"markitdown: docx {number(marked['docx'])}, html {number(marked['html'])}")
print("second row, kreuzberg markdown:", cells(kreuz("page.html", "markdown").content))
tables = kreuz("page.html").tables
print(f"second row, kreuzberg tables: {len(tables)} tables, {tables[0].cells[-1]}")
print("second row, markitdown:", cells(marked["html"]))
print("second row, by pandas:", [str(cell) for cell in pd.read_html("page.html")[0].iloc[1]])
PY
cd "$folder"
HOME="$folder" "$folder/venv/bin/python" -W ignore "$folder/load.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
kreuzberg, plain (default): docx 106, html 106
kreuzberg, markdown: docx 10^6^, html 106
kreuzberg, djot: docx 10^6^, html 10^6^
markitdown: docx 106, html 106
second row, kreuzberg markdown: ['', '2025', '724']
second row, kreuzberg tables: 2 tables, ['2025', '724', '']
second row, markitdown: ['2025', '724']
second row, by pandas: ['Oslo', '2025', '724']
SEEN
