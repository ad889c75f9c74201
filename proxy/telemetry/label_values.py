"""Bounded label values: which names are exported, and the value that replaces all others."""

from __future__ import annotations

from collections.abc import Sequence

from proxy.config.settings import Settings

#: The label of what has no value of its own.
OTHER = "other"
#: Bytes of the longest name that can be a label's value.
_LONGEST = 128


def presentable(name: str) -> bool:
    """Whether ``name`` is a valid label value."""
    return name.isprintable() and 0 < len(name.encode("utf-8", "replace")) <= _LONGEST


def known_models(settings: Settings) -> Sequence[str]:
    """Names listed in Settings: allowed models, and upstream patterns without a wildcard."""
    spelled = [name for upstream in settings.upstreams for name in upstream.models if not set(name) & set("*?[")]
    return [*settings.models.allow, *spelled]


def known_limit(settings: Settings) -> int:
    """The maximum number of names in the label. If Settings list allowed names, only those count."""
    return 0 if settings.models.allow else max(settings.models.max, len(known_models(settings)))
