"""Signs of an attack on a model's instructions in a text: phrases, forged roles, personas. Pure; mostly English."""

from __future__ import annotations

from scorers.reading.screen import Screen
from scorers.reading.text import Blind, folded, words

#: Characters read: the beginning, and the end, where the turn often is.
_HEAD, _TAIL = 1_600, 800

_BEFORE = (
    r"(?:previous|prior|above|earlier|preceding|initial|original|existing|past|former|foregoing|system|last|old|all|"
    r"before|vorherigen?|bisherigen?|obigen?|alle)"
)
_TOLD = (
    r"(?:instructions?|directions?|rules?|prompts?|commands?|guidelines?|orders?|context|messages?|text|directives?|"
    r"constraints|conversation|tasks?|assignments?|programming|anweisungen|aufgaben|befehle|informationen|anordnungen)"
)
_PATTERNS = {
    "override": rf"\b(?:ignore|disregard|forget|discard|override|bypass|skip|neglect|drop|ignorier\w*|vergiss|"
    r"vergessen sie)"
    rf"\b[^.!?\n]{{0,40}}\b{_BEFORE}\b[^.!?\n]{{0,30}}\b{_TOLD}\b"
    rf"|\b(?:ignore|disregard|forget|vergiss|vergessen sie|ignorier\w*)\b[^.!?\n]{{0,15}}\b(?:everything|all|alles)\b"
    rf"[^.!?\n]{{0,30}}\b(?:before|above|previous\w*|prior|so far|told|said|davor|vorher|bisher|zuvor|up to)\b",
    "renounce": r"\b(?:no longer|not|never|stop|don't|do not) (?:\w{1,12} ){0,3}(?:bound|restricted|limited|"
    r"constrained|follow\w*"
    r"|obey\w*|abide|adhere)\b|\b(?:without|no|free (?:of|from)|any) (?:\w{1,12} ){0,2}(?:restrictions?|limitations?|"
    r"filters?|"
    r"censorship|ethic\w*|moral\w* (?:limits|rules))\b|\b(?:uncensored|unfiltered|unrestricted|amoral|unethical|"
    r"jailbr\w+)\b",
    "reveal": r"\b(?:reveal|print|show|repeat|output|display|tell|write|give|list|copy|reprint|recite|translate|"
    r"encode|summari[sz]e|"
    r"what (?:is|are|were))\b[^.!?\n]{0,50}\b(?:your|the|this|all|these|hidden|initial|system|secret|above|"
    r"previous)\b[^.!?\n]{0,25}"
    r"\b(?:instructions?|prompts?|rules|guidelines|directives?|text above|system message|configuration|secret|"
    r"password)\b",
    "forged": r"<\|?/?(?:im_start|im_end|system|endoftext|user|assistant|s|inst)\|?>|\[/?(?:inst|system|admin|sys)\]|"
    "<</?sys>>"
    r"|(?:^|\n)\W{0,6}(?:system|assistant|developer|admin(?:istrator)?)\b[^\n]{0,20}:|#{2,}\s{0,2}(?:end|new|begin|"
    r"system|instruction)"
    r"|\bend (?:of )?(?:user|input|prompt|instructions?|ambiguity)\b|%{3}|\b(?:new|updated) (?:instructions?|"
    r"directives?|task|rules)\b",
    "persona": r"\byou (?:are|will) (?:now )?(?:be|become|act(?:ing)? as|going to (?:act|be|pretend|play)|"
    r"play(?:ing)?|pretend)\b"
    r"|\b(?:act|behave|respond|answer|speak|roleplay|role-play) as\b|\bpretend (?:to be|you|that you)\b|\byou are "
    r"now\b|\bdu bist\b"
    r"|\bstay in character\b|\bfrom now on\b|\bimagine (?:that )?you\b|\bfungier\w*\b|\bsimulat\w+\b",
    "free": r"\bdo anything\b|\bdan\b|\bdeveloper mode\b|\b(?:god|admin|debug|maintenance|sudo|root|evil|opposite) "
    r"mode\b"
    r"|\bjailbreak\b|\bopenai(?:'s)? (?:polic\w+|guidelines|content)|\bcontent polic\w+|\b(?:moral|ethical|"
    r"legal)(?:ity)? (?:or|and|guid)"
    r"|\b(?:illegal|immoral)\b|\bwarnings? or\b|\bdisclaimers?\b|\bnever (?:refuse|say no|decline|apologi)",
    "dictate": r"\b(?:say|print|output|respond|reply|answer|write|return|repeat|begin|"
    r"start)\b[^.!?\n]{0,25}\b(?:only|exactly|just|nothing|"
    r"with (?:\"|'|the (?:words?|phrase|exact)))|\b(?:begin|start) your (?:reply|response|answer|output)\b|\band "
    r"nothing else\b|\bsay (?:yes|no|\")",
    "secret": r"\b(?:secret|password|passcode|access code|access granted|hidden (?:word|instructions?|prompt)|"
    r"credentials?)\b",
    "turn": r"[.!?] {0,2}(?:now|instead|anyway|stop|wait|okay|thanks?|great|good|well done|perfect|nice|forget|"
    r"ignore)\b[^.!?\n]{0,120}"
    r"\b(?:you|your|write|tell|say|give|answer|forget|ignore|print|show|explain|help)\b",
    "about": r"\b(?:what (?:is|does|are|happens)|how (?:do|can|does|should)|explain|which|why|describe|define|when|"
    r"is it|can i)\b",
}
_GERMAN = frozenset(
    [
        "der",
        "die",
        "das",
        "und",
        "ist",
        "nicht",
        "ich",
        "ein",
        "eine",
        "zu",
        "den",
        "mit",
        "auf",
        "für",
        "des",
        "dem",
        "von",
        "sie",
        "es",
        "auch",
        "wir",
        "wie",
        "im",
        "werden",
        "was",
        "mein",
        "meine",
        "kann",
        "können",
        "würde",
        "gerne",
        "mir",
        "du",
        "dass",
        "alle",
        "haben",
        "bin",
        "auf",
        "welche",
        "gibt",
        "bitte",
        "über",
        "nach",
    ]
)
_FOUND = {name: Blind(pattern) for name, pattern in _PATTERNS.items()}
_SCREEN = Screen(_PATTERNS)
#: What ``signs`` names; the head has a weight for each.
SIGNS = (*_PATTERNS, "several", "long", "about_alone")
_ATTACKS = ("override", "renounce", "reveal", "forged", "persona", "free", "dictate", "secret")


def view(text: str) -> str:
    """What the head reads of ``text``: its beginning and its end, white space folded, in lower case."""
    text = folded(text[: 4 * _HEAD] if len(text) <= 4 * _HEAD else f"{text[: 2 * _HEAD]}\n{text[-2 * _TAIL :]}")
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def signs(seen: str) -> dict[str, float]:
    """What a ``view`` shows of an attack, by name, each in [0, 1]."""
    found = _SCREEN.found(seen)
    shown = {name: float(name in found) for name in _FOUND}
    several = sum(shown[name] for name in _ATTACKS)
    shown["several"] = min(1.0, several / 4)
    shown["long"] = min(1.0, len(seen) / 1_000)
    shown["about_alone"] = float(several <= 1 and "about" in found and bool(_FOUND["about"].match(seen)))
    return shown


def german(text: str) -> bool:
    """Whether ``text`` seems to be German, which the attacks of one labelled set are written in."""
    said = words(text)
    return sum(word in _GERMAN for word in said) >= max(2, 0.15 * len(said))
