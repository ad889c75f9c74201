"""Closed lists of English words that the rules need. All are in lower case."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of ``text``."""
    return frozenset(text.split())


#: Words that negate or exclude.
NEGATION = word_set(
    """
    not no never none nothing nobody nowhere neither nor cannot cant dont doesnt didnt isnt arent wasnt werent
    wont without except excluding unless instead rather avoid stop refuse lack hardly barely
    """
)
#: Words that say how much, how many or which of several.
QUANTIFIERS = word_set(
    """
    all any each every everything everyone everybody some something someone few fewer fewest many more most much
    several both either less least lot lots enough half double twice once only just exactly approximately nearly
    almost entire whole part single another other others various multiple dozen dozens
    hundreds thousands millions first second third last next previous final same different
    """
)
MODALS = word_set(
    """
    can could may might must shall should will would ought need needs needed supposed able allowed
    required
    """
)
NUMBERS = word_set(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million
    billion
    """
)

#: Verbs with which a request begins.
IMPERATIVES = word_set(
    """
    add advise analyse analyze answer arrange assemble assess brainstorm browse build calculate categorise
    categorize change check choose cite classify combine come compare compile complete compose compute conduct
    construct continue convert correct count craft create critique debug decide define delete demonstrate derive
    describe design detect determine develop devise diagnose differentiate discuss distinguish divide draft draw
    edit elaborate enumerate estimate evaluate examine expand explain explore extend extract fetch figure fill
    find fix form format formulate generate get give guess guide help identify illustrate implement improve
    infer insert install interpret invent investigate join justify label let list locate look make match measure
    modify name narrate offer optimise optimize organise organize outline paraphrase pick plan point predict
    prepare present produce proofread propose prove provide put rank rate read recall recommend record reduce
    refactor remove rename reorder rephrase replace report represent research respond retrieve review revise
    reword rewrite schedule search select send sequence set share shorten show simplify simulate solve sort
    specify split state structure submit suggest sum summarise summarize supply synthesise synthesize take talk
    tell test think trace train transform teach translate try turn update use verify visualise visualize walk
    work write introduce activate erase imagine invite instruct inform highlight hypothesise hypothesize pretend
    perform say spot study allow book call clean cook cut download enter follow hack increase learn maintain
    manage mix monitor open order play post protect push reflect reset restore run save ship start stop store
    survey switch track upgrade upload
    """
)
QUESTION_WORDS = word_set(
    """
    what which who whom whose when where why how is are was were do does did can could will would should has
    have had may might shall am isn't aren't don't doesn't what's who's where's how's when's
    """
)
_OTHER_BEGINNINGS = word_set(
    """
    a an the this that these those i i'm i've i'd i'll you your you're we we're our they their he she it it's
    its my me if and but or so for from in on at to of with by as after before during because while please thank
    thanks hello hi hey dear ok okay yes yeah no now then there here also based given using according let's
    question task q imagine suppose consider assume assuming note every each all some any one two three four
    five
    """
)
#: Words that may have a capital letter at the beginning of a sentence and are no names.
BEGINNINGS = IMPERATIVES | QUESTION_WORDS | _OTHER_BEGINNINGS
#: What a rewrite may neither add nor take away.
KEPT = NEGATION | QUANTIFIERS | MODALS | NUMBERS

#: Words about the form of a text. Where a request speaks of it, letters and lines may be what it is about.
ABOUT_FORM = word_set(
    """
    spell spelling spelled misspelled typo typos typographical grammar grammatical grammatically punctuation
    punctuate proofread letter letters character characters anagram anagrams acronym palindrome palindromes
    rhyme rhymes rhyming alliteration syllable syllables vowel vowels consonant consonants uppercase lowercase
    capitalise capitalize capitalised capitalized encrypt decrypt encode decode cipher reverse reversed scramble
    unscramble homophone homophones homonym prefix suffix verbatim repeat echo tokenize tokenise lemmatize stem
    regex regexp translate translation pronounce phonetic phonetically typing copy
    """
)
