"""The form of a price file: rows by model, in USD for one million tokens.

A row says all that it knows: prices of long cache writes, of sound and pictures, of service tiers, of long prompts, of
tools that the provider runs. What it does not say has no price, and such an answer is unpriced.
"""

from __future__ import annotations

import datetime
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from proxy.config.settings import Price
from proxy.errors import ConfigError

_Usd = Annotated[float, Field(ge=0)]
_HOURS = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)\Z")
#: Words for what a model does other than write. A pattern without such a word means no model with it.
_OTHER_KIND = re.compile(
    r"(?:^|[-_/:.])(audio|realtime|image|search|transcribe|tts|live|translate|diarize|embedding|whisper|speech)(?=$|[-_/:.@])"
)

#: The safe loader in C where there is one: it reads the built-in table ten times faster.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TokenPrices(Price):
    """USD for one million tokens of each type; ``None``: not known, and for the two types of cache that
    ``Price`` has: as input, where the row stands in a user's own file."""

    cache_write_1h: _Usd | None = None
    cache_write_12h: _Usd | None = None
    reasoning_output: _Usd | None = None
    audio_input: _Usd | None = None
    image_input: _Usd | None = None
    video_input: _Usd | None = None
    audio_output: _Usd | None = None
    image_output: _Usd | None = None
    video_output: _Usd | None = None


class LongContext(TokenPrices):
    """What the whole answer costs when its input has more than ``above`` tokens. ``tiers`` in place of the row's."""

    above: Annotated[int, Field(ge=1)]
    tiers: dict[str, _Usd] | None = None


class Peak(BaseModel):
    """Hours (UTC, ``HH:MM-HH:MM``) of weekdays (1 is Monday) in which every token price is taken times ``factor``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    hours: tuple[str, ...] = Field(strict=False, min_length=1)
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(default=(1, 2, 3, 4, 5, 6, 7), strict=False)
    factor: Annotated[float, Field(gt=0)]

    @field_validator("hours")
    @classmethod
    def _hours(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for hours in value:
            if not _HOURS.match(hours) or hours[:5] >= hours[6:]:
                raise ValueError(f"{hours!r} is not HH:MM-HH:MM within one day")
        return value

    def holds(self, at: float) -> bool:
        """Whether ``at`` (Unix seconds) is in these hours."""
        moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
        if moment.isoweekday() not in self.weekdays:
            return False
        now = f"{moment:%H:%M}"
        return any(begin <= now < end for begin, _, end in (hours.partition("-") for hours in self.hours))


class ModelPrice(TokenPrices):
    """One row.

    ``tiers``: factors on every token price by the tier that the answer names (``flex``, ``priority``, ``batch``, a
    ``fast`` speed, a ``us`` region). ``calls``: USD for a thousand calls of tools that the provider ran. ``snapshots``:
    other names at the same price. ``hosts``: the row holds only behind these hosts, for a name that others serve, too.
    ``max_input``: beyond so many input tokens no price is known. ``fee_tools``: types of tools in a request for which
    the provider takes a fee that the answer does not show. ``until``: the last day that the row is known to hold (UTC);
    after it ``then`` does, or no price is known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    long_context: tuple[LongContext, ...] = Field(default=(), strict=False)
    tiers: dict[str, _Usd] = Field(default_factory=dict)
    calls: dict[str, _Usd] = Field(default_factory=dict)
    snapshots: tuple[str, ...] = Field(default=(), strict=False)
    hosts: tuple[str, ...] = Field(default=(), strict=False)
    max_input: Annotated[int, Field(ge=1)] | None = None
    fee_tools: tuple[str, ...] = Field(default=(), strict=False)
    peak: Peak | None = None
    until: datetime.date | None = None
    then: ModelPrice | None = None
    source: str | None = None
    as_of: datetime.date | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        steps = [step.above for step in self.long_context]
        if steps != sorted(set(steps)):
            raise ValueError("long_context: its steps stand from the shortest to the longest")
        if self.then is not None and self.until is None:
            raise ValueError("then: needs until")
        return self


class PriceList(BaseModel):
    """A file: the day that it was made, and its rows by name or pattern."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: datetime.date
    models: dict[str, ModelPrice]


def read_list(path: Path) -> PriceList:
    """The file at ``path``. Raises ``ConfigError`` that names each wrong key."""
    try:
        return PriceList.model_validate(yaml.load(path.read_text(encoding="utf-8"), _LOADER))  # noqa: S506 - safe
    except OSError as error:
        raise ConfigError([f"prices: {path}: {error.strerror}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([f"prices: {path}: not YAML: {' '.join(str(error).split())}"]) from None
    except ValidationError as error:
        found = [(".".join(str(part) for part in item["loc"]), item["msg"]) for item in error.errors()]
        raise ConfigError(
            [f"prices: {path}: {key}: {said}" if key else f"prices: {path}: {said}" for key, said in found]
        ) from None


@cache
def builtin_list() -> PriceList:
    """The table that comes with Sightglass."""
    return read_list(Path(__file__).with_name("prices.yaml"))


def is_other_kind(model: str, pattern: str) -> bool:
    """Whether ``model`` does something else than what ``pattern`` is for: sound, pictures, search. A pattern that names
    nothing at all is for everything."""
    return any(char.isalnum() for char in pattern) and bool(
        set(_OTHER_KIND.findall(model)) - set(_OTHER_KIND.findall(pattern.replace("*", "-")))
    )
