"""Secrets that a name beside them tells, and what stands under such names without being one."""

from __future__ import annotations

import orjson
import pytest

from proxy.config.settings import Redaction
from proxy.redact import Redactor
from proxy.sample import Choice, ToolCall
from support.redaction import sample

REDACTOR = Redactor(Redaction())


def _text(value: str) -> str:
    return REDACTOR.text(value, {})


GONE = {
    "env": ("DB_PASSWORD=Hav3n-Lamp!42\nDEBUG=1", "DB_PASSWORD=[PASSWORD_1]\nDEBUG=1"),
    "env of letters": ("SMTP_PASS=lampenschirm\n", "SMTP_PASS=[PASSWORD_1]\n"),
    "export": ("export API_TOKEN='k3Wq9zLmT7xB'", "export API_TOKEN='[SECRET_1]'"),
    "yaml": ("db:\n  password: Hav3n!Lamp\n  port: 1", "db:\n  password: [PASSWORD_1]\n  port: 1"),
    "ini with spaces": ("secret = k3Wq9zLmT7xB", "secret = [SECRET_1]"),
    "json": ('{"apiKey" : "k3Wq9zLmT7xB", "n": 1}', '{"apiKey" : "[SECRET_1]", "n": 1}'),
    "quoted with spaces": ('password: "l4mp haven orbit copper"', 'password: "[PASSWORD_1]"'),
    "a phrase": ("password = 'lamp haven orbit copper'", "password = '[PASSWORD_1]'"),
    "a quote within": ('{"password": "k3W\\"q9zLm"}', '{"password": "[PASSWORD_1]"}'),
    "escaped json": ('{\\"client_secret\\": \\"k3Wq9zLmT7xB\\"}', '{\\"client_secret\\": \\"[SECRET_1]\\"}'),
    "number": ('{"password": 84213377, "x": 1}', '{"password": "[PASSWORD_1]", "x": 1}'),
    "query": ("https://x.example/?token=k3Wq9zLmT7xBv2&x=1", "https://x.example/?token=[SECRET_1]&x=1"),
    "signature": ("https://s.example/b?sv=1&sig=k3Wq9zLm%2BT7x%3D&r=b", "https://s.example/b?sv=1&sig=[SECRET_1]&r=b"),
    "account key": ("AccountName=a;AccountKey=k3Wq9zLmT7xB/v2+Rp8Q==;E=x", "AccountName=a;AccountKey=[SECRET_1];E=x"),
    "connection": ("Server=db;User=sa;Password=Hav3n!Lamp;X=1", "Server=db;User=sa;Password=[PASSWORD_1];X=1"),
    "xml": ("<password>Hav3n!Lamp</password>", "<password>[PASSWORD_1]</password>"),
    "pair": ('{"name": "DB_PASSWORD", "value": "Hav3n!Lamp"}', '{"name": "DB_PASSWORD", "value": "[PASSWORD_1]"}'),
    "option": ("tool --password Hav3n!Lamp run", "tool --password [PASSWORD_1] run"),
    "curl user": ("curl -u ann:Hav3n!Lamp https://x.example", "curl -u ann:[PASSWORD_1] https://x.example"),
    "sentence": ("My password is Hav3n!Lamp, thanks", "My password is [PASSWORD_1], thanks"),
    "german": ("Das Passwort lautet Hav3n!Lamp", "Das Passwort lautet [PASSWORD_1]"),
    "chinese": ("密码：Hav3n7Lamp", "密码：[PASSWORD_1]"),
    "percent form": ("body=%7B%22password%22%3A%22Hav3n7Lamp%22%7D", "body=%7B%22password%22%3A%22[PASSWORD_1]%22%7D"),
    "cut": ("DD_API_KEY=4f81c2\n9a7be30d5521\n", "DD_API_KEY=[SECRET_1]\n"),
    "basic": ("Authorization: Basic YW5uOmhhdmVuLWxhbXA=", "Authorization: Basic [TOKEN_1]"),
    "token header": ("authorization: Token 4f81c29a7be30d55", "authorization: Token [TOKEN_1]"),
    "key header": ("-H 'X-Api-Key: k3Wq9zLmT7xB'", "-H 'X-Api-Key: [SECRET_1]'"),
    "cookie": ("Cookie: sid=k3Wq9zLmT7xB; theme=dark\nHost: x", "Cookie: [TOKEN_1]\nHost: x"),
    "url": ("postgres://ann:Hav3nLamp@db.example/x", "postgres://ann:[PASSWORD_1]@db.example/x"),
    "url, escaped": ("redis://:h%40v3n%2Flamp@c.example:6379", "redis://:[PASSWORD_1]@c.example:6379"),
    "beside an id": (
        "id AKIA7Q2MXKZ4LPW8NYC3, then k3Wq9zLmT7xBv2Rp8QdH5sJcYfUeGnAo1iVtX6wM",
        "id [API_KEY_1], then [API_KEY_2]",
    ),
}


@pytest.mark.parametrize(("text", "expected"), GONE.values(), ids=GONE)
def test_named_secrets_go(text: str, expected: str) -> None:
    """The value goes whole; its name, its quotes and what stands around it stay."""
    assert _text(text) == expected


STAYS = [
    "the password field must have 8 characters and the token must be a string",
    "Password: at least 8 characters, with a number. Your secret: keep it.",
    "interface Login { password: string; token?: string; secret: SecretStr }",
    "def login(password: str, api_key: str | None = None) -> Token: ...",
    "password = get_password(); token = self.tokens[0]; secret = os.environ['SECRET']",
    "login(user=user, password=password, token=token1, api_key=API_KEY)",
    "PASSWORD=${DB_PASSWORD} TOKEN=$TOKEN SECRET=<your-secret> KEY={{ key }}",
    'api_key="YOUR_API_KEY", token="your-token-here", secret="changeme"',
    '{"password": {"type": "string"}, "token": "string", "secret": null}',
    '{"password": "Passwort", "forgot": "Passwort vergessen?", "token": "Token"}',
    '{"token": " hello", "logprob": -0.31, "max_tokens": 4096, "next_page_token": "CAEQAA7fjw93kd83kd"}',
    "total_tokens: 12345, prompt_tokens=678, eos_token: '<|endoftext|>', pad_token='[PAD]'",
    "Authorization: Bearer <token>; Authorization: Basic auth; Cookie: name=value",
    "primary_key=id, cache_key: user-profile-v2, sort_key='created_at', public_key: none",
    "see https://x.example:8080/a@b and http://localhost:3000/?x=@y",
    "postgres://user:password@localhost/db and redis://localhost:6379/0",
    "minipass: '^7.1.2', bypass: 1234567, compass=12345678, author: Ann, keyboard=qwerty12345",
    "<label>Password</label> <code>net.isIPv4(input)</code> <input type='password' name='password'>",
    "mot de passe oublié ? contraseña: obligatoria. senha: mínimo 8 caracteres. пароль: обязателен",
    "import secrets; token = secrets.token_hex(16); key = hmac.new(secret, data).hexdigest()",
    "[PASSWORD_1] and password: [PASSWORD_2], token=[SECRET_1]",
]


@pytest.mark.parametrize("text", STAYS)
def test_speech_of_secrets_stays(text: str) -> None:
    """Prose, types, code that hands a secret on, labels, places for one, counts of tokens: nothing of them goes."""
    assert _text(text) == text


def test_a_name_in_json_tells_its_value() -> None:
    """Where JSON is parsed, a value goes by its key; numbers become strings, equal values stay equal."""
    arguments = orjson.dumps(
        {
            "password": "lampenschirm",
            "headers": {"Authorization": "Basic YW5uOmhhdmVuLWxhbXA=", "X-Api-Key": "k3Wq9zLmT7xB", "Accept": "x"},
            "env": [{"name": "DB_PASSWORD", "value": "lampenschirm"}, {"name": "PORT", "value": "5432"}],
            "max_tokens": 12345678,
            "pin": {"password": 84213377},
        }
    ).decode()
    cleaned = REDACTOR.sample(sample(choices=(Choice(tool_calls=(ToolCall("f", arguments),)),)))
    assert orjson.loads(cleaned.choices[0].tool_calls[0].arguments) == {
        "password": "[PASSWORD_1]",
        "headers": {"Authorization": "Basic [TOKEN_1]", "X-Api-Key": "[SECRET_1]", "Accept": "x"},
        "env": [{"name": "DB_PASSWORD", "value": "[PASSWORD_1]"}, {"name": "PORT", "value": "5432"}],
        "max_tokens": 12345678,
        "pin": {"password": "[PASSWORD_2]"},
    }


def test_arguments_that_do_not_parse_are_cleaned_as_text() -> None:
    """A stream that ended early leaves half of a JSON object: its secrets go all the same, escapes and all."""
    broken = '{"cmd": "export TOKEN=k3Wq9zLmT7xB\\nmail ann\\u0040x.example'
    cleaned = REDACTOR.sample(sample(choices=(Choice(tool_calls=(ToolCall("f", broken),)),)))
    assert cleaned.choices[0].tool_calls[0].arguments == '{"cmd": "export TOKEN=[SECRET_1]\\nmail [EMAIL_1]'
