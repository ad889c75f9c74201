"""Questions to the user in the languages that ``asked`` reads beside English; offers and letters."""

import pytest

from scorers.clarification import asks, asks_in
from scorers.reading.language import Language

#: Language -> (answers that ask, answers that do not), written for this test; a bar is a line end.
SAID = {
    "de": (
        """Welche Version des Programms benutzen Sie?
Könnten Sie mir bitte die Bestellnummer nennen?
Meinen Sie die alte oder die neue Brücke?
Dafür brauche ich noch das genaue Datum.""",
        """Die Brücke hat neun Bögen. Kann ich sonst noch etwas für Sie tun?
Soll ich Ihnen ein Beispiel zeigen?
Warum ist der Himmel blau? Weil die Luft das blaue Licht streut.
Sehr geehrter Herr Bolt,|könnten Sie mir bitte die Rechnung schicken?|Mit freundlichen Grüßen""",
    ),
    "fr": (
        """Quelle version du programme utilisez-vous ?
Pourriez-vous m'indiquer le numéro de commande ?
Parlez-vous de l'ancien pont ou du nouveau ?
J'ai besoin de la date exacte.""",
        """Le pont a neuf arches. Puis-je vous aider pour autre chose ?
Voulez-vous que je vous montre un exemple ?
Pourquoi le ciel est-il bleu ? Parce que l'air diffuse la lumière bleue.
Chère Madame,|pourriez-vous m'envoyer la facture ?|Cordialement""",
    ),
    "es": (
        """¿Qué versión del programa utiliza?
¿Podría indicarme el número del pedido?
¿Te refieres al puente viejo o al nuevo?
Necesito saber la fecha exacta.""",
        """El puente tiene nueve arcos. ¿Puedo ayudarle en algo más?
¿Quieres que te muestre un ejemplo?
¿Por qué es azul el cielo? Porque el aire dispersa la luz azul.
Estimada señora:|¿podría enviarme la factura?|Un saludo""",
    ),
    "pt": (
        """Qual versão do programa você usa?
Você poderia me informar o número do pedido?
Você se refere à ponte velha ou à nova?
Preciso saber a data exata.""",
        """A ponte tem nove arcos. Posso ajudar em algo mais?
Quer que eu mostre um exemplo?
Por que o céu é azul? Porque o ar espalha a luz azul.
Prezada senhora,|poderia me enviar a fatura?|Atenciosamente""",
    ),
    "zh": (
        """您使用的是哪个版本？
请告诉我订单号。
你指的是旧桥还是新桥？""",
        """这座桥有九个拱。还有什么需要帮忙的吗？
需要我给您举个例子吗？
天空为什么是蓝的？因为空气散射蓝光。""",
    ),
    "ja": (
        """どのバージョンをお使いですか。
注文番号を教えていただけますか。
古い橋と新しい橋のどちらのことでしょうか。""",
        """この橋には九つのアーチがあります。他にお手伝いできることはありますか。
例をお見せしましょうか。
空はなぜ青いのですか。空気が青い光を散らすからです。""",
    ),
    "ar": (
        """ما الإصدار الذي تستخدمه؟
هل يمكنك إخباري برقم الطلب؟
هل تقصد الجسر القديم أم الجديد؟""",
        """للجسر تسعة أقواس. هل أستطيع مساعدتك في شيء آخر؟
هل تريد أن أعرض لك مثالا؟
لماذا السماء زرقاء؟ لأن الهواء يشتت الضوء الأزرق.""",
    ),
}
CASES = [
    (Language(code), text.replace("|", "\n"), expected)
    for code, parts in SAID.items()
    for expected, part in zip((True, False), parts, strict=True)
    for text in part.splitlines()
]


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
def test_questions_are_told_from_offers(language, text, expected):
    """A request for what is missing, and which of two is meant; no offer, no answered question, no letter."""
    assert (asks_in(text, "", language).points >= 2.0) is expected


@pytest.mark.parametrize(
    ("language", "asked", "text"),
    [
        ("de", "Schreibe drei Fragen für ein Interview.", "Welche Arbeit machen Sie am liebsten?"),
        ("es", "Traduce esta frase del inglés.", "¿Qué versión del programa utiliza?"),
        ("ja", "次の文を訳してください。", "どのバージョンをお使いですか。"),
    ],
)
def test_a_question_that_was_ordered_is_content(language, asked, text):
    """Where a text or a translation was asked for, its question is for somebody else."""
    assert asks_in(text, asked, Language(language)).points < 1.75
    assert asks_in(text, "", Language(language)).points >= 2.0


def test_a_closing_question_after_a_full_answer_does_not_count():
    """The answer could go on without it."""
    text = "Die Brücke wurde 1880 gebaut, und seither führt sie die Straße über den Fluss. " * 5
    assert asks_in(text + "Waren Sie schon dort?", "", Language.GERMAN).points < 1.75
    assert asks_in("Waren Sie schon dort?", "", Language.GERMAN).points >= 1.75


def test_an_english_letter_asks_its_reader():
    """Not the user who ordered it."""
    assert asks("Dear Mr Bolt,\ncould you please send me the invoice?\nBest wishes").points < 1.75
    assert asks("Could you please send me the invoice?").points >= 2.0
