"""What other rooms use: texts, names and samples of one configuration, redacted."""

from __future__ import annotations

from collections.abc import Iterable

from proxy.config.settings import Redaction
from proxy.redact.engine import Cleaner, Seen, placeholder
from proxy.redact.signs import ENDLESS, Patience
from proxy.redact.walk import clean_sample
from proxy.sample import Sample

#: A credential of a request that is shorter is no secret.
_SHORTEST = 8


class Redactor:
    """Redaction by one configuration."""

    def __init__(self, settings: Redaction) -> None:
        self._cleaner = Cleaner(settings.builtin, settings.patterns)

    @property
    def unfit(self) -> list[str]:
        """The patterns that can not be used, each with its reason; while there are any, every text raises ``Unfit``."""
        return self._cleaner.unfit

    def text(self, value: str, seen: Seen, secrets: Iterable[str] = (), patience: Patience | None = None) -> str:
        """``value`` with placeholders; ``seen`` holds those of one sample, so that equal values get equal ones.

        Raises ``TooMuch`` when it would take more than ``patience``, ``Unfit`` when a configured pattern is not usable.
        """
        for secret in secrets:
            if len(secret) >= _SHORTEST and secret in value:
                value = value.replace(secret, placeholder("API_KEY", secret, seen))
        return self._cleaner.clean(value, seen, ENDLESS if patience is None else patience)

    def is_plain(self, value: str, secrets: Iterable[str] = ()) -> bool:
        """Whether one cheap look tells that ``text`` would leave ``value`` as it is; False says nothing."""
        for secret in secrets:
            if secret in value:
                return False
        return self._cleaner.is_plain(value)

    def changes(self, value: str) -> bool:
        """Whether there is anything to take out of ``value``."""
        return self.text(value, {}) != value

    def sample(self, sample: Sample, secrets: Iterable[str] = (), patience: Patience | None = None) -> Sample:
        """The sample with every text of it redacted, one numbering throughout. Raises as ``text`` does."""
        seen: Seen = {}
        known = tuple(secrets)

        def clean(value: str) -> str:
            return self.text(value, seen, known, patience) if value else value

        return clean_sample(sample, clean, seen)
