"""Cost: which price is found, what an answer costs, and that no price is never a price of zero."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.config.offpath import Price
from proxy.config.settings import Upstream
from proxy.errors import ConfigError
from proxy.exchange import Unpriced, Usage, UsageDetails
from proxy.observe.price_list import LongContext, ModelPrice, builtin_list
from proxy.observe.pricing import Answer, Prices, load_prices, told_tiers

DAY = datetime.date(2025, 8, 15)
USAGE = Usage(input=1_000_000, cached_input=2_000_000, cache_write=500_000, output=100_000, reasoning_output=300_000)


def _cost(usage: Usage = USAGE, **price: float) -> float | None:
    return Prices([{"m": Price(**price)}], DAY).cost("m", usage)


def test_each_type_has_its_price() -> None:
    """Every type of token is charged at its own price, reasoning as output, once each."""
    cost = _cost(input=2.0, output=10.0, cached_input=0.5, cache_write=4.0)
    assert cost == pytest.approx(1 * 2.0 + 2 * 0.5 + 0.5 * 4.0 + 0.4 * 10.0)


def test_cache_without_a_price_of_its_own() -> None:
    """Where no price for the cache is given, its tokens cost what input costs; a price of zero is a price."""
    assert _cost(input=2.0, output=0) == pytest.approx(3.5 * 2.0)
    assert _cost(input=2.0, output=0, cached_input=0, cache_write=0) == pytest.approx(2.0)


def test_unpriced_and_unmetered_are_not_zero() -> None:
    """Without a model, without usage or without a price there is no cost; with all three a cost of zero is one."""
    prices = Prices([{"m": Price(input=0, output=0)}], DAY)
    assert prices.cost(None, USAGE) is None
    assert prices.cost("m", None) is None
    assert prices.cost("other", USAGE) is None
    assert prices.cost("m", USAGE) == 0


@pytest.mark.parametrize(
    ("model", "price"), [("lamp-4", 1), ("lamp-4-mini", 2), ("lamp-4-mini-2025", 3), ("lamp-5", 4), ("LAMP-4", None)]
)
def test_which_price_is_found(model: str, price: float | None) -> None:
    """An exact name wins over a pattern, a longer pattern over a shorter one; case counts."""
    table = {"lamp-*": 4, "lamp-4": 1, "lamp-4-mini": 2, "lamp-4-mini-*": 3, "lamp-4*": 5}
    prices = Prices([{name: Price(input=value, output=0) for name, value in table.items()}], DAY)
    cost = prices.cost(model, Usage(input=1_000_000))
    assert cost == (None if price is None else pytest.approx(price))


def test_the_user_s_table_comes_first(tmp_path: Path) -> None:
    """A pattern of the user's own wins over an exact name of the built-in table; the rest of that table stays."""
    file = tmp_path / "prices.yaml"
    file.write_text("as_of: 2026-01-01\nmodels:\n  gpt-4o*: {input: 7, output: 8}\n", encoding="utf-8")
    prices, builtin = load_prices(str(file)), load_prices(None)
    assert prices.cost("gpt-4o", Usage(input=1_000_000)) == pytest.approx(7)
    assert prices.cost("o3", USAGE) == builtin.cost("o3", USAGE) is not None
    assert prices.as_of == datetime.date(2026, 1, 1)


def test_the_built_in_table() -> None:
    """The built-in table is dated, and a dated snapshot of a model costs what the model costs."""
    prices = load_prices(None)
    assert prices.as_of.year >= 2026
    for model, snapshot in (("gpt-4o", "gpt-4o-2024-08-06"), ("gpt-4.1", "gpt-4.1-2025-04-14")):
        assert prices.cost(model, USAGE) == prices.cost(snapshot, USAGE) is not None
    assert prices.cost("gpt-4o-mini", USAGE) != prices.cost("gpt-4o", USAGE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("as_of: 2026-01-01\nmodels: {m: {input: -1, output: 1}}", "models.m.input"),
        ("as_of: 2026-01-01\nmodels: {m: {input: 1}}", "models.m.output"),
        ("as_of: 2026-01-01\nmodels: {m: {input: 1, output: 1, per: day}}", "models.m.per"),
        ("models: {}", "as_of"),
        ("as_of: soon\nmodels: {}", "as_of"),
        ("models: [", "not YAML"),
        ("", "dictionary"),
        ("- 1", "dictionary"),
    ],
)
def test_a_wrong_table_names_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    """A table that is wrong fails with one line each that begins with ``prices`` and names the key."""
    file = tmp_path / "prices.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_prices(str(file))
    (problem,) = caught.value.problems
    assert problem.startswith("prices")
    assert said in problem
    assert "\n" not in problem


def test_a_missing_table(tmp_path: Path) -> None:
    """A table that is not there is said to be missing."""
    with pytest.raises(ConfigError, match="No such file"):
        load_prices(str(tmp_path / "none.yaml"))


NOW = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.UTC).timestamp()
M = 1_000_000


def _quote(row: ModelPrice | None = None, usage: Usage | None = None, name: str = "lamp-1", **more: Any) -> Any:
    """What an answer of 1 M input tokens costs by one row of the built-in list, or by that list."""
    prices = load_prices(None) if row is None else Prices([], DAY, {"lamp-1": row})
    return prices.quote(Answer(name, name, usage or Usage(input=M), **{"began": NOW, "ended": NOW, **more}))


def _row(**more: Any) -> ModelPrice:
    return ModelPrice.model_validate({"input": 2, "output": 10, **more})


def test_what_a_row_does_not_say_is_unpriced() -> None:
    """A row of the built-in list is charged for nothing that it does not name: caches, sound, pictures, tools."""
    row = _row()
    assert _quote(row) == pytest.approx(2)
    assert _quote(row, Usage(cached_input=1)) is Unpriced.AMBIGUOUS
    assert _quote(row, Usage(cache_write=1)) is Unpriced.CACHE_WRITE
    for name in ("audio_input", "image_input", "video_input", "audio_output", "image_output", "video_output"):
        details = UsageDetails(**{name: 1})
        assert _quote(row, Usage(input=5, output=5, details=details)) is Unpriced.MODALITY
        priced = _row(**{name: 50})
        assert _quote(priced, Usage(input=M, output=M, details=UsageDetails(**{name: M}))) == pytest.approx(
            50 + (10 if name.endswith("input") else 2)
        )
    assert _quote(row, calls={"web_search": 1}) is Unpriced.TOOL_FEE
    assert _quote(row, Usage(input=1, details=UsageDetails(calls={"sun_dial": 1}))) is Unpriced.TOOL_FEE


def test_long_cache_writes() -> None:
    """What is written for an hour or twelve has a price of its own; without it the answer is unpriced."""
    row = _row(cached_input=0.2, cache_write=2.5, cache_write_1h=4, cache_write_12h=5)
    long = UsageDetails(cache_write_1h=M, cache_write_12h=M)
    assert _quote(row, Usage(cache_write=3 * M, details=long)) == pytest.approx(2.5 + 4 + 5)
    for name in ("cache_write_1h", "cache_write_12h"):
        details = UsageDetails(**{name: M})
        assert _quote(_row(cache_write=2.5), Usage(cache_write=M, details=details)) is Unpriced.CACHE_WRITE
    assert _quote(row, Usage(cache_write=M), unclear=Unpriced.CACHE_WRITE) is Unpriced.CACHE_WRITE


def test_sound_in_a_cache() -> None:
    """Nobody says which of the cached tokens were sound: unpriced, unless sound costs what text costs."""
    usage = Usage(input=5, cached_input=5, details=UsageDetails(audio_input=6))
    assert _quote(_row(cached_input=0.2, audio_input=50), usage) is Unpriced.MODALITY
    assert _quote(_row(cached_input=0.2, audio_input=2), usage) == pytest.approx((5 * 2 + 5 * 0.2) / 1e6)


def test_sound_in_a_cache_that_is_told() -> None:
    """Usage says how many of the cached tokens were sound: those have a price of their own, or the answer has none."""
    row = _row(cached_input=0.2, audio_input=50, cached_audio_input=5)

    def usage(apart: dict[str, int]) -> Usage:
        return Usage(input=5, cached_input=5, details=UsageDetails(audio_input=6, cached_apart=apart))

    assert _quote(row, usage({"audio": 4})) == pytest.approx((3 * 2 + 2 * 50 + 1 * 0.2 + 4 * 5) / 1e6)
    assert _quote(_row(cached_input=0.2, audio_input=50), usage({"audio": 4})) is Unpriced.MODALITY
    in_text = Usage(input=6, cached_input=5, details=UsageDetails(audio_input=6, cached_apart={}))
    assert _quote(_row(cached_input=0.2, audio_input=50), in_text) == pytest.approx((6 * 50 + 5 * 0.2) / 1e6)
    assert _quote(row, usage({"audio": 7})) is Unpriced.AMBIGUOUS
    written = Usage(5, 5, 1, details=UsageDetails(audio_input=6, cached_apart={}))
    assert _quote(_row(cached_input=0.2, cache_write=1, audio_input=50), written) is Unpriced.MODALITY


@pytest.mark.parametrize(
    ("tiers", "right"),
    [
        ((), 2.0),
        (("default",), 2.0),
        (("standard", "global"), 2.0),
        (("flex",), 1.0),
        (("flex", "us"), 1.1),
        (("scale",), Unpriced.SERVICE_TIER),
        (("us", "scale"), Unpriced.SERVICE_TIER),
        (("auto",), Unpriced.SERVICE_TIER),
        ((None,), Unpriced.SERVICE_TIER),
    ],
)
def test_service_tiers(tiers: tuple[str | None, ...], right: float | Unpriced) -> None:
    """The tier that the answer names has a factor, or the answer is unpriced; one that is not told is not guessed."""
    found = _quote(_row(tiers={"flex": 0.5, "us": 1.1}), tiers=tiers)
    assert found is right if isinstance(right, Unpriced) else found == pytest.approx(right)


def test_auto_is_the_standard_where_there_is_no_other() -> None:
    """Servers without tiers echo the request's own ``auto``."""
    assert _quote(_row(), tiers=("auto",)) == pytest.approx(2)
    assert _quote(_row(), tiers=("flex",)) is Unpriced.SERVICE_TIER


@pytest.mark.parametrize(
    ("told", "asked", "right"),
    [
        ((None, None, None), (None, None, None), ()),
        (("default", None, None), ("flex", None, None), ()),
        (("Flex", None, None), (None, None, None), ("flex",)),
        ((None, None, None), ("flex", None, None), (None,)),
        ((None, None, None), ("auto", "standard", "global"), ()),
        ((None, "fast", "us"), ("auto", "fast", "us"), ("fast", "us")),
        (("standard", "standard", "not_available"), (None, None, None), ()),
        ((None, None, None), (5, None, ["us"]), ()),
    ],
)
def test_which_tiers_are_told(told: Any, asked: Any, right: Any) -> None:
    """What the answer says counts, not what was asked for; asked for and not told is not known."""
    assert told_tiers(told, asked) == right


def test_long_context() -> None:
    """Above a step the whole answer costs the step's prices: cached and written tokens are input, too."""
    row = _row(
        cached_input=0.2,
        tiers={"flex": 0.5},
        long_context=[
            {"above": 1000, "input": 4, "output": 15, "cached_input": 0.4},
            {"above": 5000, "input": 8, "output": 30, "tiers": {}},
        ],
        max_input=9000,
    )
    assert _quote(row, Usage(input=1000)) == pytest.approx(1000 * 2 / 1e6)
    assert _quote(row, Usage(input=601, cached_input=400, output=1)) == pytest.approx((601 * 4 + 400 * 0.4 + 15) / 1e6)
    assert _quote(row, Usage(input=1001), tiers=("flex",)) == pytest.approx(1001 * 2 / 1e6)
    assert _quote(row, Usage(input=5001)) == pytest.approx(5001 * 8 / 1e6)
    assert _quote(row, Usage(input=5001), tiers=("flex",)) is Unpriced.LONG_CONTEXT
    assert _quote(row, Usage(input=5000, cached_input=1)) is Unpriced.AMBIGUOUS
    assert _quote(row, Usage(input=9001)) is Unpriced.LONG_CONTEXT


def test_fees_of_the_provider_s_tools() -> None:
    """Calls have a price for a thousand, counted once where usage and answer both show them."""
    row = _row(calls={"web_search": 10})
    usage = Usage(input=M, details=UsageDetails(calls={"web_search": 3}))
    assert _quote(row, usage) == pytest.approx(2.03)
    assert _quote(row, usage, calls={"web_search": 2}) == pytest.approx(2.03)
    assert _quote(row, usage, calls={"code_interpreter": 1}) is Unpriced.TOOL_FEE
    silent = _row(fee_tools=["beacon"])
    assert _quote(silent, tools=[{"type": "function"}, 5]) == pytest.approx(2)
    assert _quote(silent, tools=[{"type": "beacon"}]) is Unpriced.TOOL_FEE


def test_announced_changes() -> None:
    """A price holds to the end of its last day; then the announced one does, or none is known."""
    day = datetime.date(2026, 11, 27)
    midnight = datetime.datetime(2026, 11, 28, tzinfo=datetime.UTC).timestamp()
    row = _row(until=day, then={"input": 4, "output": 20})
    assert _quote(row, began=midnight - 1) == pytest.approx(2)
    assert _quote(row, began=midnight) == pytest.approx(4)
    assert _quote(_row(until=day), began=midnight) is Unpriced.NO_PRICE


def test_peak_hours() -> None:
    """Peak hours cost more; an answer that crosses their border has no known price."""
    row = _row(peak={"hours": ["12:00-13:00"], "factor": 2})
    assert _quote(row, began=NOW, ended=NOW + 60) == pytest.approx(4)
    assert _quote(row, began=NOW - 60, ended=NOW - 1) == pytest.approx(2)
    assert _quote(row, began=NOW - 60, ended=NOW) is Unpriced.AMBIGUOUS


def test_who_answers() -> None:
    """A name that many serve has a price behind its maker's host alone; resellers have lists of their own."""
    bound = _row(hosts=["lamps.example"])
    assert _quote(bound, host="lamps.example") == pytest.approx(2)
    assert _quote(bound, host="127.0.0.1") is Unpriced.NO_PRICE
    for host in ("mine.openai.azure.com", "bedrock-runtime.us-east-1.amazonaws.com", "eu.api.openai.com"):
        assert _quote(_row(), host=host) is Unpriced.NO_PRICE
    for host in ("api.openai.com", "generativelanguage.googleapis.com", "10.0.0.5"):
        assert _quote(_row(), host=host) == pytest.approx(2)
    upstream = Upstream(name="mine", base_url="https://MINE.openai.azure.com/openai/v1")
    assert load_prices(None, [upstream]).hosts == {"mine": "mine.openai.azure.com"}


def test_another_model_answered() -> None:
    """Once another name answered, what was asked for has no say in the built-in list; a user's own row for it has."""
    prices = Prices([{"alias": Price(input=7, output=7)}], DAY, {"lamp-1": _row()})
    usage = Usage(input=M)
    assert prices.quote(Answer("unknown", "lamp-1", usage)) is Unpriced.NO_PRICE
    assert prices.quote(Answer(None, "lamp-1", usage)) == pytest.approx(2)
    assert prices.quote(Answer("lamp-1", "something", usage)) == pytest.approx(2)
    assert prices.quote(Answer("models/lamp-1", "something", usage)) == pytest.approx(2)
    assert prices.quote(Answer("unknown", "alias", usage)) == pytest.approx(7)
    assert prices.quote(Answer(None, None, usage)) is Unpriced.NO_PRICE


def test_what_the_provider_states() -> None:
    """The provider's own bill comes before the built-in list and after the user's own; a key of one's own hides it."""
    prices = Prices([{"mine": Price(input=7, output=7)}], DAY, {"lamp-1": _row()})
    usage = Usage(input=M, details=UsageDetails(stated_usd=0.125))
    assert prices.quote(Answer("lamp-1", None, usage)) == 0.125
    assert prices.quote(Answer("maker/lamp-1", None, usage)) == 0.125
    assert prices.quote(Answer("mine", None, usage)) == pytest.approx(7)
    unclear = Usage(input=M, details=UsageDetails(ambiguous="own_key"))
    assert prices.quote(Answer("lamp-1", None, unclear)) is Unpriced.AMBIGUOUS
    assert prices.quote(Answer("mine", None, unclear)) == pytest.approx(7)


def test_what_is_free_is_free() -> None:
    """A model at home costs nothing, whatever it hears and whichever tier it echoes."""
    prices = Prices([{"home-*": Price(input=0, output=0)}], DAY, {})
    usage = Usage(input=9, cached_input=3, cache_write=2, details=UsageDetails(audio_input=5, cache_write_1h=2))
    assert prices.quote(Answer("home-audio", None, usage, ("flex", None), {"shell": 1})) == 0


@pytest.mark.parametrize("kind", ["audio-preview", "realtime", "search-preview", "transcribe", "tts", "image-1"])
def test_a_pattern_takes_no_model_of_another_kind(kind: str) -> None:
    """A user's pattern for a model that writes is none for its siblings that hear, speak, draw or search."""
    tables = [{"lamp-1-mini*": Price(input=1, output=1), "lamp-1-image*": Price(input=3, output=3)}]
    prices, usage = Prices(tables, DAY), Usage(input=M)
    assert prices.cost(f"lamp-1-mini-{kind}", usage) is None
    assert prices.cost("lamp-1-mini-2026-01-01", usage) == pytest.approx(1)
    assert prices.cost("lamp-1-image-2", usage) == pytest.approx(3)
    assert Prices([{"*": Price(input=1, output=1)}], DAY).cost(f"lamp-1-mini-{kind}", usage) == pytest.approx(1)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-mini-realtime-preview", "gpt-4o-mini-search-preview", "gpt-4o-mini-tts", "gpt-4o-mini-transcribe",
        "gpt-5-2030-01-01", "gpt-5-search-api", "gpt-5-image", "gpt-6-sol-pro", "claude-opus-4-9", "claude-opus-6",
        "o3-deep-research", "gemini-3.1-flash-image-preview", "gemini-2.5-flash-preview-tts", "grok-4.7-imagine",
        "openai/gpt-5", "anthropic/claude-opus-4.5", "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-sonnet-4-5@20250929", "azure/gpt-5", "GPT-5",
        "deepseek-chat", "deepseek-flash", "qwen3.8-max", "glm-5.3", "kimi-k3", "ft:gpt-4o-mini-2024-07-18:me::1",
    ],
)  # fmt: skip
def test_siblings_and_resellers_have_no_price(name: str) -> None:
    """A sibling, an unknown snapshot, a reseller's name and open weights behind an unknown host: no price, no guess."""
    assert _quote(name=name) is Unpriced.NO_PRICE


@pytest.mark.parametrize(
    ("name", "usage", "more", "right"),
    [
        ("claude-opus-4-8", Usage(input=M), {}, 5.0),
        ("claude-opus-4-1-20250805", Usage(input=M), {}, 15.0),
        ("claude-opus-5-5", Usage(cached_input=M), {}, 0.2),
        ("claude-opus-5-5", Usage(output=M), {"tiers": ("fast",)}, 40.0),
        ("claude-sonnet-4-6", Usage(cache_write=M, details=UsageDetails(cache_write_1h=M)), {}, 6.0),
        ("claude-sonnet-4-6", Usage(input=M), {"tiers": ("us",)}, 3.3),
        ("claude-sonnet-4-6", Usage(input=M), {"tiers": ("priority",)}, Unpriced.SERVICE_TIER),
        ("claude-sonnet-4-5", Usage(input=200_001), {}, Unpriced.LONG_CONTEXT),
        ("claude-haiku-5-5", Usage(input=100_000), {}, 0.01),
        ("claude-haiku-5-5", Usage(input=200_000), {}, 0.1),
        ("claude-sonnet-5-5", Usage(input=M, details=UsageDetails(calls={"web_search": 100})), {}, 3.0),
        ("gpt-5-mini", Usage(input=M, output=100_000), {"tiers": ("flex",)}, 0.225),
        ("gpt-5-mini", Usage(input=M), {"tiers": ("priority",)}, 0.45),
        ("gpt-6-sol", Usage(input=200_000, cache_write=100_000), {}, 0.8 + 0.5),
        ("gpt-5.5", Usage(input=300_000), {"tiers": ("priority",)}, Unpriced.LONG_CONTEXT),
        ("gpt-4o", Usage(input=M), {"calls": {"web_search": 1}}, Unpriced.TOOL_FEE),
        ("gpt-4o-mini-audio-preview", Usage(0, 0, 0, M, 0, UsageDetails(audio_output=M)), {}, 20.0),
        ("gemini-4-argon", Usage(input=M), {}, 2.0),
        ("gemini-4-argon", Usage(input=M), {"began": NOW + 5 * 86400}, 4.0),
        ("grok-4.7", Usage(input=M), {}, 4.0),
        ("deepseek-flash", Usage(input=M), {"host": "api.deepseek.com"}, 0.15),
        (
            "deepseek-flash",
            Usage(input=M),
            {"host": "api.deepseek.com", "began": NOW - 21600, "ended": NOW - 21600},
            0.3,
        ),
        ("glm-5.3", Usage(input=M), {"host": "api.z.ai"}, 1.4),
        (
            "kimi-k3",
            Usage(input=M),
            {"host": "api.moonshot.ai", "tools": [{"type": "builtin_function"}]},
            Unpriced.TOOL_FEE,
        ),
        ("qwen3-max", Usage(input=40_000), {"host": "dashscope-intl.aliyuncs.com"}, 0.096),
    ],
)
def test_today_s_models(name: str, usage: Usage, more: dict[str, Any], right: float | Unpriced) -> None:
    """Prices that public lists have on the table's day."""
    found = _quote(usage=usage, name=name, **more)
    assert found is right if isinstance(right, Unpriced) else found == pytest.approx(right)


def test_an_old_file_goes_on_working(tmp_path: Path) -> None:
    """A file of the older form keeps its meaning: patterns, and caches at the price of input; what it cannot know of
    (a tier, an hour's cache, sound) is unpriced."""
    file = tmp_path / "prices.yaml"
    file.write_text(
        "as_of: 2025-08-15\nmodels:\n  lamp-1*: {input: 2, cached_input: 0.5, output: 8}\n"
        "  lamp-2: {input: 3, output: 9}\n",
        encoding="utf-8",
    )
    prices = load_prices(str(file))
    assert prices.cost("lamp-1-2025-01-01", Usage(M, M, M, M)) == pytest.approx(2 + 0.5 + 2 + 8)
    assert prices.cost("lamp-2", Usage(M, M, M)) == pytest.approx(9)
    assert prices.quote(Answer("lamp-2", None, Usage(M), ("flex",))) is Unpriced.SERVICE_TIER
    long = Usage(cache_write=M, details=UsageDetails(cache_write_1h=M))
    assert prices.quote(Answer("lamp-2", None, long)) is Unpriced.CACHE_WRITE
    sound = Usage(input=M, details=UsageDetails(audio_input=5))
    assert prices.quote(Answer("lamp-2", None, sound)) is Unpriced.MODALITY


def test_snapshots_in_a_user_s_file(tmp_path: Path) -> None:
    """A user's row names its snapshots as the built-in rows do; a row of that very name wins."""
    file = tmp_path / "prices.yaml"
    file.write_text(
        "as_of: 2026-11-01\nmodels:\n  a: {input: 2, output: 8, snapshots: [b, c]}\n  b: {input: 5, output: 8}\n",
        encoding="utf-8",
    )
    prices = load_prices(str(file))
    assert [prices.cost(name, Usage(input=M)) for name in "abc"] == pytest.approx([2, 5, 2])


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(builtin_list().models)),
    st.tuples(*[st.integers(0, 400_000)] * 4),
    st.sampled_from(["", "api.openai.com", "eu.api.openai.com"]),
)
def test_the_usual_cost_is_the_whole_cost(model: str, counts: tuple[int, ...], host: str) -> None:
    """Where the short way tells a cost it is the one that the long way tells, for every model of the list."""
    prices, usage = load_prices(None), Usage(*counts)
    usual = prices.usual(model, "an-alias", host, usage)
    assert usual is None or usual == prices.quote(Answer(model, "an-alias", usage, host=host))


def test_what_is_not_usual_is_left_to_the_long_way() -> None:
    """Parts of usage with prices of their own, steps by length, models without a price."""
    steps = ModelPrice(input=1, output=1, long_context=[LongContext(above=10, input=2, output=2)])
    prices = Prices([{"long": steps, "plain": Price(input=1, output=1)}], DAY)
    assert prices.usual("plain", None, "", Usage(1)) == 1e-6
    assert prices.usual("plain", None, "", Usage(1, details=UsageDetails(stated_usd=3.0))) is None
    assert prices.usual("long", None, "", Usage(1)) is None
    assert prices.usual("unknown", None, "", Usage(1)) is None
