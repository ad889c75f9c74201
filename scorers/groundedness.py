"""Groundedness: does the answer say what its documents do not (``ungrounded``), or the opposite (``contradicted``)?

Each claim sentence of the answer is compared with every window of two document sentences. ``ungrounded`` rests on the
rarity-weighted share of its words that its best window lacks, on the share of its trigrams that no document has, and on
numbers and names that are found nowhere; the worst sentence decides. Nothing was trained but the map onto [0, 1].

``contradicted`` looks at the best window of each claim for a number or name that replaces another one, a negation on
one side only, and opposite words. It is weak by measurement (AUROC .52 to .70, sensitivity .02 to .18 at its
threshold): read it as a hint, never as a rate. Neither sees a fluent sentence with a small edit that keeps the words.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass

from proxy.sample import Choice, Sample
from proxy.settings import ScorerSettings
from scorers.evidence import documents, unscorable, user_text
from scorers.score import Reason, Score, Scorer, Verdict
from scorers.text import Language, answer_text, informative, language, names, numbers, plain, sentences, stem, words

NAME = "groundedness"
OUTPUTS = ("ungrounded", "contradicted")
VERSION = "groundedness-1"
#: Specificity .99, .97 and .99 on three labelled sets, .90 on a fourth, of chat that repeats no word of its document.
UNGROUNDED_THRESHOLD = 0.83
CONTRADICTED_THRESHOLD = 0.6
#: Caps in characters; beyond them the answer is ``too_long``, so that one sample costs well under a second.
MAX_ANSWER = 60_000
MAX_EVIDENCE = 600_000
#: Distinct claims examined; of more, this many are taken, evenly spread.
_MAX_CLAIMS = 120
#: A stem in more chunks than this counts as held by every window, which bounds the work a claim costs.
_COMMON = 1000
#: Words of a chunk: long lines (tables, pages without full stops) are cut, so that a window stays local.
_CHUNK = 40
_SHOWN = 200
#: Share of a claim that its window must hold for a conflict to count in full; else it counts by ``_ELSEWHERE``.
_SAME, _ELSEWHERE = 0.55, 0.6
_SLOPE, _OFFSET = 3.05, -2.83

#: Declining, not knowing and courtesy say nothing about the documents.
_COURTESY = re.compile(
    r"\bi(?:'m| am) (?:sorry|afraid|unable|not able|not sure|happy|glad)"
    r"|\bi (?:can't|cannot|can not|don't (?:know|have)|do not (?:know|have)|couldn't|could not|apologi[sz]e)"
    r"|\bunfortunately, i\b|\b(?:let me know|feel free|hope (?:this|that)|happy to (?:help|assist)|here to help)\b"
    r"|\b(?:does|do|did|is|are) ?n[o']t (?:\w{1,12} )?(?:mention|contain|provide|specif|state|say|includ|enough)"
    r"|\bno (?:information|mention) (?:about|on|of|in|is)\b",
    re.IGNORECASE,
)
_NEGATIONS = frozenset(
    ("no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "cannot", "without", "hardly")
)
_OPPOSITES = (
    "increase/decrease increase/decline rise/fall rose/fell high/low higher/lower more/less more/fewer "
    "before/after first/last win/lose won/lost best/worst large/small positive/negative strong/weak "
    "accept/reject support/oppose buy/sell open/close start/stop start/end success/failure pass/fail "
    "profit/loss gain/loss include/exclude raise/cut raise/lower possible/impossible likely/unlikely "
    "able/unable always/never minimum/maximum most/least major/minor approve/reject guilty/innocent alive/dead "
    "legal/illegal allow/ban allow/forbid safe/dangerous public/private expensive/cheap fast/slow north/south "
    "east/west left/right"
)


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in _OPPOSITES.split():
        one, other = (stem(word) for word in pair.split("/"))
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


_OPPOSITE = _opposites()


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim sentence: raw measures of being ungrounded (0 to 2.2) and contradicted (0 and more)."""

    sentence: str
    ungrounded: float
    contradicted: float


class Evidence:
    """Documents prepared once for all claims: chunks with their stems, an index of stems, trigrams, numbers, words."""

    def __init__(self, texts: tuple[str, ...], asked: str) -> None:
        self.chunks = list(dict.fromkeys(chunk for text in texts for chunk in _chunks(plain(text))))
        self._index: dict[str, list[int]] = {}
        for position, chunk in enumerate(self.chunks):
            for token in set(informative(chunk)):
                self._index.setdefault(token, []).append(position)
        self._prefixes = {token[:5] for token in self._index}
        tokens = [word for chunk in self.chunks for word in words(chunk)]
        self._trigrams = set(zip(tokens, tokens[1:], tokens[2:], strict=False))
        # What the user said is no evidence, yet repeating their numbers and names invents nothing.
        said = " ".join(self.chunks) + "\n" + plain(asked)
        self.numbers = numbers(said)
        self.words = set(words(said))

    def weigh(self, tokens: set[str]) -> dict[str, float]:
        """Each token's rarity among the chunks, at least 1."""
        size = len(self.chunks) + 1
        return {token: 1.0 + max(0.0, math.log(size / (len(self._index.get(token, ())) + 0.5))) for token in tokens}

    def best_window(self, weights: dict[str, float]) -> tuple[float, int]:
        """Share of the weight that the best two neighbouring chunks hold, and the first one's position."""
        held: defaultdict[int, float] = defaultdict(float)
        everywhere = 0.0
        for token, weight in weights.items():
            positions = self._index.get(token, [])
            if len(positions) > _COMMON:
                everywhere += weight
                continue
            before = -2
            for position in positions:
                held[position] += weight
                if before != position - 1:
                    held[position - 1] += weight
                before = position
        total = sum(weights.values())
        if total == 0.0:
            return 0.0, 0
        if not held:
            return min(1.0, everywhere / total), 0
        position = max(held, key=lambda key: (held[key], -key))
        return min(1.0, (everywhere + held[position]) / total), max(0, position)

    def known(self, weights: dict[str, float]) -> float:
        """Share of the weight that is anywhere in the documents, longer words by their first five letters."""
        total = sum(weights.values())
        found = sum(
            weight
            for token, weight in weights.items()
            if token in self._index or (len(token) > 4 and token[:5] in self._prefixes)
        )
        return found / total if total else 0.0

    def copied(self, tokens: list[str]) -> float | None:
        """Share of the word trigrams that the documents have; ``None`` when there are none."""
        grams = set(zip(tokens, tokens[1:], tokens[2:], strict=False))
        return len(grams & self._trigrams) / len(grams) if grams else None

    def window(self, position: int) -> str:
        """The text of the two chunks from ``position``."""
        return " ".join(self.chunks[position : position + 2])


def _chunks(text: str) -> list[str]:
    found: list[str] = []
    for sentence in sentences(text):
        tokens = sentence.split()
        if len(tokens) <= _CHUNK + _CHUNK // 2:
            found.append(sentence)
        else:
            found.extend(" ".join(tokens[at : at + _CHUNK]) for at in range(0, len(tokens), _CHUNK))
    return found


def claims(text: str) -> list[str]:
    """The sentences that say something checkable: two words of content, or a number; no questions, no courtesy.

    An answer of at most three words that begins with a capital is one claim.
    """
    pieces = sentences(plain(text))
    found = [piece for piece in pieces if not piece.endswith("?") and _claims(piece)]
    if not found and len(words(text)) <= 3 and text.strip()[:1].isupper() and informative(text):
        found = pieces
    return found


def _claims(sentence: str) -> bool:
    said = bool(numbers(sentence))
    return said or (len(set(informative(sentence))) >= 2 and not _COURTESY.search(sentence[:_SHOWN]))


def examine(sentence: str, evidence: Evidence) -> Finding:
    """Measures of one claim against the evidence."""
    tokens = set(informative(sentence))
    weights = evidence.weigh(tokens)
    coverage, _ = evidence.best_window(weights)
    copied = evidence.copied(words(sentence))
    new_numbers = numbers(sentence) - evidence.numbers
    new_names = names(sentence) - evidence.words
    ungrounded = (
        0.5 * (1.0 - coverage)
        + 0.5 * (1.0 - evidence.known(weights))
        + 0.5 * (1.0 - (coverage if copied is None else copied))
        + 0.7 * min(1.0, (len(new_numbers) + len(new_names)) / 2)
    )
    # A conflict counts in full only where the rest of the sentence is there: then the same thing is talked about.
    rest = {token: weight for token, weight in weights.items() if token not in new_numbers | set(map(stem, new_names))}
    covered, position = evidence.best_window(rest)
    conflict = _conflict(sentence, evidence.window(position), new_numbers, new_names)
    return Finding(sentence, ungrounded, conflict if covered >= _SAME else _ELSEWHERE * conflict)


def _conflict(sentence: str, window: str, new_numbers: set[str], new_names: set[str]) -> float:
    said, there = set(words(sentence)), set(words(window))
    said_stems, there_stems = set(map(stem, said)), set(map(stem, there))
    opposite = any(_OPPOSITE.get(word, frozenset()) & there_stems for word in said_stems - there_stems)
    return (
        1.6 * bool(new_numbers and numbers(window) - numbers(sentence))
        + 0.9 * bool(new_names)
        + 1.6 * _one_sided(said, there)
        + 0.3 * _one_sided(there, said)
        + 1.6 * opposite
    )


def _one_sided(one: set[str], other: set[str]) -> bool:
    """Whether only ``one`` negates; ``t`` is what is left of n't."""
    return bool(one & _NEGATIONS or "t" in one) and not (other & _NEGATIONS or "t" in other)


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


def groundedness(settings: ScorerSettings) -> Scorer:
    """The scorer: ``ungrounded`` and ``contradicted`` for each choice, weight 1/n.

    ``settings.threshold`` replaces the threshold of ``ungrounded``.
    """
    thresholds = (UNGROUNDED_THRESHOLD if settings.threshold is None else settings.threshold, CONTRADICTED_THRESHOLD)

    async def score(sample: Sample) -> list[Score]:
        found = documents(sample)
        evidence: Evidence | Reason
        if isinstance(found, Reason):
            evidence = found
        elif sample.request_truncated or sum(map(len, found)) > MAX_EVIDENCE:
            evidence = Reason.TOO_LONG
        elif language("\n".join(text[:1000] for text in found)) is not Language.ENGLISH:
            evidence = Reason.UNSUPPORTED_LANGUAGE
        else:
            evidence = Evidence(found, user_text(sample))
        choices = sample.choices or (Choice(),)
        return [made for choice in choices for made in _scores(sample, choice, evidence, thresholds)]

    return score


def _scores(
    sample: Sample, choice: Choice, evidence: Evidence | Reason, thresholds: tuple[float, float]
) -> list[Score]:
    result = _examined(sample, choice, evidence)
    weight = 1.0 / max(1, len(sample.choices))
    scores = []
    for output, threshold in zip(OUTPUTS, thresholds, strict=True):
        value, sentence = (None, "") if isinstance(result, Reason) else _worst(result, output)
        scores.append(
            Score(
                sample_id=sample.id,
                scorer=NAME,
                output=output,
                version=VERSION,
                choice=choice.index,
                weight=weight,
                value=value,
                verdict=None if value is None else Verdict.YES if value >= threshold else Verdict.NO,
                unscored_reason=result if isinstance(result, Reason) else None,
                explanation=sentence,
            )
        )
    return scores


def _examined(sample: Sample, choice: Choice, evidence: Evidence | Reason) -> list[Finding] | Reason:
    reason = unscorable(sample, choice)
    if reason is not None:
        return reason
    if isinstance(evidence, Reason):
        return evidence
    text = answer_text(choice.text)
    if len(text) > MAX_ANSWER or sample.response_truncated:
        return Reason.TOO_LONG
    if language(text) is not Language.ENGLISH:
        return Reason.UNSUPPORTED_LANGUAGE
    found = list(dict.fromkeys(claims(text)))
    if not found:
        return Reason.NO_CLAIMS
    step = max(1, math.ceil(len(found) / _MAX_CLAIMS))
    return [examine(sentence, evidence) for sentence in found[::step]]


def _worst(findings: list[Finding], output: str) -> tuple[float, str]:
    if output == "ungrounded":
        worst = max(findings, key=lambda finding: finding.ungrounded)
        return _logistic(_SLOPE * worst.ungrounded + _OFFSET), worst.sentence[:_SHOWN]
    worst = max(findings, key=lambda finding: finding.contradicted)
    return _logistic(2.0 * worst.contradicted - 2.6), worst.sentence[:_SHOWN] if worst.contradicted else ""
