"""Words that exclude one another: negations, opposites, and kinds of which one usually replaces another."""

from __future__ import annotations

from scorers.reading.text import stem

#: ``t`` is what is left of n't.
_NEGATIONS = (
    "no not never none nobody nothing neither nor cannot without hardly t unable fail fails failed denied denies"
)
NEGATIONS = frozenset(_NEGATIONS.split())

_OPPOSITES = """
    increase/decrease increase/decline increase/drop increase/fall rise/fall rise/drop rise/decline rose/fell
    grow/shrink grew/shrank growth/decline gain/loss gain/lose profit/loss high/low higher/lower highest/lowest
    more/less more/fewer most/least many/few several/few all/some all/few always/never often/rarely often/seldom
    usually/rarely before/after first/last early/late earlier/later begin/end begin/finish start/stop start/end
    start/finish open/close win/lose won/lost victory/defeat best/worst better/worse good/bad large/small
    larger/smaller big/small long/short longer/shorter tall/short old/young old/new older/younger oldest/youngest
    positive/negative strong/weak stronger/weaker strength/weakness accept/reject accept/refuse accept/decline
    approve/reject agree/disagree agree/refuse support/oppose favor/oppose praise/criticize praise/condemn
    buy/sell bought/sold lend/borrow give/take send/receive sent/received push/pull enter/leave arrive/leave
    arrive/depart join/leave stay/leave success/failure successful/unsuccessful succeed/fail pass/fail
    include/exclude including/excluding add/remove raise/cut raise/lower raise/reduce boost/cut expand/reduce
    expand/shrink improve/worsen improve/decline improvement/decline possible/impossible likely/unlikely
    able/unable minimum/maximum major/minor guilty/innocent convict/acquit alive/dead born/died legal/illegal
    allow/ban allow/forbid allow/prohibit allow/prevent permit/prohibit safe/dangerous safe/unsafe public/private
    expensive/cheap expensive/affordable fast/slow faster/slower north/south northern/southern east/west
    eastern/western left/right up/down upper/lower inside/outside above/below over/under love/hate like/dislike
    happy/sad happy/unhappy happy/upset easy/difficult easy/hard simple/complex hot/cold warm/cold wet/dry
    day/night morning/evening morning/night am/pm full/empty full/partial rich/poor common/rare popular/unpopular
    known/unknown famous/unknown certain/uncertain confident/uncertain optimistic/pessimistic encourage/discourage
    confirm/deny admit/deny deny/acknowledge remember/forget forgot/remembered find/lose build/destroy
    create/destroy attack/defend guest/host teacher/student parent/child buyer/seller employer/employee
    husband/wife brother/sister mother/father son/daughter uncle/aunt boy/girl man/woman men/women male/female
    he/she his/her king/queen import/export income/expense asset/liability debt/cash short-term/long-term
    temporary/permanent voluntary/mandatory optional/mandatory optional/required necessary/unnecessary
    available/unavailable present/absent visible/invisible interested/uninterested satisfied/dissatisfied
    comfortable/uncomfortable healthy/unhealthy healthy/sick formal/informal direct/indirect active/inactive
    online/offline indoor/outdoor domestic/foreign domestic/international local/global local/national
    national/international urban/rural ancient/modern traditional/modern past/future former/current previous/next
    annual/quarterly lenient/strict calm/angry friendly/hostile peaceful/violent innocent/guilty accelerate/slow
    accelerate/delay exceed/miss beat/miss top/miss outperform/underperform ahead/behind tailwind/headwind
    surplus/deficit shortage/surplus upgrade/downgrade inflow/outflow inflation/deflation hire/fire hire/dismiss
    praise/blame"""

_KINDS = (
    "monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday tonight",
    "january february march april may june july august september october november december",
    "spring summer autumn winter",
    "first second third fourth fifth sixth seventh eighth ninth tenth last",
    "hundred hundreds thousand thousands million millions billion billions trillion",
    "second seconds minute minutes hour hours day days week weeks month months year years decade decades century",
    "hourly daily nightly weekly biweekly monthly quarterly annual annually yearly",
    "once twice thrice",
    "double triple quadruple halve half third quarter",
    "all every most many several some few none",
    "white black red green blue yellow orange brown purple pink grey gray",
    "morning noon afternoon evening night midnight breakfast lunch dinner",
    "inch feet foot yard mile metre meter kilometre kilometer centimetre centimeter",
    "gram kilogram pound ounce ton tonne litre liter gallon",
    "dollar dollars euro euros pound pounds yen yuan rupee peso franc",
    "brother sister mother father son daughter uncle aunt cousin nephew niece grandmother grandfather wife husband",
    "life health home auto car travel pet dental property",
    "north south east west northern southern eastern western northeast northwest southeast southwest",
    "one two three four five six seven eight nine ten eleven twelve",
    "coffee tea milk juice beer wine water butter bread cheese",
    "revenue earnings profit margin expense cost dividend debt cash",
    "book film movie song album play novel series podcast game show",
    "doctor nurse lawyer teacher engineer manager director president chairman secretary minister mayor governor",
    "email call text letter message meeting",
    "may might could should must will would",
)


def _table(groups: list[list[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in groups:
        stems = {stem(word) for word in group}
        for word in stems:
            found.setdefault(word, set()).update(stems - {word})
    return {word: frozenset(others) for word, others in found.items()}


#: Stem -> stems of opposite meaning; stem -> the others of its kind.
OPPOSITES = _table([pair.split("/") for pair in _OPPOSITES.split() if "-" not in pair])
KINDS = _table([kind.split() for kind in _KINDS])
