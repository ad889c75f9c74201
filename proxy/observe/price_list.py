"""The format of a price file: rows by model, in USD per million tokens.

A row holds all known prices, including long cache writes, audio and images, service tiers, long prompts, and tools that
the provider runs. Anything that the row omits has no price, and an answer that uses it is unpriced.
"""

from __future__ import annotations

import datetime
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from proxy.config.offpath import Price
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
    """Prices in USD per million tokens of each type. ``None``: not known.

    In a user's own file, the two cache types of ``Price`` default to the input price.
    """

    cache_write_1h: _Usd | None = None
    cache_write_12h: _Usd | None = None
    reasoning_output: _Usd | None = None
    audio_input: _Usd | None = None
    image_input: _Usd | None = None
    video_input: _Usd | None = None
    cached_audio_input: _Usd | None = None
    cached_image_input: _Usd | None = None
    cached_video_input: _Usd | None = None
    audio_output: _Usd | None = None
    image_output: _Usd | None = None
    video_output: _Usd | None = None


class LongContext(TokenPrices):
    """Prices of the whole answer if its input has more than ``above`` tokens. ``tiers`` replaces that of the row."""

    above: Annotated[int, Field(ge=1)]
    tiers: dict[str, _Usd] | None = None


class Peak(BaseModel):
    """Hours (UTC, ``HH:MM-HH:MM``) and weekdays (1 is Monday) in which each token price is multiplied by ``factor``."""

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
        """Whether ``at`` (Unix seconds) is within these hours."""
        moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
        if moment.isoweekday() not in self.weekdays:
            return False
        now = f"{moment:%H:%M}"
        return any(begin <= now < end for begin, _, end in (hours.partition("-") for hours in self.hours))


class ModelPrice(TokenPrices):
    """One row of a price list.

    ``tiers``: factors on every token price, by the tier that the answer names (``flex``, ``priority``, ``batch``, a
    ``fast`` speed, a ``us`` region). ``calls``: USD per thousand calls of tools that the provider ran. ``snapshots``:
    other model names at the same price. ``hosts``: the row applies only to these hosts, for a name that other hosts
    serve, too. ``max_input``: above this number of input tokens no price is known. ``fee_tools``: tool types in a
    request for which the provider charges a fee that the answer does not show. ``until``: the last day on which the row
    is known to apply (UTC). After it ``then`` applies, or no price is known.
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
    """A price file: its date, and its rows by name or pattern."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: datetime.date
    models: dict[str, ModelPrice]


def read_list(path: Path) -> PriceList:
    """The price list at ``path``. Raises ``ConfigError`` that names each wrong key."""
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
    """The price list included with Sightglass."""
    return read_list(Path(__file__).with_name("prices.yaml"))


def is_other_kind(model: str, pattern: str) -> bool:
    """Whether ``model`` has another purpose than ``pattern`` names: audio, images or search.

    A pattern that names no purpose applies to all models.
    """
    return any(char.isalnum() for char in pattern) and bool(
        set(_OTHER_KIND.findall(model)) - set(_OTHER_KIND.findall(pattern.replace("*", "-")))
    )
