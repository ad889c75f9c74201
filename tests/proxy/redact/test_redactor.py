"""Redaction: what must go, what must stay, equal placeholders for equal values, and hostile text in linear time."""

from __future__ import annotations

import json
import random
import string
import time
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.config.settings import Redaction
from proxy.exchange import Exchange, Operation, Outcome
from proxy.redact import Patience, Redactor, TooMuch
from proxy.sample import Choice, Message, Sample, ToolCall

REDACTOR = Redactor(Redaction())
_chance = random.Random(5)


def _random(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Random characters, a digit first, so that the example looks like a key and is none."""
    return "7" + "".join(_chance.choice(alphabet) for _ in range(length - 1))


KEYS = {
    "openai": "sk-" + _random(48),
    "openai project": "sk-proj-" + _random(70) + "_" + _random(40),
    "openai service account": "sk-svcacct-" + _random(60),
    "letters only": "sk-" + "abcdefghijklmnopqrstuvwx",
    "anthropic": "sk-ant-api03-" + _random(80) + "-" + _random(10) + "AA",
    "openrouter": "sk-or-v1-" + _random(64, "0123456789abcdef"),
    "deepseek": "sk-" + _random(32, "0123456789abcdef"),
    "langfuse": "pk-lf-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
    "stripe": "sk_" + "live_" + _random(24),
    "stripe restricted": "rk_" + "test_" + _random(24),
    "groq": "gsk_" + _random(52),
    "xai": "xai-" + _random(80),
    "perplexity": "pplx-" + _random(48),
    "nvidia": "nvapi-" + _random(60),
    "cerebras": "csk-" + _random(48),
    "replicate": "r8_" + _random(37),
    "together": "tgp_v1_" + _random(43),
    "google": "AIza" + _random(35),
    "google oauth": "ya29." + _random(60),
    "hugging face": "hf_" + _random(34),
    "aws": "AKIA" + _random(16, string.ascii_uppercase + string.digits),
    "github": "ghp_" + _random(36),
    "github fine": "github_pat_" + _random(22) + "_" + _random(59),
    "gitlab": "glpat-" + _random(20),
    "slack": "xoxb-" + _random(12, string.digits) + "-" + _random(24),
    "npm": "npm_" + _random(36),
    "pypi": "pypi-" + _random(80),
    "sendgrid": "SG." + _random(22) + "." + _random(43),
    "jwt": "eyJ" + _random(30) + ".eyJ" + _random(60) + "." + _random(43),
}


def _text(value: str) -> str:
    return REDACTOR.text(value, {})


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_keys_go(key: str) -> None:
    """V03: a provider's key goes whole, wherever in a text it stands."""
    for form in (
        "{}",
        "my key is {}, keep it",
        "KEY={}\nNEXT=1",
        "https://x.example/?key={}&a=b",
        '{{"key":"{}"}}',
        "({}).",
        "`{}`",
    ):
        cleaned = _text(form.format(key))
        assert cleaned == form.format("[API_KEY_1]"), form


def test_bearer_tokens_go() -> None:
    """A bearer token goes, in any case; the word stays."""
    token = "a1b2" + "C3d4" * 10 + "=="
    assert _text(f"curl -H 'Authorization: Bearer {token}'") == "curl -H 'Authorization: Bearer [TOKEN_1]'"
    assert _text(f"authorization:\tbearer  {token}\n") == "authorization:\tbearer  [TOKEN_1]\n"


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED "])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\\n"])
def test_private_keys_go(kind: str, newline: str) -> None:
    """A private key goes with its body, also with escaped line ends and with the headers of an encrypted one."""
    body = newline.join(_random(64) for _ in range(20))
    for headers in ("", f"Proc-Type: 4,ENCRYPTED{newline}DEK-Info: AES-128-CBC,0A1B2C{newline}{newline}"):
        key = f"-----BEGIN {kind}PRIVATE KEY-----{newline}{headers}{body}{newline}-----END {kind}PRIVATE KEY-----"
        assert _text(f"Here: {key} Thanks.") == "Here: [PRIVATE_KEY_1] Thanks."


@pytest.mark.parametrize(
    "address", ["ann@example.com", "a.b+lamp@mail.example.co.uk", "x_y%z@sub-domain.example.museum", "9@e.io"]
)
def test_addresses_go(address: str) -> None:
    """E-mail addresses go, the punctuation around them stays."""
    assert _text(f"Mail <{address}>, or {address}.") == "Mail <[EMAIL_1]>, or [EMAIL_1]."


@pytest.mark.parametrize(
    "number",
    [
        "+1 415-555-0132",
        "+49 30 1234567",
        "+44 (0)20 7946 0958",
        "+4915112345678",
        "(415) 555-0132",
        "415-555-0132",
        "415.555.0132",
        "030 1234567",
        "020 7946 0958",
        "06 12 34 56 78",
        "138-0013-8000",
    ],
)
def test_telephone_numbers_go(number: str) -> None:
    """Telephone numbers go in the forms in which people of several countries write them."""
    assert _text(f"Call {number}, or {number} today") == "Call [PHONE_1], or [PHONE_1] today"


@pytest.mark.parametrize(
    "card", ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", "6011000990139424"]
)
def test_cards_go(card: str) -> None:
    """Card numbers that pass Luhn's check go, in groups or not."""
    assert _text(f"Card: {card}.") == "Card: [CARD_1]."


STAYS = [
    "4111 1111 1111 1112 fails the check, and so does 5500000000000005",
    "On 2024-02-29, 29.02.2024 and 02/29/2024 at 23:59:59",
    "2024-02-29T23:59:59.123456Z and 2024-02-29T23:59:59+02:00",
    "Versions 1.2.3, v10.15.7, 3.11.0rc1 and 2024.10.1",
    "Hosts 192.168.1.10, 10.0.0.255:8080 and 2001:db8::8a2e:370:7334",
    "It costs $1,299.00, 1 299,00 EUR, 12.50 USD, up +12.50 or +1234.56 or +10.5000 %",
    "Order 4711-2024-0042, invoice 2024000123, ticket #123456789, RMA 00123456789",
    "At 1732394424, 1732394424123 and 1732394424123456789",
    "ISBN 978-3-16-148410-0, EAN 4006381333931x",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8, id 550e8400-e29b-41d4-a716-446655440000",
    "gpt-4o-2024-08-06, claude-3-5-sonnet-20241022, text-embedding-3-small",
    "as in (Meyer 2019) 12 of 345, see (2021) 123 and pages 100-120",
    "+1 for this; a+1 == b+12; diff @@ -120,7 +1234,45 @@",
    "The API uses bearer authentication. Bearer tokens expire. The bearer of this letter",
    "pk_customers_orders_line and sk_learn_pipeline_step are names; so is the risk-based-approach",
    "import sklearn; from task_manager import sk_list",
    "@app.route('/x'); user@localhost; git log --author=me; x @ y.T",
    "for i in range(10_000_000): total += values[i] * 0.00012345678901",
    "latitude 52.520008, longitude 13.404954; pi 3.14159265358979323846",
    "if '-----BEGIN CERTIFICATE-----' in text: pass",
    "[EMAIL_1] and [PHONE_2] were here before",
    "灯火は机の上にある。👩‍🚀 0123 456",
]


@pytest.mark.parametrize("text", STAYS)
def test_what_must_stay(text: str) -> None:
    """Dates, versions, addresses of hosts, prices, order numbers, timestamps, code and prose stay as they are."""
    assert _text(text) == text
    assert not REDACTOR.changes(text)


def _sample(**fields: Any) -> Sample:
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=1,
    )
    return Sample(id="r", exchange=exchange, **fields)


def test_equal_values_get_equal_placeholders() -> None:
    """One numbering runs through messages, documents, tool arguments, tools, the schema, contexts and choices."""
    ann, bob, phone = "ann@example.com", "bob@example.com", "+1 415-555-0132"
    cleaned = REDACTOR.sample(
        _sample(
            messages=(
                Message("user", f"I am {ann}", name=ann),
                Message("assistant", tool_calls=(ToolCall("mail", json.dumps({"to": [bob, ann]}), f"call-{ann}"),)),
                Message("tool", f"sent to {bob}", tool_call_id=f"call-{ann}", documents=(f"doc of {ann}",)),
                Message("user", other_parts=(ann,)),
            ),
            tools=(msgspec.Raw(orjson.dumps({"description": f"mails {bob}", "examples": {ann: 1}})),),
            response_format=msgspec.Raw(orjson.dumps({"const": phone})),
            contexts=(f"ring {phone}",),
            choices=(
                Choice(0, f"Dear {bob},", f"not {ann}", f"hm {phone}", (ToolCall("call", f'{{"n":"{phone}"}}'),)),
            ),
        )
    )
    first, second, third, fourth = cleaned.messages
    assert (first.content, first.name) == ("I am [EMAIL_1]", "[EMAIL_1]")
    assert orjson.loads(second.tool_calls[0].arguments) == {"to": ["[EMAIL_2]", "[EMAIL_1]"]}
    assert second.tool_calls[0].id == third.tool_call_id == "[EMAIL_3]"
    assert (third.content, third.documents, fourth.other_parts) == (
        "sent to [EMAIL_2]",
        ("doc of [EMAIL_1]",),
        ("[EMAIL_1]",),
    )
    assert orjson.loads(bytes(cleaned.tools[0])) == {"description": "mails [EMAIL_2]", "examples": {"[EMAIL_1]": 1}}
    assert cleaned.response_format is not None
    assert orjson.loads(bytes(cleaned.response_format)) == {"const": "[PHONE_1]"}
    assert cleaned.contexts == ("ring [PHONE_1]",)
    (choice,) = cleaned.choices
    assert (choice.text, choice.refusal, choice.reasoning) == ("Dear [EMAIL_2],", "not [EMAIL_1]", "hm [PHONE_1]")
    assert choice.tool_calls[0].arguments == '{"n":"[PHONE_1]"}'


def test_samples_do_not_share_placeholders() -> None:
    """Numbers begin anew with each sample, so that a placeholder says nothing across samples."""
    one = REDACTOR.sample(_sample(messages=(Message("user", "ann@example.com"),)))
    two = REDACTOR.sample(_sample(messages=(Message("user", "bob@example.com"),)))
    assert one.messages == two.messages


@pytest.mark.parametrize(
    "arguments",
    [
        '{"text": "line one\\nann@example.com"}',
        '{"text": "tab\\tsk-proj-0123456789abcdef"}',
        '{"card": 4111111111111111, "note": "x"}',
        '["+1 415-555-0132", {"deep": ["ann@example.com"]}]',
        '"ann@example.com"',
    ],
)
def test_arguments_stay_json(arguments: str) -> None:
    """Arguments that are JSON are JSON afterwards, escapes and numbers notwithstanding, and the values are gone."""
    choice = Choice(tool_calls=(ToolCall("f", arguments),))
    cleaned = REDACTOR.sample(_sample(choices=(choice,))).choices[0].tool_calls[0].arguments
    orjson.loads(cleaned)
    for secret in ("ann@", "0123456789abcdef", "4111111111111111", "555-0132"):
        assert secret not in cleaned
    assert "_1]" in cleaned


def test_arguments_without_secrets_stay_as_sent() -> None:
    """Arguments with nothing to take out keep every byte; broken JSON is cleaned as text."""
    sent = '{ "n" : 1.0,  "big": 12345678901234567890123, "t":"é\\u00e9" }'
    broken = '{"to": "ann@example.com"'
    calls = (ToolCall("f", sent), ToolCall("g", broken))
    cleaned = REDACTOR.sample(_sample(choices=(Choice(tool_calls=calls),))).choices[0].tool_calls
    assert [call.arguments for call in cleaned] == [sent, '{"to": "[EMAIL_1]"']


def test_the_request_s_own_secrets_go() -> None:
    """The credential that the request carried goes from every place, whatever its form; short words are no secret."""
    secret = "correct/horse+battery"
    sample = _sample(
        messages=(Message("user", f"my key is {secret}!"), Message("tool", "x", tool_call_id=secret)),
        tools=(msgspec.Raw(orjson.dumps({secret: [secret]})),),
        choices=(
            Choice(
                0, f"You said {secret}", finish_reason=secret, tool_calls=(ToolCall(secret, f'{{"k":"a{secret}"}}'),)
            ),
        ),
    )
    cleaned = REDACTOR.sample(sample, (secret, "my"))
    assert secret not in repr(cleaned)
    assert cleaned.messages[0].content == "my key is [API_KEY_1]!"


def test_what_was_left_once_is_no_secret_of_another_request_s() -> None:
    """A word that one sample kept goes from the next one, whose request has it for its credential or that spells it out
    otherwise; short words stay as they are in both."""
    for word, credential in (("lamplight", "lamplight"), ("lamp42", "x-lamp42-x")):
        redactor = Redactor(Redaction())
        given = _sample(messages=(Message("user", word),), choices=(Choice(text=word, finish_reason="stop"),))
        assert redactor.sample(given) == given
        again = _sample(messages=(Message("user", f"{word} {credential}"),), choices=(Choice(text=credential),))
        found = redactor.sample(again, (credential,))
        assert credential not in found.messages[0].content
        assert found.choices[0].text == "[API_KEY_1]"
        assert redactor.sample(given) == given


def test_patterns_of_ones_own() -> None:
    """Patterns from Settings are taken out first; without the built-in ones nothing else is."""
    own = Redactor(Redaction(builtin=False, patterns=(r"EMP-\d{4}",)))
    assert own.text("EMP-1234 and EMP-5678 and EMP-1234, ann@example.com", {}) == (
        "[CUSTOM_1] and [CUSTOM_2] and [CUSTOM_1], ann@example.com"
    )
    both = Redactor(Redaction(patterns=(r"EMP-\d{4}",)))
    assert both.text("EMP-1234, ann@example.com", {}) == "[CUSTOM_1], [EMAIL_1]"


def test_deep_json_is_bounded() -> None:
    """X14: a tool nested beyond reason loses its depths and raises nothing."""
    deep = "[" * 200 + '"ann@example.com"' + "]" * 200
    (tool,) = REDACTOR.sample(_sample(tools=(msgspec.Raw(deep.encode()),))).tools
    assert b"ann@" not in bytes(tool)


@given(st.text(max_size=200))
def test_redaction_is_idempotent(text: str) -> None:
    """What has been redacted has nothing left to take out."""
    assert not REDACTOR.changes(_text(text))


HOSTILE = {
    "digits": "1",
    "grouped digits": "1 ",
    "dashed digits": "4-1",
    "plus": "+1 ",
    "brackets": "(030) ",
    "local part": "a.",
    "at": "a@",
    "domain": "a@b.c-",
    "labels": "a@" + "b." * 9,
    "jwt": "eyJ",
    "jwt runs": "eyJabcdefgh-",
    "jwt dots": "eyJabcdefgh.abcd ",
    "sk": "sk-",
    "sk long": "sk-abcdefghijklmno-",
    "bearer": "bearer ",
    "bearer letters": "Bearer aaaaaaaaaaaaaaaaaaaaaaaa\n",
    "private key": "-----BEGIN PRIVATE KEY-----",
    "private key headers": "-----BEGIN PRIVATE KEY-----\nProc-Type: ",
    "mails": "{n}@x.io ",
    "phones": "+1 415 {n} ",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    """256 KB of what a pattern likes to chew on cost little, and doubling the text about doubles the time."""

    def measure(size: int) -> float:
        text = "".join(unit.replace("{n}", str(number)) for number in range(size // len(unit)))[:size]
        started = time.process_time()
        _text(text)
        return time.process_time() - started

    half = min(measure(131_072) for _ in range(2))
    whole = min(measure(262_144) for _ in range(2))
    assert whole < 3 * half + 0.2  # quadratic work would be four times as much
    assert whole < 3.0


def test_plain_text_takes_no_patience() -> None:
    """A hundred thousand characters in which there is nothing to look at cost none; with a few signs, a little."""
    plain = "The parcel was sent on Monday and the tracking page has not changed since then. " * 1250
    patience = Patience(16_384)
    assert REDACTOR.text(plain, {}, (), patience) == plain
    assert patience.left > 16_000
    told = plain + "Write to jane.doe@shop.example."
    assert REDACTOR.text(told, {}, (), patience) == plain + "Write to [EMAIL_1]."
    assert 0 < patience.left < 16_000


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a@b.example ",
            "AB12 CDEF GHIJ ",
            "0123456789012 ",
            "sk-abcdefghijklmn1 ",
            "é@b.c",
            "٣",
            "\\u0041",
            "%41",
            "&#65;",
        ),
        *(
            "password=",
            "token: a1b2c3d4e5f6 ",
            "sk-a1b2c3d4e5\n",
            "ftp://a:b@c.d ",
            "cookie: a=b1c2d3e4 ",
            "AKIAAAAAAAAAAAAAAAAA ",
        ),
    ],
)
def test_hostile_text_ends_patience_soon(unit: str) -> None:
    """Text made of signs is given up after milliseconds, whatever its length; with time enough nothing changes."""
    text = unit * (250_000 // len(unit))
    begun = time.process_time()
    with pytest.raises(TooMuch):
        REDACTOR.text(text, {}, (), Patience(16_384))
    assert time.process_time() - begun < 0.3
    short = unit * 20
    assert REDACTOR.text(short, {}, (), Patience(10**9)) == REDACTOR.text(short, {})


def test_many_texts_end_patience_too() -> None:
    """Each text costs something, however short."""
    patience = Patience(16_384)
    with pytest.raises(TooMuch):
        for _ in range(1000):
            REDACTOR.text("a", {}, (), patience)
