"""Politeness in an answer: greetings, thanks, farewells, praise of the question, offers of more help. English.

A sentence is polite when nothing of content is left once such phrases are taken out of it, so one that also says
something ("Great question: the tower is white") is not. Only short sentences are looked at, which bounds the cost.
"""

from __future__ import annotations

import re

from scorers.reading.screen import Screen
from scorers.reading.text import STEMS, content, informative, stem, words

#: Longer sentences say more than a courtesy.
_LONGEST = 160
#: The rest of the clause.
_ON = r"[^.!?;:,\n]*"
_GOOD = (
    r"(?:great|good|excellent|interesting|fantastic|wonderful|nice|awesome|fair|important|thoughtful|insightful|lovely|"
    r"brilliant|fascinating|perfect|amazing|terrific|superb|smart|clever|splendid|valid|solid|tough|deep|fine|pleasant|"
    r"productive|safe|happy|relaxing|restful|blessed|beautiful|enjoyable|successful)"
)
_VERY = r"(?:(?:such|a|an|really|very|so|truly|quite|absolutely|most|indeed) ){0,4}"
_TIME = (
    r"(?:day|evening|night|morning|afternoon|weekend|week|one|time|trip|journey|flight|holiday|holidays|vacation|stay|"
    r"visit|meal|lunch|dinner|rest|year|summer|ride|drive|start|look|read|walk)"
)
#: Whoever is spoken to; a name is told by its letter case.
_NAME = r"(?-i:(?:Mr|Mrs|Ms|Dr)\b\.?|[A-Z][a-z]+)"
#: After a greeting a bare name may be that of a band: "Hi Anna!", and not "Hey Monday".
_WHO = rf"(?:there|all|everyone|everybody|folks|team|again|friends?|sir|madam|{_NAME}(?=\W*[!,]))"
_TO_YOU = rf"(?:,? {_NAME}(?=\W*$))?"
_MORE = (
    r"(?:question|help|assist|information|detail|anything|further|clarif|support|concern|example|advice|"
    r"to (?:know|hear|learn) more|more\b(?! \w))"
)
_GREETINGS = (
    r"^(?:hi|hello|hey|hiya|dear|greetings|welcome(?: back)?|howdy|good (?:morning|afternoon|evening|day))\b"
    rf"(?:,? {_WHO}){{0,2}}(?=\W*$|[,!.:;-])",
    r"\bhow are you\b(?: (?:doing|today))*",
    rf"\b(?:it(?:'s| is| was) )?{_VERY}(?:nice|good|great|lovely|glad|pleasure|delighted|wonderful|happy|pleased)"
    r" (?:to )?(?:meet|see|hear|have|talk|chat|speak|connect|be|help|assist|work|serv)(?:t?ing)?\b"
    rf"(?: (?:to |with |from |of )*(?:you|that|it|help|service)\b{_ON})?{_TO_YOU}",
    rf"\bi(?:'m| am) {_VERY}(?:doing )?{_VERY}(?:well|great|fine|good|okay|ok)\b",
    r"\b(?:i |we )?(?:really |do |sincerely )?(?:hope|trust|hoping) (?:that )?(?:you|your|this|that|all|it)\b"
    rf"{_ON}|\bwish(?:ing)? (?:you|all of you)\b{_ON}",
)
_THANKS = (
    r"\b(?:many |no,? )?thank(?:s|(?:ing)? you)\b(?! to\b)(?: (?:so|very) much| a lot| a million| again| kindly"
    rf"| everyone| all| in advance)*(?: for\b{_ON})?{_TO_YOU}",
    rf"\b(?:i|we) (?:really |truly |do |very much |sincerely )?appreciate (?:it|that|this|your|you|the)\b{_ON}",
    r"\bmuch appreciated\b",
    rf"\byou(?:'re| are) (?:very |most |always |so |more than |quite )?welcome\b{_TO_YOU}",
    r"\b(?:it(?:'s| is| was) )?(?:entirely )?my pleasure\b|\b(?:no|not a) (?:problem|worries|trouble)\b(?: at all)?",
    r"\bdon't mention it\b|\bany ?time\b|\bglad i could (?:help|assist)\b|\bat your (?:service|disposal)\b",
)
_PRAISE = (
    rf"(?:^(?:well|oh|ah)?\W*|[,;:!-] ?|\b(?:(?:that|this|it)(?:'s| is| was)|what)\b ?){_VERY}{_GOOD}"
    r" (?:question|point|one|query|idea|thinking|choice|job|work|catch|observation|thought|request|topic|start|news"
    r"|to (?:know|hear|ask))s?\b",
    rf"^{_VERY}{_GOOD}(?=[!,])|^(?:(?:that|this|it)(?:'s| is| sounds)|sounds|looks) {_VERY}{_GOOD}(?=\W*$|[!,])",
    rf"\b(?:i(?:'m| am) )?{_VERY}(?:glad|happy|pleased|delighted) (?:that )?"
    rf"(?:you|to (?:help|assist|hear|see|be|know|answer|meet))\b{_ON}",
    r"\b(?:well done|congratulations|congrats|cheers|bravo|kudos)\b(?: to you| on that)?",
)
_ASSENT = (
    r"\b(?:certainly|of course|absolutely|definitely|indeed|understood|got it|noted|alright|sure(?: thing)?"
    r"|with pleasure|gladly|you bet|right away|exactly|ah|oh|well|so|and|please|today)\b",
)
_FAREWELLS = (
    r"\b(?:good ?bye|bye(?:[ -]bye)?|farewell|see you(?: (?:soon|later|there|around|next|again|tomorrow|time))*"
    r"|(?<!should )(?<!to )take care(?: of yourself)?(?=\W*$|[,;!])|so long|until (?:next time|then)"
    rf"|(?:talk|speak|chat) (?:to you |with you )?(?:soon|later)|good night)\b{_TO_YOU}",
    rf"\b(?:good luck(?: with\b{_ON})?|all the best|best of luck|(?:best|kind|warm|kindest|warmest) (?:wishes|regards)"
    r"|regards|sincerely|yours (?:truly|sincerely|faithfully)|safe travels"
    r"|stay (?:safe|well|healthy|warm|tuned|curious)|happy (?:\w{2,12}ing|travels|trails|holidays|weekend|new year))\b",
    rf"\bhave (?:yourself )?{_VERY}(?:{_GOOD} |rest of your |rest of the ){{0,3}}{_TIME}(?: ahead)?\b",
    r"^(?:and |please |just )*enjoy (?:your|the|yourself|every|it)\b(?: \w+){0,3}\W*$",
)
_OFFERS = (
    r"\b(?:i(?:'m| am| will be|'ll be) |we(?:'re| are) )(?:always |only |just )*(?:here|available|ready|around"
    rf"|standing by)(?: to (?:help|assist|support|answer)\b{_ON}| for you| whenever\b{_ON}| if you\b{_ON})?",
    r"\bi(?:'ll| will| can|'d| would| could| may)? (?:gladly |happily |also |be |always )*(?:happy |glad |love |like "
    rf"|able )?(?:to )?(?:help|assist|be of (?:help|service|assistance))\b(?: (?:you|with)\b{_ON})?",
    r"\bi(?:'d| would) (?:be )?(?:more than )?(?:happy|glad|love|delighted) to (?:help|assist|explain|tell|answer|share"
    rf"|provide|give|show|discuss|clarify|elaborate|go|walk|do)\b{_ON}",
    r"\b(?:how|what) (?:else )?(?:can|may|could|should) (?:i|we)\b[^.!?\n]*"
    rf"\b(?:help|assist|do for you|support|service)\b{_ON}"
    r"|\bwhat (?:else )?(?:would|do) you (?:like|want|need) to know\b",
    rf"\b(?:is|was|if) there(?:'s| is)? anything\b{_ON}|\banything else\b{_ON}|^what else\b{_ON}",
    r"\b(?:would|do|did) you (?:still )?(?:like|want|need|have|prefer)(?: \w+){0,2}? (?:me\b|"
    rf"{_MORE}){_ON}|\b(?:shall|should) i\b{_ON}",
    r"\b(?:if|should|whenever) (?:you(?:'d| ever| still)? (?:have|need|want|would like|like|require)|there(?:'s| is))"
    rf"(?: \w+){{0,2}}? {_MORE}{_ON}",
    rf"\b(?:please )?(?:don't|do not|never) hesitate to\b{_ON}|\bfeel free(?: to\b{_ON})?|\blet (?:me|us) know\b{_ON}",
    r"\b(?:just |simply )?(?:ask(?: away| me| us)?|reach out(?: to (?:me|us))?|get in touch|contact (?:me|us)"
    r"|tell me more|say the word)\b(?: (?:anytime|again|at any time))?",
)
_PHRASES = (*_GREETINGS, *_THANKS, *_PRAISE, *_ASSENT, *_FAREWELLS, *_OFFERS)
_ANY = "|".join(f"(?:{phrase})" for phrase in _PHRASES)
_POLITE = re.compile(_ANY, re.IGNORECASE)
#: Words of assent that carry no content: a sentence with content is not polite for these alone.
_EMPTY = "|oh|well|so|and"
#: In lower case a name looks like any word.
_SCREEN = Screen({"polite": "(?m)" + _ANY.replace(_NAME, _NAME.lower()).replace(_EMPTY, "")})
_CUE_WORDS = """hi hello hey hiya dear greetings welcome howdy good nice great lovely glad pleasure delighted wonderful
    happy pleased well fine okay ok hope hoping wish wishing trust thank thanks thanking appreciate appreciated problem
    worries trouble mention anytime time service disposal excellent interesting fantastic awesome fair important
    thoughtful insightful brilliant fascinating perfect amazing terrific superb smart clever splendid valid solid tough
    certainly course absolutely definitely indeed understood got noted alright sure gladly bet exactly congratulations
    congrats cheers bravo kudos goodbye bye farewell see care long until talk speak chat luck best wishes regards
    sincerely yours safe stay have enjoy here available ready around standing help assist need like want anything
    something shall should free know hesitate ask reach touch contact tell service question away else"""
#: A sentence with none of these stems is not looked at further.
_CUES = frozenset(map(stem, _CUE_WORDS.split()))


def phrased(sentences: list[str]) -> bool:
    """Whether one of the ``sentences`` may have such a phrase beside other words; most answers have none."""
    return bool(_SCREEN.maybe("\n".join(sentences).lower()))


def polite(sentence: str, said: list[str] | None = None, maybe: bool = True) -> bool:
    """Whether the sentence is nothing but politeness. ``sentence``: plain, with single blanks; ``said``: its words;
    ``maybe``: whether it may be ``phrased``."""
    if not 0 < len(sentence) <= _LONGEST:
        return False
    if said is None:
        said = words(sentence)
    if _CUES.isdisjoint(map(STEMS.__getitem__, said)) or (
        content(said) and not (maybe and _SCREEN.maybe(sentence.lower()))
    ):
        return False
    rest = _POLITE.sub(" ", sentence)
    return rest != sentence and not informative(rest)
