"""Ordinary texts, drawn with a seed: what people, programs and their files say that holds no secret at all."""

from __future__ import annotations

import base64
import hashlib
import random
import string
import uuid
from collections.abc import Callable

Draw = Callable[[random.Random], str]

_PROSE = {
    "English": (
        "The password field must have at least 12 characters.",
        "Please never send your token by mail; a secret is no secret then.",
        "We moved the lamp to room 214 on 3 March 2026, and it cost 1,299.00 euros.",
        "What is the difference between an API key and a session cookie?",
        "Reset the password, then sign in again: the old one is no longer valid.",
    ),
    "German": (
        "Das Passwort muss mindestens zwölf Zeichen haben.",
        "Bitte senden Sie das Kennwort nie per E-Mail, auch nicht auf Nachfrage.",
        "Die Lampe steht seit dem 3. März 2026 in Raum 214 und kostete 1.299,00 Euro.",
        "Passwort vergessen? Ein neues Passwort ist schnell vergeben.",
        "Der Schlüssel: er liegt unter der Matte.",
    ),
    "French": (
        "Le mot de passe doit contenir au moins douze caractères.",
        "Mot de passe oublié ? Cliquez ici pour en choisir un autre.",
        "La lampe est dans la salle 214 depuis le 3 mars 2026 et a coûté 1 299,00 euros.",
        "Ne communiquez jamais votre jeton d'accès : il vaut une signature.",
    ),
    "Spanish": (
        "La contraseña debe tener al menos doce caracteres.",
        "¿Olvidó su contraseña? Elija una nueva: es rápido.",
        "La lámpara está en la sala 214 desde el 3 de marzo de 2026 y costó 1.299,00 euros.",
    ),
    "Portuguese": (
        "A senha deve ter pelo menos doze caracteres.",
        "Esqueceu a senha? Escolha outra: leva um minuto.",
        "A lâmpada está na sala 214 desde 3 de março de 2026 e custou 1.299,00 euros.",
    ),
    "Russian": (
        "Пароль должен содержать не менее двенадцати знаков.",
        "Забыли пароль? Новый пароль: это минутное дело.",
        "Лампа стоит в комнате 214 с 3 марта 2026 года и стоила 1299 евро.",
    ),
    "Chinese": (
        "密码必须至少有十二个字符。",
        "忘记密码？请重新设置密码：只需一分钟。",
        "这盏灯自2026年3月3日起放在214号房间，价格为1299欧元。",
    ),
    "Japanese": (
        "パスワードは12文字以上でなければなりません。",
        "パスワードをお忘れですか？新しいパスワード：すぐに設定できます。",
        "ランプは2026年3月3日から214号室にあり、1299ユーロでした。",
    ),
}

_CODE = (
    "def login(user: str, password: str, token: str | None = None):\n    return open_session(user, password)\n",
    "const token = await getToken(); if (!token) throw new Error('token expired');\n",
    "export interface Login { password: string; apiKey?: string; secret: Secret<'db'>; }\n",
    "password = os.environ['DB_PASSWORD']\nsecret_key = settings.secret_key.get_secret_value()\n",
    'auth := r.Header.Get("Authorization"); token := strings.TrimPrefix(auth, "Bearer ")\n',
    "SELECT id, password_hash FROM users WHERE token = $1 AND secret IS NOT NULL;\n",
    "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef: {name: db-secret, key: password}\n",
    "tokenizer = Tokenizer(max_tokens=4096, pad_token='[PAD]', eos_token='</s>')\n",
    "if (keyCode === 13 && passKey !== primaryKey) { sortKey = 'created_at'; }\n",
    'curl -H "Authorization: Bearer $TOKEN" -u "$USER:$PASS" https://api.example/v1\n',
    "type: object\nproperties:\n  password: {type: string, format: password}\n  token: {type: string}\n",
    "@property\ndef api_key(self) -> SecretStr:\n    return self._api_key\n",
)
_ALNUM = string.ascii_letters + string.digits


def _hex(rng: random.Random, number: int) -> str:
    return f"{rng.getrandbits(4 * number):0{number}x}"


def _base64(rng: random.Random, number: int) -> str:
    return base64.b64encode(rng.randbytes(number)).decode()


def _prose(language: str) -> Draw:
    return lambda rng: " ".join(rng.sample(_PROSE[language], min(3, len(_PROSE[language]))))


def _word(rng: random.Random, most: int) -> str:
    return "".join(rng.choice(string.ascii_lowercase) for _ in range(rng.randrange(1, most)))


def _lock(rng: random.Random) -> str:
    name = rng.choice((_word(rng, 10), "minipass", "google-auth", "js-tokens", "passkey", "secretstorage"))
    version = f"{rng.randrange(30)}.{rng.randrange(30)}.{rng.randrange(10)}"
    url_safe = base64.urlsafe_b64encode(rng.randbytes(32)).decode().rstrip("=")
    return rng.choice(
        (
            f'"{name}": {{"version": "{version}", "integrity": "sha512-{_base64(rng, 64)}"}},',
            f'"{name}": "^{version}",',
            f"{name}=={version} \\\n    --hash=sha256:{_hex(rng, 64)} \\\n    --hash=sha256:{_hex(rng, 64)}",
            f"{name} v{version} h1:{_base64(rng, 32)}",
            f"{name}/{name}.py,sha256={url_safe},{rng.randrange(99999)}",
            f'checksum = "{_hex(rng, 64)}"\n[[package]]\nname = "{name}"',
        )
    )


def _log(rng: random.Random) -> str:
    day, clock = (
        f"2026-0{rng.randrange(1, 10)}-{rng.randrange(10, 29)}",
        f"{rng.randrange(10, 24)}:{rng.randrange(10, 60)}",
    )
    stamp, number = f"{day}T{clock}:07.{rng.randrange(1000):03}Z", rng.randrange(9999)
    address, epoch = f"10.0.{rng.randrange(256)}.{rng.randrange(256)}", rng.randrange(10**9, 2 * 10**9)
    return rng.choice(
        (
            f"{stamp} INFO request id={_hex(rng, 32)} path=/v1/chat status=200 tokens={number} took=12ms",
            f"{stamp} WARN auth: token expired for session {uuid.UUID(int=rng.getrandbits(128))}, key rotation in 30s",
            f'{address} - - [{stamp}] "GET /login?next=/home HTTP/1.1" 401 {number}',
            f"{epoch}.{rng.randrange(10**6):06} worker[{number}]: password check failed (attempt 3 of 5)",
        )
    )


def _minified(rng: random.Random) -> str:
    a, b, c, d, e = ("".join(rng.choice(_ALNUM[:52]) for _ in range(rng.randrange(1, 4))) for _ in range(5))
    return (
        f"!function({a},{b}){{var {c}={a}.token||{b}.key,{d}=0x{_hex(rng, 6)};return {e}({c},{d}),"
        f"{a}.secret={b}?{c}:!1,{b}.password={a}?{d}:null,{e}.passKey={c}}}(this,{rng.randrange(999)});"
    )


def _hashes(rng: random.Random) -> str:
    short = hashlib.md5(rng.randbytes(8), usedforsecurity=False).hexdigest()
    return f"commit {_hex(rng, 40)}\nindex {_hex(rng, 7)}..{_hex(rng, 7)}\nmd5 {short}\nsha256:{_hex(rng, 64)}"


def _source_map(rng: random.Random) -> str:
    lines = ("".join(rng.choice("ACEGIKMOgBkDsFAAUC,") for _ in range(60)) for _ in range(8))
    return '{"version":3,"mappings":"' + ";".join(lines) + '"}'


#: Kind of ordinary text -> how to draw one.
ORDINARY: dict[str, Draw] = {
    **{f"prose, {language}": _prose(language) for language in _PROSE},
    "code": lambda rng: "".join(rng.sample(_CODE, 3)),
    "lock files": _lock,
    "logs": _log,
    "minified code": _minified,
    "hashes": _hashes,
    "UUIDs": lambda rng: "\n".join(str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(5)),
    "base64 of images": lambda rng: "iVBORw0KGgo" + _base64(rng, rng.randrange(300, 2000)),
    "source maps": _source_map,
}
