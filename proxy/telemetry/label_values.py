"""Values of labels that are bounded: which names stand for themselves, and what stands for all others."""

from __future__ import annotations

from collections.abc import Sequence

from proxy.config.settings import Settings

#: The label of what has no value of its own.
OTHER = "other"
#: Bytes of the longest name that can be a label's value.
_LONGEST = 128


def presentable(name: str) -> bool:
    """Whether ``name`` can be a label's value at all."""
    return name.isprintable() and 0 < len(name.encode("utf-8", "replace")) <= _LONGEST


def known_models(settings: Settings) -> Sequence[str]:
    """Names that Settings spell out: allowed ones, and upstream patterns without a wildcard."""
    spelled = [name for upstream in settings.upstreams for name in upstream.models if not set(name) & set("*?[")]
    return [*settings.models.allow, *spelled]


def known_limit(settings: Settings) -> int:
    """How many names may stand in the label: none but the allowed ones where a list is given."""
    return 0 if settings.models.allow else max(settings.models.max, len(known_models(settings)))
