"""Each provider's form of an answer, through the real proxy: what the sample of it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.exchanges import Stage
from support.forms import FORMS, Form
from support.proxying import Proxy
from support.upstream import ScriptedUpstream


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A proxy that keeps the sample of every request; it must end quietly."""
    with ScriptedUpstream(lambda request: []) as upstream:
        proxy = Proxy(tmp_path_factory.mktemp("forms"), upstream.url, sampling={"rate": 1.0})
        yield Stage(upstream, proxy)
        proxy.finish()


@pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])
def test_a_form_through_the_proxy(stage: Stage, form: Form) -> None:
    """The client gets every byte; outcome, end, finish reason and text are what they are in the form's source."""
    sample = stage.play(form.recording(), "odd")
    exchange, choices = sample.exchange, sample.choices
    assert (exchange.outcome, exchange.stream_end, exchange.finish_reason) == (form.outcome, form.end, form.finish)
    assert (choices[0].text if choices else None) == form.text
    assert (choices[0].tool_calls if choices else ()) == form.calls
    assert sample.undecodable is None
