#!/usr/bin/env bash
# haystack-ai 3.4.1 (Haystack; its DocumentJoiner with distribution_based_rank_fusion), Python 3.11 or newer. Two
# retrievers answer one question. Their scores have scales of their own, as those of BM25 and of vectors do, and this way
# of joining is there to bring both to one scale, from 0 to 1.
#
# Behaviour: the scores of a list are placed between three standard deviations below and above their mean. Where a list
# has one document, or all its scores are equal, there is no deviation, and the scores are left as they came. So a lone
# document that BM25 finds, usual for a rare word, keeps a 1.77 among numbers below 1 and is above everything that the
# vectors found; equal scores of 7 do the same. A lone document of the scale of vectors, 0.02 or 0.4, comes last or in
# the middle. With a second document in its list the same document is one among others.
# Upstream knows: up to the change of August 2026 (12508 of deepset-ai/haystack, for issue 12507) such a list got 0, and
# came last; its author wrote there that scores left as they are can break the common scale.
# Consequence: whether a document is the first one depends on how many others were found beside it.
#
# Seen (second list: joined with the first one, which is a 0.9, b 0.8 and c 0.3):
#   x 1.77, y 1.7: x 0.667, a 0.648, b 0.585, y 0.333, c 0.267
#   x 1.77: x 1.77, a 0.648, b 0.585, c 0.267
#   x 7, y 7: x 7, y 7, a 0.648, b 0.585, c 0.267
#   x 0.4: a 0.648, b 0.585, x 0.4, c 0.267
#   x 0.02: a 0.648, b 0.585, c 0.267, x 0.02
#   of BM25 for "tide": x 1.77
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile haystack-ai==3.4.1 2>/dev/null
cat >"$folder/join.py" <<'PY'
from haystack import Document
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.document_stores.in_memory import InMemoryDocumentStore


def listed(**scores):
    return [Document(id=name, content=name, score=score) for name, score in scores.items()]


def shown(documents):
    return ", ".join(f"{document.id} {document.score:.3g}" for document in documents)


joiner = DocumentJoiner(join_mode="distribution_based_rank_fusion")
for second in ({"x": 1.77, "y": 1.7}, {"x": 1.77}, {"x": 7.0, "y": 7.0}, {"x": 0.4}, {"x": 0.02}):
    joined = joiner.run([listed(a=0.9, b=0.8, c=0.3), listed(**second)])["documents"]
    print(f"{shown(listed(**second))}: {shown(joined)}")

store = InMemoryDocumentStore()
texts = {"x": "the tide table of Dover", "y": "high water comes at noon", "z": "bread is baked here",
         "v": "the parking of the harbour has a table", "w": "a ferry leaves at noon"}
store.write_documents([Document(id=name, content=text) for name, text in texts.items()])
print('of BM25 for "tide":', shown(InMemoryBM25Retriever(store).run("tide")["documents"]))
PY
HAYSTACK_TELEMETRY_ENABLED=False "$folder/venv/bin/python" "$folder/join.py" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
x 1.77, y 1.7: x 0.667, a 0.648, b 0.585, y 0.333, c 0.267
x 1.77: x 1.77, a 0.648, b 0.585, c 0.267
x 7, y 7: x 7, y 7, a 0.648, b 0.585, c 0.267
x 0.4: a 0.648, b 0.585, x 0.4, c 0.267
x 0.02: a 0.648, b 0.585, c 0.267, x 0.02
of BM25 for "tide": x 1.77
SEEN
