"""Exchanges over documents that were written apart."""

from scorers.datasets.written import written
from scorers.models.train.groundedness import apart


def test_each_exchange_has_a_document_an_answer_and_its_label():
    """The document stands in the messages too; a wrong answer names the words that are wrong, which it holds."""
    for line in written("documents"):
        said = " ".join(" ".join(message["content"] for message in line["messages"]).split())
        assert " ".join(line["context"].split())[:40] in said, line["id"]
        assert len(line["context"].split()) >= 5 and line["response"], line["id"]
        assert line["label"] in ("yes", "no")
        assert (line["label"] == "yes") == bool(line.get("error")), line["id"]


def test_documents_of_the_kept_half_are_not_those_of_the_seen_one():
    """The two are measured apart, and share no document."""
    seen, kept = apart()
    assert (len(seen.truth), len(kept.truth)) == (200, 229)
    assert not set(seen.group) & set(kept.group)
