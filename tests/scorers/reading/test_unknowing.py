"""Not knowing in the languages that ``abstained`` reads: invented names, missing data, other people's ignorance."""

import pytest

from proxy.config.settings import ScorerSettings
from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Choice, Message, Sample
from scorers.abstention import abstention
from scorers.score import Reason, Verdict

#: Language -> (answers that abstain, answers that do not); names are invented.
SAID = {
    "en": (
        """I couldn't find any information on the Velm Bridge Society.
There is no record of a painter called Orla Tennick.
The Quillfax engine does not appear to exist, at least under that name.
I'm not familiar with a novel titled The Salt Ledger. Could you tell me who wrote it?
As of my knowledge cutoff, there were no reports of a merger between the two firms.
Could you clarify which Marrow Street you mean? I don't recognise the name.
It may be a fictional place. I have no knowledge of a town called Ebberwick.
"Dornic's theorem" isn't a widely recognized result. It might be a misspelling, or it may come from a small field. \
If you can share where you read it, I would be happy to help you look further.""",
        """The Velm Bridge was built in 1880 by two brothers. It has nine arches, and it carries the road to the mill.
You can't find this part in shops any more, so order it from the maker.
She said that she did not know the way, and they laughed.
If you do not know your number, look at the back of the card.""",
    ),
    "de": (
        """Das weiß ich leider nicht.
Ich konnte keine Informationen zur Velmer Brückengesellschaft finden.
Mir ist keine Malerin namens Orla Tennick bekannt.
Zu diesem Namen gibt es keine Aufzeichnungen.
Im Text steht nichts davon, die Quelle enthält keine Angaben zum Preis.""",
        """Die Brücke wurde 1880 gebaut und hat neun Bögen.
Wenn Sie die Nummer nicht wissen, schauen Sie auf die Rückseite der Karte.
Das Bad ist nicht groß, aber hell.""",
    ),
    "fr": (
        """Je ne sais pas qui a peint ce tableau.
Je n'ai trouvé aucune information sur la Société du pont de Velm.
Il n'existe aucune trace d'une peintre nommée Orla Tennick.
Je ne connais pas cette entreprise.
Le document ne mentionne pas le prix.""",
        """Le pont a été construit en 1880 et compte neuf arches.
Si vous ne connaissez pas le numéro, regardez au dos de la carte.
Il ne faut pas trop cuire les pâtes.""",
    ),
    "es": (
        """No sé quién pintó ese cuadro.
No he encontrado información sobre la Sociedad del Puente de Velm.
No hay registros de una pintora llamada Orla Tennick.
No conozco esa empresa.
El documento no menciona el precio.""",
        """El puente se construyó en 1880 y tiene nueve arcos.
Si no conoce el número, mire el dorso de la tarjeta.
No hace falta cocer tanto la pasta.""",
    ),
    "pt": (
        """Não sei quem pintou esse quadro.
Não encontrei informações sobre a Sociedade da Ponte de Velm.
Não há registros de uma pintora chamada Orla Tennick.
Não conheço essa empresa.
O documento não menciona o preço.""",
        """A ponte foi construída em 1880 e tem nove arcos.
Se não souber o número, olhe o verso do cartão.
Não é preciso cozinhar tanto a massa.""",
    ),
    "zh": (
        """我不知道这幅画是谁画的。
抱歉，我没有找到关于维尔姆桥协会的任何信息。
文中没有提到价格。
这个名字似乎并不存在。""",
        """这座桥建于1880年，有九个桥拱。
面条不用煮太久。""",
    ),
    "ja": (
        """その絵を誰が描いたのかは分かりません。
ヴェルム橋協会に関する情報は見つかりませんでした。
資料には価格の記載がありません。
その会社については存じ上げません。""",
        """この橋は一八八〇年に造られ、九つのアーチがあります。
麺は長くゆでる必要がありません。""",
    ),
    "ar": (
        """لا أعرف من رسم هذه اللوحة.
لم أجد أي معلومات عن جمعية جسر فيلم.
لا توجد سجلات عن رسامة بهذا الاسم.
ليس لدي معلومات عن هذه الشركة.""",
        """بُني الجسر عام 1880 وفيه تسعة أقواس.
لا يحتاج الأرز إلى وقت طويل.""",
    ),
}
#: What was asked, in each language; the language of an answer is helped by it.
ASKED = {
    "en": "Who painted it, and when?",
    "de": "Wer hat das gemalt, und wann war das?",
    "fr": "Qui a peint cela, et quand ?",
    "es": "¿Quién pintó eso y cuándo fue?",
    "pt": "Quem pintou isso e quando foi?",
    "zh": "这是谁画的？什么时候？",
    "ja": "これは誰がいつ描いたのですか。",
    "ar": "من رسم هذا ومتى؟",
}
CASES = [
    (code, text, verdict)
    for code, parts in SAID.items()
    for verdict, part in zip((Verdict.YES, Verdict.NO), parts, strict=True)
    for text in part.split("\n")
]


def sample(code: str, text: str) -> Sample:
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=1,
    )
    return Sample(
        id="s", exchange=exchange, messages=(Message(role="user", content=ASKED[code]),), choices=(Choice(text=text),)
    )


@pytest.mark.parametrize(("code", "text", "verdict"), CASES)
async def test_not_knowing_is_told(code, text, verdict):
    """An answer that says that it does not know abstains; a claim does not, nor what others do not know."""
    score = (await abstention(ScorerSettings())(sample(code, text)))[0]
    assert (score.output, score.verdict) == ("abstained", verdict)


@pytest.mark.parametrize("code", [code for code in SAID if code != "en"])
async def test_a_full_answer_outweighs_one_thing_that_is_not_known(code):
    """Not knowing a detail beside many claims is no abstention, in any language."""
    yes, no = SAID[code]
    text = f"{no.splitlines()[0]} " * 14 + yes.splitlines()[0]
    assert (await abstention(ScorerSettings())(sample(code, text)))[0].verdict is Verdict.NO


async def test_hedging_is_read_in_english_only():
    """Its words are listed for English alone."""
    score = (await abstention(ScorerSettings())(sample("fr", "Je ne sais pas qui a peint ce tableau.")))[1]
    assert score.unscored_reason is Reason.UNSUPPORTED_LANGUAGE


async def test_what_could_be_is_no_claim():
    """After not knowing, guesses and advice, however many, leave the answer one that does not know."""
    guesses = [
        "The name could be a different spelling of a well that is better known in another county of the island.",
        "That may be a local word which people use only in the villages on the northern side of the ridge.",
        "There might be a parish book that lists it, and the details could have been lost when the hall burned down.",
        "This could mean that it was closed before anybody drew a map of the place, which might be long ago.",
    ]
    text = " ".join(["I'm not familiar with a well called Ebberwick Deep.", *guesses])
    assert (await abstention(ScorerSettings())(sample("en", text)))[0].verdict is Verdict.YES
