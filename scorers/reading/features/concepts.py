"""Words by what they mean: inflected forms and common synonyms of one word are one concept. English, of our own making.

A claim that says "bought" where its document says "purchases" says nothing new. The list holds words that replace one
another in most sentences; words that do so in some only (``run``, ``right``) are left out.
"""

from __future__ import annotations

from collections.abc import Iterable

from scorers.reading.text import NUMBER_WORDS, STOPWORDS, Remembered

#: Base and its irregular forms.
_IRREGULAR = """
    arise arose arisen/awake awoke/bear bore borne/beat beaten/become became/begin began begun/bend bent/bet
    bind bound/bite bit bitten/bleed bled/blow blew blown/break broke broken/bring brought/build built/burn burnt
    buy bought/catch caught/choose chose chosen/creep crept/deal dealt/dig dug/draw drew drawn/dream dreamt
    drink drank drunk/drive drove driven/eat ate eaten/fall fell fallen/feed fed/feel felt/fight fought/find found
    flee fled/fly flew flown/use used using uses/go goes gone/family families/movie movies/die died dying dies
    lie lied lying lies/tie tied tying ties/agree agreed/see saw/forbid forbade forbidden/forget forgot forgotten
    forgive forgave/freeze froze frozen/give gave given/grow grew grown/hang hung/hear heard/hide hid hidden
    hold held/keep kept/know knew known/lay laid/lead led/learn learnt/leave left/lend lent/lose lost/mean meant
    meet met/pay paid/prove proven/ride rode ridden/ring rang rung/rise rose risen/run ran/seek sought/sell sold
    send sent/shake shook shaken/shine shone/shoot shot/show shown/shrink shrank shrunk/sing sang sung
    sink sank sunk/sit sat/sleep slept/slide slid/speak spoke spoken/spend spent/spin spun/stand stood
    steal stole stolen/stick stuck/strike struck/swear swore sworn/sweep swept/swim swam swum/take took taken
    teach taught/tear tore torn/tell told/think thought/throw threw thrown/understand understood/wake woke woken
    wear wore worn/weave wove woven/win won/withdraw withdrew withdrawn/write wrote written/make made
    overcome overcame/child children/woman women/man men/person people/foot feet/tooth teeth/mouse mice/goose geese
    life lives/wife wives/knife knives/leaf leaves/half halves/shelf shelves/wolf wolves/loaf loaves/thief thieves
    self selves/road rd/avenue ave/apartment apt/department dept/maximum max/quantity qty/average avg
    telephone tel/approximately approx
"""
#: Words that replace one another in most sentences; those of a group are its first one.
_SYNONYMS = """
    buy purchase acquire/begin start commence/end finish conclude/help assist aid assistance/ask request
    answer reply respond response/show display exhibit demonstrate/need require requirement/allow permit enable
    try attempt/start beginning/stop cease halt/fix repair mend/choose select pick/build construct/keep retain
    get obtain receive/give provide supply/leave depart/arrive arrival/buyer purchaser/seller vendor
    job occupation profession vocation/car automobile/doctor physician/lawyer attorney/kid child
    company corporation business/big large huge vast/small little tiny/fast quick rapid swift/slow sluggish
    important significant crucial key vital/hard difficult tough/easy simple/rich wealthy/famous renowned noted
    sick ill unwell ailing/happy glad pleased/sad unhappy/angry furious mad/scared afraid frightened/tired exhausted
    drunk intoxicated/main primary principal chief/whole entire complete full/total overall
    various several numerous multiple diverse different/yearly annual/often frequent/quickly rapidly/maybe perhaps
    near close nearby/almost nearly/about approximately roughly around/also additionally/besides moreover
    however nevertheless/because since/client customer/price cost/salary wage/money cash fund/house home residence
    street road/town city/boss manager/salesperson salesman/representative agent/phone telephone mobile/mail email
    picture photo photograph image/shop store/trip journey/holiday vacation/film movie/song track/sofa couch
    flat apartment/lift elevator/rubbish garbage trash/increase rise grow growth gain climb surge
    decrease decline drop fall reduce reduction dip slump/announce declare/explain clarify
    claim assert/admit acknowledge confess concede/suggest propose proposal
    discuss talk converse chat conversation discussion/argue debate/promise vow pledge/warn caution
    criticize criticise slam/praise laud commend applaud/order command/agree consent/refuse decline reject
    approve approval/forbid ban prohibit/accuse allege/kill slay/die death dead/hurt injure injury wound
    attack assault/steal theft/arrest detain/jail prison/marry wed wedding marriage/born birth/live reside resident
    fire dismiss sack/hire employ recruit/resign quit/retire retirement/join enlist enrol enroll/lead head
    win victory triumph/lose defeat loss/beat defeat/study research investigate investigation
    discover find discovery/create make produce production/design plan scheme/change alter modify transform adjust
    improve enhance improvement/grow expand expansion/happen occur/cause reason/result outcome consequence
    goal aim objective target/problem issue trouble/solution fix/idea concept notion/opinion view viewpoint
    part portion section piece/kind sort type variety form/way method approach manner/place location spot site venue
    area region zone/group team squad/country nation/law legislation/government administration/rule regulation
    war conflict/soldier troop/police officer cop/court tribunal/vote ballot/election poll/money currency/debt loan
    profit earning income/revenue sale turnover/share stock/rate pace/amount quantity sum/night evening
    present current/former previous prior earlier past/later afterwards subsequently/soon shortly/recent latest new
    old ancient aged/young youthful/beautiful gorgeous/clean tidy/dirty filthy/clever smart intelligent
    stupid foolish dumb/brave courageous/kind friendly/rude impolite/funny amusing humorous lighthearted
    serious grave/strange odd weird unusual/normal usual typical regular/rare uncommon/common widespread
    popular beloved/special particular specific/exact precise accurate/wrong incorrect false/true correct
    sure certain confident/possible potential prospective/likely probable/able capable/ready prepared/empty vacant
    full packed/closed shut/safe secure/dangerous risky hazardous/strong powerful robust solid/weak feeble
    heavy weighty/hot warm/cold chilly/rain rainfall rainy/sun sunny/snow snowy/weather climate/food meal dish
    drink beverage/dinner supper/dog puppy/cat kitten/animal creature/bug insect/worker employee staff/student pupil
    teacher instructor/friend buddy mate pal/enemy foe/mother mom mum/father dad/grandmother grandma
    grandfather grandpa/brother sibling/spouse partner/neighbour neighbor/guest visitor/speaker narrator
    writer author/actor actress performer/singer vocalist/artist painter/scientist researcher/expert specialist
    leader head/king monarch/road highway motorway/river stream/sea ocean/mountain peak/forest wood woodland
    field meadow/garden yard/building edifice structure/hospital clinic/office bureau/factory plant mill/farm ranch
    station depot stop/train railway rail railroad/plane airplane aircraft jet/ship vessel boat/bike bicycle cycle
    bus coach/truck lorry/engine motor/machine device apparatus/computer pc
    program software application app programme/website site page/internet web online/message text/call phone
    meet gather gathering meeting/celebrate celebration/gift present/prize award/test exam examination
    mistake error fault/fail failure/effort endeavour endeavor/chance opportunity/choice option alternative
    decide decision determine/choose choice/believe think/know aware awareness knowledge/understand comprehend
    remember recall/teach educate/write compose/speak talk/listen hear/see view watch/look glance/feel feeling
    enjoy fond/love adore/hate detest/want wish desire/worry concern anxious anxiety
    surprise astonish amaze surprised/envy jealous jealousy envious/disappoint disappointment
    excite excitement thrilled/interest interested/express voice convey/send deliver dispatch ship
    bring carry transport/take grab/throw toss hurl/catch capture/push shove/pull drag/cut slice trim
    break smash shatter/clean wash/cook prepare/eat consume consumption/sleep rest nap/walk stroll/run jog
    fly flight/jump leap/climb ascend/fall tumble/wait await/stay remain/return back/visit tour/leave exit
    include contain comprise incorporate entail involve consist/remove delete eliminate/collect gather assemble
    store save/use utilize utilise employ usage/work function operate operation operational/pay payment/charge fee
    lend loan/rent lease/own possess owner ownership/sell sale/deal agreement contract/publish release issue
    launch introduce unveil/hold host/attend participate participation/compete competition contest
    perform performance/direct director/focus concentrate/compare comparison/calculate compute/predict forecast
    expect anticipate/plan intend/arrange organize organise/manage management/support back/protect defend
    prevent avoid/damage harm/destroy ruin demolish/replace substitute/exchange swap/connect link associate
    separate divide split/mix blend combine/wear dress/hold grip/hide conceal/reveal expose uncover disclose
    describe portray depict/mention refer/indicate signal/mean signify/prove confirm verify/develop development
    grow cultivate/rely depend/affect influence impact effect/threaten threat/encourage urge/persuade convince
    contact reach/inform notify/advise advice recommend recommendation/complain complaint/apologize apology
    test trial/check examine inspect/search seek look/follow pursue chase/file submit/apply application/rank rating
    level degree/colour color/centre center/theatre theater/litre liter/metre meter/grey gray/defence defense
    licence license/programme program/behaviour behavior/labour labor/favour favor/honour honor/flavour flavor
    harbour harbor/rumour rumor
"""
#: They end like a plural.
_WHOLE = frozenset(["news", "lens", "series", "species"])
_VOWELS = frozenset("aeiouy")


def root(word: str) -> str:
    """``word``, lower case, without a plural, past, -ing or -ly ending: the same for all regular forms of a word."""
    if len(word) < 4 or word in _WHOLE:
        return word
    if word.endswith("ies") or word.endswith("ied"):
        return root(word[:-3] + "y") if len(word) > 4 else word[:-1]
    cut = word
    if word.endswith("ss"):
        pass
    elif word.endswith(("sses", "ches", "shes", "xes", "zes")):
        cut = word[:-2]
    elif word.endswith("s") and not word.endswith(("us", "is")):
        cut = word[:-1]
    for ending in ("ing", "ed", "ly"):
        rest = cut[: -len(ending)]
        if cut.endswith(ending) and len(rest) >= 3 + (ending == "ly") and not _VOWELS.isdisjoint(rest):
            cut = rest[:-1] + "y" if ending == "ly" and rest[-1] == "i" else rest
            if ending != "ly" and len(cut) > 3 and cut[-1] == cut[-2] and cut[-1] not in "aeiouslz":
                cut = cut[:-1]
            break
    if cut.endswith("e") and len(cut) > 3:
        cut = cut[:-1]
    return cut


def _irregular() -> dict[str, str]:
    found = {}
    for line in _IRREGULAR.replace("\n", "/").split("/"):
        base, *forms = line.split() or [""]
        found.update(dict.fromkeys(forms, root(base)))
    return found


_BASE = _irregular()


def _synonyms() -> dict[str, str]:
    """Root -> the root of the first word of its group; a word in more than one group is none's."""
    groups = [[root(word) for word in group.split()] for group in _SYNONYMS.replace("\n", "/").split("/")]
    seen: dict[str, int] = {}
    for group in groups:
        for word in set(group):
            seen[word] = seen.get(word, 0) + 1
    return {word: group[0] for group in groups for word in group[1:] if seen[word] == 1 and word != group[0]}


_SAME = _synonyms()


def concept(word: str) -> str:
    """What ``word``, in lower case, stands for: the root of itself or of its commonest synonym."""
    base = _BASE.get(word) or root(word)
    return _SAME.get(base, base)


def _content(word: str) -> str:
    if word in STOPWORDS or (len(word) == 1 and not word.isdigit()):
        return ""
    return NUMBER_WORDS.get(word) or concept(word)


#: Word -> its concept; word -> the same if it carries content, else nothing.
CONCEPTS = Remembered(concept)
CONTENT = Remembered(_content)


def concepts(tokens: Iterable[str]) -> list[str]:
    """Concepts of those lower-case words that carry content, in order."""
    return list(filter(None, map(CONTENT.__getitem__, tokens)))
