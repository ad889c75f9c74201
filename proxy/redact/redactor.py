"""The interface for other rooms: redaction of texts, names and samples under one configuration."""

from __future__ import annotations

from collections.abc import Iterable

from proxy.config.settings import Redaction
from proxy.redact.engine import Cleaner, Seen, placeholder
from proxy.redact.prefilter import ENDLESS, Patience
from proxy.redact.walk import clean_sample, texts_of
from proxy.sample import Sample

#: A credential of a request that is shorter is no secret.
_SHORTEST = 8
#: So many words are remembered.
_WORDS = 1024


class Redactor:
    """Redaction under one configuration."""

    def __init__(self, settings: Redaction) -> None:
        self._cleaner = Cleaner(settings.builtin, settings.patterns)
        #: Words that are too short to hold a credential and were left as they are: why answers end, names of tools.
        self._words: set[str] = set()

    @property
    def unfit(self) -> list[str]:
        """The patterns that cannot be used, each with its reason. If there are any, every text raises ``Unfit``."""
        return self._cleaner.unfit

    def text(self, value: str, seen: Seen, secrets: Iterable[str] = (), patience: Patience | None = None) -> str:
        """``value`` with placeholders. ``seen`` holds those of one sample, so that equal values get equal ones.

        Raises ``TooMuch`` if it would cost more than ``patience``, and ``Unfit`` if a configured pattern cannot be
        used.
        """
        for secret in secrets:
            if len(secret) >= _SHORTEST and secret in value:
                value = value.replace(secret, placeholder("API_KEY", secret, seen))
        return self._cleaner.clean(value, seen, ENDLESS if patience is None else patience)

    def is_plain(self, value: str, secrets: Iterable[str] = ()) -> bool:
        """Whether one cheap scan proves that ``text`` would leave ``value`` unchanged. False proves nothing."""
        for secret in secrets:
            if secret in value:
                return False
        return self._cleaner.is_plain(value)

    def plain(self, values: Iterable[str]) -> set[str]:
        """Those of ``values`` that one cheap scan of all of them proves to be plain. The others may be, too."""
        return self._cleaner.plain(values)

    def changes(self, value: str) -> bool:
        """Whether anything in ``value`` would be redacted."""
        return self.text(value, {}) != value

    def sample(self, sample: Sample, secrets: Iterable[str] = (), patience: Patience | None = None) -> Sample:
        """The sample with all its texts redacted, with one numbering throughout. Raises like ``text``.

        It is ``sample`` itself if one look at all its texts proves that nothing would be removed.
        """
        known = [secret for secret in secrets if len(secret) >= _SHORTEST]
        texts = texts_of(sample) if patience is None else None
        if texts is not None and self._cleaner.are_plain(texts):
            told = any(secret in text for secret in known for text in texts)
            if not told:
                return sample
        seen: Seen = {}
        patient, words, cleaner = ENDLESS if patience is None else patience, self._words, self._cleaner

        def clean(value: str) -> str:
            if not value or value in words:
                return value
            given = value
            for secret in known:
                if secret in value:
                    value = value.replace(secret, placeholder("API_KEY", secret, seen))
            value = cleaner.clean(value, seen, patient)
            if len(given) < _SHORTEST and value == given and len(words) < _WORDS:
                words.add(given)
            return value

        return clean_sample(sample, clean, seen)
