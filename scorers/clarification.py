"""Clarification: does the answer ask the user for something before it can go on (``asked``)?

Rules over the sentences of the answer. A request for information or a question to the user counts. These do not count:
an offer ("would you like me to ..."), a courtesy ("anything else?"), a question that the next sentence answers, a
question inside quotes or code, and a closing question after a full answer. Nothing is trained. English, with shorter
rules for German, French, Spanish, Portuguese, Chinese, Japanese and Arabic (``reading.questions``).

Whether the *request* needed clarifying is a separate question that no cheap feature answers; see the judge's ``missed``
and ``needless``. Known misses: indirect questions, and a quiz that was not announced as one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from proxy.config.settings import ScorerSettings
from scorers.reading import questions
from scorers.reading.declining import declining
from scorers.reading.language import SUPPORTED, Language
from scorers.reading.ngrams import logistic
from scorers.reading.reading import Answer, Reading, ReadingScorer
from scorers.reading.text import Blind, folded, sentences
from scorers.reading.verdicts import Event, judged
from scorers.reading.wanted import question_reworded
from scorers.score import Reason, Score

#: Two points of evidence and more are a question to the user.
ASKED = Event("clarification", "asked", "clarification-4", 0.7)
#: The longest text that may be nothing but what was to be said in other words.
_WORDING = 400
#: Characters read at each end of the answer; questions in the middle of a long one are part of its content.
_HEAD, _TAIL = 2_500, 1_500
#: Words of statements after which a question that is not a plain request for information is a parting one.
_FULL_ANSWER = 45
_LONG_ANSWER = 150
#: Where a text was asked for, an answer of so few characters that asks is not that text.
_ONLY_ASKS = 120
#: The same in characters, for languages that are not counted in words.
_FULL_LENGTH = {
    **dict.fromkeys((Language.GERMAN, Language.FRENCH, Language.SPANISH, Language.PORTUGUESE, Language.ARABIC), 280),
    Language.CHINESE: 80,
    Language.JAPANESE: 110,
}

_GIVE = (
    r"(?:provide|tell|specify|clarify|share|let me know|give|confirm|elaborate|describe|rephrase|paste|send|upload|"
    r"attach|indicate|narrow|be more specific|list|expand|explain (?:what|which|how) you|point me)"
)
_REQUEST = Blind(
    rf"\b(?:could|can|would|will) you (?:please |kindly |possibly |perhaps )?(?:also |first |just |briefly )?{_GIVE}\b"
    r"|\bplease (?:also |first )?(?:provide|tell me|specify|clarify|share|give me|confirm|elaborate|rephrase|paste|"
    r"send|upload|attach|be more specific)\b"
    r"|\b(?:please|just|kindly) let me know (?:which|what|where|when|how|who|whether|your|the|about|if you (?:have "
    r"(?:any )?"
    r"(?:specific|preferences?|particular)|mean|meant|want|prefer|are looking))"
    r"|\bi(?:'ll| will| would|'d)? (?:also )?(?:need|require|have) to (?:know|understand)\b(?! that)"
    r"|\bi(?:'ll| will| would|'d)? (?:also )?(?:need|require) (?:some |a (?:bit|little) )?"
    r"(?:more|additional|further|clarification|your|the (?:following|exact|specific))"
    r"|\b(?:do|did) you mean\b|\bwhat (?:exactly |specifically )?(?:do|did) you mean\b"
    r"|\bare you (?:asking|referring|talking about|looking for|looking to|interested in)\b"
    r"|\bdo you want to know\b|\bwhich (?:one|of (?:these|them|those|the))\b[^.!]{0,60}\b(?:you|mean|refer)"
    r"|\b(?:i'?m|i am) not (?:quite |entirely |completely )?sure (?:what|which|who) you\b",
)
#: Plain enough to count whatever else the sentence looks like.
_PLAIN_REQUEST = Blind(
    rf"\b(?:could|can) you (?:please |kindly )?(?:also |first )?{_GIVE}\b(?! (?:me )?more about (?:it|that|them)\b)"
    r"|\bplease (?:provide|specify|clarify)\b|\b(?:do|did) you mean\b|\bare you (?:asking|referring|talking about)\b"
    r"|\bdo you want to know (?!more|how to|about)",
)
_OFFER = Blind(
    r"\b(?:would|do) you (?:like|want|need|care for|prefer) (?:me to|to (?:know|hear|see|learn|read|continue|try|"
    r"explore|"
    r"discuss|dive)|more|any|another|some|further|additional|help|assistance|"
    r"examples?|(?:a|an|the)(?: \w{1,12})? (?:summary|overview|list|recap|demo|example|explanation|recommendation|"
    r"link|tips?|guide))\b"
    r"|\b(?:shall|should|may|can|could) (?:i|we) (?:also |go on|continue|proceed|help|assist|show|explain|elaborate|"
    r"add|write|look|"
    r"draft|walk|move|try|start|begin|dive)"
    r"|(?<!you )\bwant (?:me )?to (?:know|hear|see|learn|try|go|give|show|continue)\b"
    r"|\b(?:need|have|got) (?:any |some |more |further |other ){0,2}(?:help|questions?|assistance|info|concerns|"
    r"feedback)\b"
    r"|\bwould you like (?:a|an|some|any) \w+|\b(?:any|some)thing else\b"
    r"|\banything (?:else|more|specific you)\b|\b(?:any|some) (?:other|more|further) \w{1,20}\b"
    r"|\b(?:how|what|where)(?: else)? (?:can|may|could|should|shall) (?:i|we) (?:help|assist|do|be|start|begin|"
    r"explore)\b"
    r"|\bwhat(?:'s| is) on your mind\b|\bhow are you\b|\bhow(?:'s| is) (?:your|that|it)\b|\bwhat(?:'s| is) next\b"
    r"|\b(?:does|do|did|would|will|is) (?:that|this|it|these|those)(?: all)? (?:help|make|answer|sound|work|look|"
    r"seem|clear|suit|"
    r"what|good|okay|ok|be)\b|\b(?:make|makes) sense\b|\bsounds? (?:good|like a plan|right)\b"
    r"|\bwhat(?:'s| is| are)? (?:do you think|your (?:thoughts?|take|opinion|view))|\bwhat do you (?:think|say)\b"
    r"|\bhow (?:does|do) (?:that|this|it|they) (?:sound|look|feel|work)\b|\bwhich (?:one )?(?:do you (?:like|find)|"
    r"is your fav)"
    r"|\bwhat else\b|\bready (?:to|for)\b|\bcare to\b|\binterested in (?:hearing|learning|seeing|trying)\b"
    r"|\bi can also\b|\bshall we\b|\bis there (?:anything|something)\b[^?\n]{0,60}\b(?:i|we) (?:can|could|may)\b"
    r"|\bhave you (?:ever|tried|thought|considered|heard|noticed|seen|read|been|got)\b|\bare you (?:ready|excited|"
    r"enjoying)\b",
)
_RHETORICAL = Blind(
    r"\b(?:ever wonder|wonder(?:ed|ing)? (?:why|how|what)|did you know|can you (?:believe|imagine|guess|see)|guess "
    r"what|who knows|"
    r"who doesn't|who wouldn't|isn't (?:it|that)|aren't (?:they|we|you)|doesn't (?:it|that)|don't you think|right\?$|"
    r"remember (?:when|how)|why not|what if|so what|you might (?:ask|wonder)|you may (?:ask|wonder))",
)
_YOU = Blind(r"\b(?:you|your|yours|you're|you've|you'd|you'll)\b")
_BEGINS = Blind(
    r"(?:\W{0,6}(?:and|but|so|or|ok|okay|sorry|hmm|well|by|in|to|for|from|at|on|of)\b[ ,]{1,3}(?:\"[^\"]{1,40}\",? "
    r")?)?\W{0,4}"
    r"(?:who|whom|whose|what|which|where|when|why|how|do|does|did|is|are|was|were|am|can|could|would|will|should|shall|"
    r"have|has|had|may|might)(?:'s|'re|'d)?\b",
)
#: An offer with two sides asks which, unless the second side is none.
_NO_SIDE = Blind(
    r"\bor (?:(?:is|was|will|would) (?:this|that|it|there)|not\b|no\b|more\b|anything|need|have|help|questions|"
    r"concerns)"
    r"|\bother\b.{0,30}\bor\b.{0,30}(?:questions|help|with)\b|^(?!.{0,120}\byou\b)",
)
#: A short answer that hands the question back: "The second what?"
_ECHO = Blind(r"\b(?:what|who|whom|where|when|which|whose)\b")
#: What may follow a real question: why it is asked, examples, another question.
_SUPPORTS = Blind(
    r"\W{0,4}(?:this|that|these|knowing|with (?:this|that|these)|once|so (?:that )?i|then i|for (?:example|instance)|"
    r"e\.g|such as|"
    r"also|additionally|it (?:will|would) help|i (?:want|ask|need|can|could|will|'?d|have|only|found|see)|i'(?:ll|d|"
    r"m)|if (?:so|you|not)|"
    r"please|your|based on|options|let me|thanks?|thank you|some (?:\w{1,12} )?(?:examples|options|choices)|we "
    r"(?:have|can|could|offer)|or |and |common |\d|[-*•])",
)
_WORD = re.compile(r"\w")
_HIDDEN = re.compile(
    r"```.{0,20000}?(?:```|$)|`[^`\n]{1,200}`|\"[^\"\n]{1,300}\"|\u300c[^\u300d\n]{1,300}\u300d", re.DOTALL
)
#: The answer is a letter: its questions are for whom it is written to.
_LETTER = Blind(
    r"\W{0,3}(?:dear|hi|hello|to|sehr geehrt|lieber?|hallo|guten tag|ch[eè]re?|bonjour|madame|monsieur|estimad|querid|"
    r"hola|prezad|car[oa]|exm|olá|尊敬|亲爱|您好|عزيز|السيد)[^\n]{0,50}[,，:：]\n"
    r"|\W{0,3}[^\n,]{1,12}(?:様|さん)[、,]?\n|\W{0,5}(?:subject|betreff|objet|asunto|assunto|主题|件名|الموضوع)\W{0,3}[:：]"
)
#: The user asks for questions, or for text in which questions are content.
_WANTS_TEXT = Blind(
    r"\b(?:write|generate|create|compose|draft|make|give|list|suggest|come up with|prepare|produce|provide|translate|"
    r"rewrite|"
    r"rephrase|paraphrase|correct|edit|finish|continue)\b.{0,60}\b(?:questions?|quiz|interview|survey|questionnaire|"
    r"riddles?|jokes?|"
    r"poem|lyrics|song|dialogue|conversation|story|e-?mail|letter|message|titles?|headlines?|slogans?|speech|tweet|"
    r"sentences?|text|following|post|reply)\b|\b(?:quiz|test|interview|ask) me\b|\b(?:act|pretend|"
    r"play)\b.{0,30}\b(?:as|like|the role)",
    re.DOTALL,
)
#: What is asked for may be a question as a whole.
_WHOLE = Blind(
    r"\b(?:translat\w+|rephrase|paraphrase|rewrite|correct|proofread|quiz|riddles?|questions?|(?:test|"
    r"interview|ask) me|act|"
    r"pretend|play)\b"
)
#: The user asks for questions by name.
_WANTS_QUESTIONS = Blind(
    r"\b(?:write|generate|create|compose|draft|make|give|list|suggest|come up with|prepare|produce|need|want)\b"
    r"[^.!?\n]{0,40}\b(?:questions|quiz|prompts|riddles?|survey|questionnaire|agenda|trivia|flashcards|icebreakers?)\b"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Points of evidence that the answer asks (0 or more; 2 is a clear question), and the sentence that shows it."""

    points: float
    sentence: str = ""


def asks(text: str, asked: str = "") -> Finding:
    """Whether ``text`` asks something of the user who wrote ``asked``."""
    text = folded(text[: 4 * _HEAD] if len(text) <= 4 * _HEAD else f"{text[:_HEAD]}\n{text[-_TAIL:]}")
    if "?" not in text and not _REQUEST.search(text):
        return Finding(0.0)
    pieces = sentences(_HIDDEN.sub(_blank, text))
    wanted = asked[-2_000:]
    content = bool(_WANTS_TEXT.search(wanted)) and (len(text) > _ONLY_ASKS or bool(_WHOLE.search(wanted)))
    ordered = bool(_WANTS_QUESTIONS.search(wanted))
    letter = bool(_LETTER.match(text))
    said = 0
    best = Finding(0.0)
    for at, piece in enumerate(pieces):
        points = _points(piece, pieces[at + 1 :], alone=len(pieces) == 1)
        if points > 0.0:
            if content and not _REQUEST.search(piece):
                points -= 1.5
            if said > _FULL_ANSWER and points < 3.0:
                points -= 1.5
            if said > _LONG_ANSWER:
                points -= 1.0
            if letter or ordered:
                points -= 2.0
        else:
            said += len(piece.split())
        if points > best.points:
            best = Finding(points, piece[:200])
    return best


def asks_in(text: str, asked: str, language: Language) -> Finding:
    """``asks`` for a language with patterns of its own (``reading.questions``)."""
    text = folded(text[:_HEAD] if len(text) <= _HEAD else f"{text[:_HEAD]}\n{text[-_TAIL:]}")
    pieces = sentences(_HIDDEN.sub('"..."', text))
    wanted = asked[-2_000:]
    scene = bool(questions.WANTS_QUESTIONS.search(wanted))
    content = bool(questions.WANTS_TEXT.search(wanted)) and len(text) > _ONLY_ASKS
    content = content or bool(questions.WANTS_TRANSLATION.search(wanted))
    letter = bool(_LETTER.match(text))
    requests, said, best = questions.REQUESTS[language], 0, Finding(0.0)
    declined = declining(text, language)
    pieces = [piece for piece in pieces if _WORD.search(piece)]
    for at, piece in enumerate(pieces):
        asking, requested = questions.ASKING.search(piece), requests.search(piece)
        follows = pieces[at + 1] if at + 1 < len(pieces) else ""
        points = 0.0
        if (asking or requested) and not questions.OFFERS.search(piece):
            points = 3.0 if requested else 2.0
            if not requested and follows and not _goes_on(follows, requests):
                points = 0.0
            if not asking and (declined or questions.CONDITIONAL.search(piece)):
                points = 0.0  # what may be asked instead, or some day
        if points == 0.0:
            said += len(piece)
            continue
        points -= 1.5 * (content and points < 3.0) + 2.0 * (letter or scene)
        points -= 1.5 * (said > _FULL_LENGTH[language] and points < 3.0) + (said > 3 * _FULL_LENGTH[language])
        if points > best.points:
            best = Finding(points, piece[:200])
    return best


def _goes_on(follows: str, requests: Blind) -> bool:
    """Whether the sentence after a question leaves it open: it asks on, or says how to answer."""
    return bool(questions.ASKING.search(follows) or requests.search(follows) or questions.SUPPORTS.search(follows))


def _blank(match: re.Match[str]) -> str:
    """Quotes keep their place in the text: a quoted word inside a question must not become a sentence."""
    return '"..."' if len(match[0]) > 40 or "?" in match[0] else match[0]


def _points(piece: str, after: list[str], *, alone: bool) -> float:
    question = "?" in piece[-4:]
    if question and _PLAIN_REQUEST.search(piece):
        return 3.0
    requested = _REQUEST.search(piece)
    if not question and not requested:
        return 0.0
    choice = " or " in piece
    if _RHETORICAL.search(piece) or (_OFFER.search(piece) and not (choice and question and not _NO_SIDE.search(piece))):
        return 0.0
    if requested:
        return 3.0 if question or len(piece) < 400 else 2.0
    if after and piece[:4].lower() == "why ":
        return 0.0
    answered = bool(after) and "?" not in after[0][-4:] and not _SUPPORTS.match(after[0])
    if answered:
        return 0.0
    if _YOU.search(piece):
        return 2.5
    if alone and len(piece) < 48 and _ECHO.search(piece):
        return 2.0
    return 2.0 if len(piece) < 160 and (choice or _BEGINS.match(piece)) else 0.8


def clarification(settings: ScorerSettings) -> ReadingScorer:
    """The scorer: one ``asked`` per choice, weight 1/n. ``settings.threshold`` replaces the default threshold."""
    event = ASKED.at(settings)

    def score(reading: Reading) -> list[Score]:
        return [_score(reading, answer, event) for answer in reading.answers]

    return ReadingScorer(score)


def _found(reading: Reading, answer: Answer) -> Finding:
    if len(answer.text) <= _WORDING and question_reworded(reading.asked):
        return Finding(0.0)  # a question in other words
    if answer.language is Language.ENGLISH:
        return asks(answer.text, reading.asked)
    return asks_in(answer.text, reading.asked, answer.language)


def _score(reading: Reading, answer: Answer, event: Event) -> Score:
    reason = answer.unscorable
    if reason is None and answer.language not in SUPPORTED:
        reason = Reason.UNSUPPORTED_LANGUAGE
    if reason is not None:
        return judged(reading.sample, answer.choice, event, reason)
    found = _found(reading, answer)
    return judged(reading.sample, answer.choice, event, logistic(2.0 * (found.points - 1.4)), found.sentence)
