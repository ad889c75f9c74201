#!/usr/bin/env bash
# haystack-ai 3.4.1 (Haystack; its DocumentJoiner, which joins what several retrievers found), Python 3.11 or newer. A
# store has one document with the words of the question and one whose vector is that of the question. A retriever for
# words is connected first, one for vectors second, and the joiner has the weights 0.9 and 0.1.
#
# Behaviour: weights are given to the lists in the order in which they arrive, and where nothing else decides, retrievers
# run in the alphabetical order of the names that they have in the pipeline. The order of add_component and of connect
# does not matter. So 0.9 goes to the words where the two are called "bm25" and "embedding", and to the vectors where
# they are called "sparse" and "dense", or "keyword" and "embedding". A component before the vectors, as one that embeds
# the question, lets the words come first again, whatever the names are. The documentation says of the weights that each
# is for a list of documents and that there must be as many as inputs. There is no warning.
# Upstream knows: issue 12646 of deepset-ai/haystack, open, as is the change for it (12647).
# Consequence: a hybrid search that was tuned ranks the other way round after a component was renamed.
#
# Seen (names of words and of vectors, whether the question is embedded within the pipeline: fusion by rank):
#   bm25, embedding, False: [('words', 0.9), ('vectors', 0.1)]
#   sparse, dense, False: [('vectors', 0.9), ('words', 0.1)]
#   keyword, embedding, False: [('vectors', 0.9), ('words', 0.1)]
#   sparse, dense, True: [('words', 0.9), ('vectors', 0.1)]
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile haystack-ai==3.4.1 2>/dev/null
cat >"$folder/join.py" <<'PY'
from haystack import Document, Pipeline, component
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore

store = InMemoryDocumentStore()
store.write_documents(
    [
        Document(id="words", content="the tide table of the harbour", embedding=[0.0, 1.0]),
        Document(id="vectors", content="high water comes at noon", embedding=[1.0, 0.0]),
        Document(id="neither", content="bread is baked here", embedding=[0.1, 1.0]),
    ]
)


@component
class Embedder:
    @component.output_types(embedding=list[float])
    def run(self, text: str):
        return {"embedding": [1.0, 0.0]}


def found(words, vectors, embedded):
    pipeline = Pipeline()
    pipeline.add_component(words, InMemoryBM25Retriever(store, top_k=1))
    pipeline.add_component(vectors, InMemoryEmbeddingRetriever(store, top_k=1))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", weights=[0.9, 0.1]))
    pipeline.connect(words, "joiner.documents")
    pipeline.connect(vectors, "joiner.documents")
    asked = {words: {"query": "tide table"}, vectors: {"query_embedding": [1.0, 0.0]}}
    if embedded:
        pipeline.add_component("embedder", Embedder())
        pipeline.connect("embedder.embedding", f"{vectors}.query_embedding")
        asked = {words: {"query": "tide table"}, "embedder": {"text": "tide table"}}
    return [(document.id, round(document.score, 1)) for document in pipeline.run(asked)["joiner"]["documents"]]


for words, vectors, embedded in (("bm25", "embedding", False), ("sparse", "dense", False),
                                 ("keyword", "embedding", False), ("sparse", "dense", True)):
    print(f"{words}, {vectors}, {embedded}:", found(words, vectors, embedded))
PY
HAYSTACK_TELEMETRY_ENABLED=False "$folder/venv/bin/python" "$folder/join.py" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
bm25, embedding, False: [('words', 0.9), ('vectors', 0.1)]
sparse, dense, False: [('vectors', 0.9), ('words', 0.1)]
keyword, embedding, False: [('vectors', 0.9), ('words', 0.1)]
sparse, dense, True: [('words', 0.9), ('vectors', 0.1)]
SEEN
