"""Whether a sample can be asked again, on its page and in its JSON."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from proxy.sample import Sample
from scorers.store.store import Store
from tests.support.console import serving


@pytest.mark.parametrize(
    ("reasons", "text"),
    [
        ((), "possible: the request is whole"),
        (("redacted",), "possible: the request is redacted"),
        (("redacted", "tools_hosted"), "not possible: it was redacted; it uses tools that the provider runs"),
        (None, "not known: an older version wrote this sample"),
    ],
)
def test_a_sample_says_whether_it_can_be_asked_again(
    sqlite_store: Store,
    make_sample: Callable[..., Sample],
    reasons: tuple[str, ...] | None,
    text: str,
) -> None:
    """The reasons are in the JSON, in words on the page; what an older program wrote is not known."""
    sample = msgspec.structs.replace(make_sample("q1"), replayable=reasons)
    sqlite_store.save_samples([sample], content=True)
    with serving(sqlite_store) as client:
        assert client.get("/api/samples/q1").json()["replayable"] == (None if reasons is None else list(reasons))
        assert text in client.get("/samples/q1").text


def test_text_that_was_not_kept(sqlite_store: Store, make_sample: Callable[..., Sample]) -> None:
    """Without its text nothing can be asked."""
    sqlite_store.save_samples([make_sample("q2")], content=False)
    with serving(sqlite_store) as client:
        assert client.get("/api/samples/q2").json()["replayable"] == ["no_content"]
