"""What a request asks for where declining may be the content: a translation, or a text in which somebody declines.

There a sentence that declines is most often a part of what was asked for, and no refusal.
"""

from __future__ import annotations

from scorers.reading.text import Blind

#: Characters of a request that are looked at.
_ASKED = 1_000
#: What is asked for is a text: a translation, or a message, a scene, an example in which somebody declines.
_TRANSLATE = Blind(
    r"\b(?:translat\w+|übersetz\w*|tradui\w*|traduc\w*|traduz\w*|subtitle|proofread|rephrase|paraphrase)\b|翻译|"
    r"译成|翻訳|訳し|訳して|(?:日本語|英語|敬語|中国語)(?:に|で)|ترجم"
)
_WRITE = Blind(
    r"\b(?:writ\w+|draft|compose|reply|answer|e-?mail|letter|message|story|scene|dialogue|example|schreib\w*|"
    r"verfass\w*|antwort\w*|nachricht|textvor\w*|wie sag\w* (?:ich|man)|écri\w*|rédig\w*|lettre|"
    r"comment (?:dire|je dis|refuser|décliner)|escrib\w*|redact\w*|carta|mensaje|cómo (?:le |les )?(?:digo|decir|"
    r"rechazo)|escrev\w*|redij\w*|mensagem|como (?:eu )?(?:falo|digo|recuso))\b|line[をでのに]|写|書|"
    r"怎么(?:说|回)|メール|定型文|例文|文面|اكتب|رسالة|كيف (?:أقول|أعتذر|أرفض)"
)
_DECLINE = Blind(
    r"\b(?:declin\w*|refus\w*|reject\w*|turn(?:ing|s)? (?:\w{1,12} ){0,3}down|say(?:ing|s)? no|can(?:'?t|"
    r"not) (?:come|attend)|ablehn\w*|absag\w*|"
    r"abzusagen|abzulehnen|rechaz\w*|declinar|recus\w*|declina\w*|décliner)\b|拒绝|婉拒|断り|断る|辞退|رفض|اعتذار|"
    r"الاعتذار"
)
#: The answerer does not translate, or does not write the text that was asked for. "We cannot create the logo" may stand
#: in a letter; "I can't write that letter" is no part of one.
_OF_THE_TEXT = Blind(
    r"\b(?:translat\w+|übersetz\w*|tradui\w*|traduc\w*|traduz\w*)\b|翻译|译成|翻訳|訳す|訳せ|訳し|ترجم|"
    r"\b(?:can(?:'?t|not)|won't|will not|(?:not|un)(?: able|able| going| comfortable)(?: to| with)?|decline to|"
    r"refuse to|rather not) (?:help (?:you )?(?:to |with )?)?(?:writ\w+|draft\w*|compos\w+|creat\w+|generat\w+) "
    r"(?:(?:that|this|it)\b(?=[.,;:!]|$)|[^.!?\n]{0,30}\b(?:letter|e-?mail|message|note|reply|text|story|scene|"
    r"script|dialogue)\b)"
)


def wants_declining(asked: str) -> bool:
    """Whether ``asked``, what the answer answers, wants a translation or a text in which somebody declines."""
    said = asked[:_ASKED]
    return bool(_TRANSLATE.search(said)) or bool(_DECLINE.search(said) and _WRITE.search(said))


def declines_that(sentence: str) -> bool:
    """Whether a ``sentence`` that declines is about writing or translating: an answer to what was asked, no part of the
    text that was."""
    return _OF_THE_TEXT.search(sentence) is not None
