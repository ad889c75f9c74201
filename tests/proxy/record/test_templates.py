"""Exchanges that share a template: each fact of theirs is where it belongs, and no request gets another's."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.exchange import Exchange, FinishReason, Operation, Outcome, StreamEnd
from proxy.record.templates import Shared, Templates

LAMP = Shared(
    app="keeper",
    operation=Operation.CHAT,
    upstream="provider",
    outcome=Outcome.OK,
    asked="lamp-4",
    served="lamp-4-2026",
    status=200,
    streamed=False,
    stream_end=None,
    finish_reason=FinishReason.STOP,
    refusal=False,
    choices=1,
    system_prompt="5a",
    tools="7b",
    parameters="9c",
    fingerprint="fp_lamp",
    service_tier="default",
    provider="Harbour",
    effort="low",
)


def test_what_is_shared_stands_in_the_exchange() -> None:
    """All that requests share, and nothing that is one request's own."""
    found = Templates("proxy-1").of(LAMP)
    assert found == Exchange(
        request_id="",
        instance="proxy-1",
        started_at=0.0,
        duration=0.0,
        app="keeper",
        operation=Operation.CHAT,
        upstream="provider",
        outcome=Outcome.OK,
        model_asked="lamp-4",
        model_served="lamp-4-2026",
        status=200,
        finish_reason=FinishReason.STOP,
        choices=1,
        system_prompt_hash="5a",
        tools_hash="7b",
        parameters_hash="9c",
        system_fingerprint="fp_lamp",
        service_tier="default",
        provider="Harbour",
        effort="low",
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"app": "pilot"}, {"app": "pilot"}),
        ({"operation": Operation.RESPONSES}, {"operation": Operation.RESPONSES}),
        ({"upstream": "other"}, {"upstream": "other"}),
        ({"outcome": Outcome.UPSTREAM_ERROR}, {"outcome": Outcome.UPSTREAM_ERROR}),
        ({"asked": "mail ida@lighthouse.example"}, {"model_asked": "mail [EMAIL_1]"}),
        ({"served": None}, {"model_served": None}),
        ({"status": None}, {"status": None}),
        ({"streamed": True, "stream_end": StreamEnd.COMPLETE}, {"streamed": True, "stream_end": StreamEnd.COMPLETE}),
        ({"finish_reason": None}, {"finish_reason": None}),
        ({"refusal": True}, {"wire_refusal": True}),
        ({"choices": 2}, {"choices": 2}),
        ({"system_prompt": None}, {"system_prompt_hash": None}),
        ({"tools": None}, {"tools_hash": None}),
        ({"parameters": None}, {"parameters_hash": None}),
        ({"fingerprint": "ida@lighthouse.example"}, {"system_fingerprint": "[EMAIL_1]"}),
        ({"service_tier": "ida@lighthouse.example"}, {"service_tier": "[EMAIL_1]"}),
        ({"provider": "ida@lighthouse.example"}, {"provider": "[EMAIL_1]"}),
        ({"effort": None}, {"effort": None}),
    ],
)
def test_one_other_fact_makes_another_exchange(changed: dict[str, Any], told: dict[str, Any]) -> None:
    """Each fact changes its own field alone, and names are cleaned."""
    templates = Templates("proxy-1")
    first, other = templates.of(LAMP), templates.of(LAMP._replace(**changed))
    assert {name: getattr(other, name) for name in told} == told
    differing = {name for name in Exchange.__struct_fields__ if getattr(first, name) != getattr(other, name)}
    assert differing == set(told)
    assert templates.of(LAMP) == first


def test_templates_are_bounded() -> None:
    """Names are the client's to choose: however many there are, few templates are kept."""
    templates = Templates("proxy-1")
    kept = templates.of(LAMP)
    assert templates.of(LAMP) is kept
    for number in range(1024):
        assert templates.of(LAMP._replace(asked=f"lamp-{number}x")).model_asked == f"lamp-{number}x"
    again = templates.of(LAMP)
    assert again == kept
    assert again is not kept
