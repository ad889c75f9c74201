"""Written for this project: what people paste that no prose model expects, and that no optimiser made.

Headers, stubs, logs, lists of packages, badges, markup, settings, dumps, receipts, line-ups. Names are put together
from a few words, in the cases that code uses; a fifth stands on a single line, as after a paste into a chat.
"""

from __future__ import annotations

import random
import re

_WORDS = """node|buffer|parser|cache|frame|route|token|queue|panel|sensor|ledger|invoice|socket|worker|page|schema
branch|volume|metric|widget|signal|folder|packet|vector|matrix|kernel|stream|driver|layer|cursor|thread|mirror
port|shard|table|field|batch|window|helper|factory|adapter|filter|mapper|reader|writer|loader|tree|map""".replace(
    "\n", "|"
).split("|")
_VERBS = """get|set|load|make|open|close|read|write|find|free|push|pull|split|merge|init|parse|copy
drop|wrap""".replace("\n", "|").split("|")
_NAMES = """Okoro|Lindqvist|Brandt|Haddad|Moreau|Sato|Kowalczyk|Novak|Ferreira|Petrov|Iyer|Castillo|Nguyen|Haugen
Dubois|Rossi|Yilmaz|Schmid|Osei|Varga""".replace("\n", "|").split("|")

#: A document is some lines of one of these, each with words of its own, parted by line ends and ``¦``.
_FORMS = {
    "header": """XAPI {C} {c}{C} ({C}Ptr {i}, const {c} *{i});¦#define {U}_{U} {n}¦typedef struct _{C} {C};
typedef {C} *{C}Ptr;¦extern {C} {c}New{C} (int {i}, {C}Ptr {i});¦/* {w}s of a {w} */¦#ifdef {U}_{U}_ENABLED¦#endif
static inline void {i}_{v}(struct {i} *{w}, size_t n)""",
    "stub": """    def {v}_{w}(self, {i}: str | None = ..., *, {i}: bool = ...) -> {C}: ...
from {w}.{w} import {C} as {C}, {C} as {C}¦_{C}Type = Callable[[{C}, Any], Any]
def {v}(*{w}s: _{C}Type) -> _{C}Type: ...¦class {C}({C}[_T]):¦    {i}: ClassVar[{C}[{C}, {C}]]
@overload¦    @property¦from typing import Any, Callable, Optional, Union""",
    "names": """{U}_{U} = {n}¦"{C}", "{C}", "{C}", "{C}", "{C}", "{C}",¦'{w}', '{v}', '{w}{v}', '{v}_{w}', '{w}s',
    "{i}", "{i}", "{i}", "{i}",¦__all__ = ["{C}", "{C}", "{i}"]¦{C}, {C}, {C}, {C}, {C},¦{U}_{U}¦{U}_{U}{n}""",
    "record": """{w}/__init__.py,sha256={h},{n}¦{w}/__pycache__/_{w}.cpython-31{d}.pyc,,¦{w}/{v}_{w}.py,sha256={h},{n}
{w}-{d}.{n}.0.dist-info/LICENSE.txt,sha256={h},{n}¦../../bin/{w},sha256={h},{n}¦{w}/{w}/py.typed,,""",
    "badges": """[![{C}][{w}-badge]][{w}-link] [![Docs][docs-badge]][docs-link]¦[{w}-badge]: https://{w}.example/{w}.svg
[docs-link]: https://{w}.readthedocs.example/¦# {w}¦[{C}][{w}] or [{C} {C}][{w}-{w}]¦## Quick start
- [`{v}_{w}`](#{v}_{w}): {v}s a {w}¦Requires: Python >=3.{d}, {w}>={d}.{n},<{n}¦License-File: LICENSE
Classifier: Topic :: {C} :: {C}¦Project-URL: Source, https://{w}.example/{w}¦Provides-Extra: {w}""",
    "changes": """- Fix `{C}` when {i} is `None` by @{w}{n} in #{n}{n}¦- {C}: {v} {i} (#{n}{n})
- Upstream tag: {d}.{n}.{d}
{h7} chore: bump {w}-{w}¦{h7} fix({w}): {v} {w} twice¦{h7} feat: {v} {w} with ?no{w}=1¦## {d}.{n}.{d} (20{n}-0{d}-1{d})
* **{w}:** {v} the {w} ({h7})¦- {w}: {d}.{d} -> {d}.{n}¦Co-authored-by: {N} <{w}@{w}.example>""",
    "rst": """.. py:class:: {C}¦:ref:`{w}-{w}`, :class:`~{w}.{C}`, :meth:`.{C}.{v}`¦.. |{w}| image:: {w}.png¦{C}\n======
   :param {i}: the :class:`.{C}`¦.. versionadded:: {d}.{n}¦.. code-block:: text¦``{i}``, ``--{w}`` and ``-{L}``
.. [{n}] {N}, "{C} {w}s", 20{n}¦.. _{w}-{w}:""",
    "log": """20{n}-0{d}-1{d}T1{d}:0{d}:{n}.{n}Z INFO [{w}-{d}] c.e.{w}.{C}{C} : {C} {w}={n} {w}={h7}
[{n}:0{d}] WARN {w}: {v} {w} failed (ret={d}), retry¦{w} | {C}Error: {w} '{i}' {v}¦ERR! code E{U} errno -{n}
    at {C}.{v}{C} ({w}.js:{n}:{d})¦  File "{w}/{w}.py", line {n}, in {v}_{w}
level=error ts={n} caller={w}.go:{n} {w}={i}
{N}@{w}:~$ {v} -{L} {w}{n}.{w}¦nginx: [emerg] unknown directive "{w}_{w}" in {w}.conf:{n}""",
    "markup": """<{w} class="{w}-{w} {w}--{v}" data-{w}="{n}">{C}</{w}>¦<{C}{C} {w}={{{c}}} on{C}={{() => {v}({d})}} />
<xs:element name="{c}" type="xs:{w}" minOccurs="{d}"/>¦\\begin{{{w}}} \\frac{{{L}_{d}}}{{{n}}} \\cdot \\mathbf{{{L}}}
<li><a href="#{w}">{C} {w}</a></li>¦.{w}-{w}:hover > .{w} {{ margin: 0 auto; {w}-color: #{h7}; }}
| `{i}` | {w} | {n} | **{w}** |¦\\item \\textbf{{{C}}}: \\emph{{{w}}} $\\{w}_{{{L}}}^{{{d}}}$""",
    "settings": """{w}_{w} = "{w}"  # {w}¦[{w}.{w}]¦{w}: {{ {w}: {n}, {v}: [{w}, {w}] }}¦export {U}_{U}="${{{U}:-{w}}}"
location ~ \\.{w}$ {{ proxy_pass http://{w}:{n}; }}¦  - {{ name: {w}, uses: {w}/{v}@v{d} }}¦{U}={w}.{w};{U}={n}
FROM {w}:{d}.{n}-slim AS {v}¦%.o: %.c ; $(CC) $(CFLAGS) -c $< -o $@¦{w}.{w}.{w}={C}{C}¦alias {w}='{v} -{L}{L} {w}'""",
    "json": """{{"{w}":{{"{i}":"{w}","{c}":[{n},{d}],"{w}":null}},"{v}":true}}
Output: {{"{w}":"{w}.{v}","{w}":"0{d}:{n}"}}
{{"fn":"{v}_{w}","args":{{"{i}":{n}}}}}¦  "{c}": {{ "$ref": "#/$defs/{C}" }},
[{{"op":"{v}","path":"/{w}/{d}","{w}":"{w}"}}]
{{"error":"{i}","detail":"{w} must be a {w}","{w}":{n}}}¦data: {{"id":"{h7}","{w}":{{"{c}":"{w}"}}}}
{L}={w}&{w}={n}&{i}={w}""",
    "patterns": """^(?:{w}|{v})[-_.]?(\\d{{{d}}})$¦{v} -{L} 's/{w}/{w}/g; s/^\\s*#.*//' {w}¦/^{w}_[a-z]+(\\w+\\s?)*$/i
{{{{ {w}.{w} | {v}: '{w}' }}}} %({w})s %-{n}s¦{{{w}}} and %d {w}s, {{{w}!r:>{n}}}¦(?P<{w}>[A-F0-9]{{{n}}})
({w})+@[{w}.]+
{v}({w}s[{d}:], key=lambda {L}: -{L}.{w})¦awk -F: '$3>{n}{{print $1,$NF}}' {w}¦$$.{w}[?(@.{w}=={d})].{w}""",
    "code": """{C}<{C}, {C}<{C}>> {c} = new {C}<>({w}::{v});¦if (!{w}->{w} || {w}.{v}() != {C}::k{C}) {{ return {U}; }}
let {c} = &mut self.{w}[{d}..]?;¦func ({L} *{C}) {v}{C}({w} []byte) (int, error) {{
{c}?.{v}(({{ {w}, {w} }}) => {w} ?? {d});
@{C}(value = "{w}", {w} = {C}.class)¦{i} |> {v}_{w}(~{w}, .{w} = {n})¦SELECT t.{i}, COUNT(*) FROM {i}s t GROUP BY 1;
mov eax, [ebp-{n}h]¦#[derive({C}, {C}, {C})]¦match {w} {{ Some({L}) => {L}.{v}(), None => {C}::{C} }}""",
    "shell": """{v} -{L} --{w}={w}/{v} {w}.{w} | {v} -{L}{n} '{w}*' > /{w}/{w}.txt
{w}ctl {v} {w}s -n {w} -o {w}path='{{.{w}[*].{w}}}'
curl -{L}S -X POST -H 'Content-Type: {w}/json' -d '{{"{L}": {n}}}' http://{w}:{n}/{v}¦ssh -{L} {N}@{w}.example {v} ~/{w}
{v} ./{w}/ {w}@{w}:/{w}/ --{v} --exclude='*.{w}'¦{w} ps | grep {w} | awk '{{print ${d}}}' | xargs {v} -{d}
SELECT {L}.{w}, SUM(x.{w}) FROM {w}s {L} LEFT JOIN {v}s x ON x.{L}id = {L}.id GROUP BY 1 HAVING SUM(x.{w}) > {n};
INSERT INTO {w}s (id, {i}) VALUES ({n}, '{w}') ON CONFLICT DO NOTHING;¦{U}=$({v} {w}) {v} "${U}" || exit {d}
for {L} in *.{w}; do {v} "${L}" -o "${{{L}%.{w}}}.{w}"; done¦{v}.exe /{L} C:\\{C}\\{w}.ini
{v}-{C} -{C} {w} | Where-{C} {{ $_.{C} -gt {n} }}""",
    "letters": """{N} {w} GmbH & Co. KG¦{N}, {C} & {N} Ltd.¦T0TAL {d}B,9O CA5H {n},0O¦Sr. {N} y Cía. S.A. de C.V.
{N} sp. z o.o.¦lvl {n} {w}+{d} (STR {n}/DEX {d}) w/ {w}¦1. e4 e5 2. Nf3 Nc6 {d}. Bb5 a6 {d}. Ba4 Nf6
{N} {n}' (p), {N} {n}+{d}'; {N}¦Mg(OH)2 + {d}HCl -> MgCl2 + {d}H2O¦Am7 | D7 | Gmaj7 | Cmaj7¦2x {w} sz. {L} @{d}.{n} ea
1 tbsp {w}, {d} tsp {w}, 1/{d} c. {w} (opt.)¦wdym ur {w} lol idk tbh, thx 4 the {w} tho
[{n}:{d}{d}] {N}: k, brb w/ {w}s""",
}
_ASKS = """Explain this.|What does this do?|Why does it fail?|Turn it into a table.|Clean this up:|Write tests for it.
What is wrong here?|Summarise the changes.|Translate the comments.|Which of these can go?||""".replace("\n", "|").split(
    "|"
)
_SLOT = re.compile(r"\{([A-Za-z]7?)\}")


class _Drawn:
    """Words for the slots of one document, drawn so that some come again."""

    def __init__(self, coin: random.Random) -> None:
        self._coin = coin
        self._words = coin.sample(_WORDS, coin.randint(4, 18))

    def word(self, slot: str) -> str:
        coin, words = self._coin, self._words
        first, second = coin.choice(words), coin.choice(words)
        joined = f"{first.capitalize()}{second.capitalize()}" if coin.random() < 0.6 else first.capitalize()
        made = {
            "w": first,
            "v": coin.choice(_VERBS),
            "i": f"{first}_{second}",
            "c": f"{first}{second.capitalize()}",
            "C": joined,
            "U": first.upper(),
            "N": coin.choice(_NAMES),
            "n": str(coin.randint(10, 99)),
            "d": str(coin.randint(1, 9)),
            "h": "".join(coin.choices("0123456789abcdefXYZ_-", k=43)),
            "h7": f"{coin.randrange(16**7):07x}",
            "L": coin.choice("abefknrstxyz"),
        }
        return made[slot]


def technical(count: int = 1200, seed: int = 61) -> list[str]:
    """``count`` prompts with such a text, the same every time."""
    coin, found = random.Random(seed), []
    forms = {name: re.split("[\n¦]", lines) for name, lines in _FORMS.items()}
    for at in range(count):
        lines, drawn = forms[list(forms)[at % len(forms)]], _Drawn(coin)
        taken = [coin.choice(lines) for _ in range(coin.randint(2, 14))]
        written = [_SLOT.sub(lambda slot: drawn.word(slot[1]), line) for line in taken]  # noqa: B023
        written = [line.replace("{{", "{").replace("}}", "}") for line in written]
        ask = coin.choice(_ASKS)
        text = (" " if coin.random() < 0.4 else "\n").join(written)
        found.append(f"{text}\n\n{ask}" if coin.random() < 0.3 else f"{ask}\n{text}")
    return found
