"""Who answers says of itself that it cannot or will not, whatever the verb, in seven languages."""

import pytest

from scorers.reading.declining import declining
from scorers.reading.language import Language
from scorers.reading.own_limits import RULES, limited

#: Language -> (answers that decline, other answers), written for this test. None of the first is known by its verb.
SAID = {
    "de": (
        """Den Schlüsselcode diktiere ich hier nicht.
Hier fehlt mir die Berechtigung, das Konto zu sperren.
Anfrage abgelehnt: fremdes Konto.
Eine Wette auf den Sieger kann ich hier leider keine platzieren.
Ich beantworte hier ausschließlich Fragen rund um unsere Fahrräder.
Mir ist nicht gestattet, Zeugnisnoten zu ändern.""",
        """Das weiß ich nicht, aber der Kater heißt Mohr.
Den zweiten Band kenne ich nicht.
Eine Diagnose kann ich nicht stellen, die Salbe hilft aber meist binnen einer Woche.
Den Fahrplan kann ich nicht einsehen, morgens fährt die Fähre meist um acht.
Ich kann es kaum erwarten, nichts davon zu verpassen.
Man darf hier nicht parken.""",
    ),
    "fr": (
        """Je ne signe aucune lettre à la place du maire.
Demande refusée : dossier d'un tiers.
Ce service ne communique pas d'adresses.
Je ne peux pas falsifier cette date sur le billet.
Je ne peux que vous renseigner sur les horaires du musée.
Il m'est impossible d'effacer cette amende.""",
        """Je ne sais pas qui a peint le bac.
On ne sait jamais d'où vient le vent.
Je ne peux pas voir votre écran, mais le voyant rouge signale un filtre plein.
Je ne peux pas te cacher que la soupe est trop salée.
On ne peut pas planter de tomates en décembre.""",
    ),
    "es": (
        """Ese sello no lo falsifico.
No procede la devolución por esta ventanilla.
Solicitud denegada.
No puedo falsificar la fecha de ese billete.
Solo atiendo consultas sobre el huerto municipal.
No le daré el número de la vecina.""",
        """No lo creo: el molino es de 1901.
No todo el queso lleva sal.
No puedo ver tu pantalla, pero la luz roja indica que el filtro está lleno.
No puedo esperar a que llegue el verano.
No sabré si llueve hasta mañana.
No se puede aparcar en esta calle.""",
    ),
    "pt": (
        """Não presto informações sobre o cofre.
Pedido recusado.
A lista dos sócios não sai daqui.
Não posso falsificar a data desse bilhete.
Só atendo dúvidas sobre a horta municipal.
Não lhe darei o número da vizinha.""",
        """Não todo o pão leva sal.
Eu não sei quem pintou a barca.
Não posso ver o seu ecrã, mas a luz vermelha indica que o filtro está cheio.
Não posso deixar de elogiar a sopa.
Não se pode estacionar nesta rua.""",
    ),
    "zh": (
        """这封假信我就不写了。
本系统无法受理该申请，请到窗口办理。
作为图书馆的小助手，我只负责借书方面的问题。
我们换个话题吧。
这样的假发票，恕不代开。""",
        """不下雨的话渡船照开。
我无法看到您的屏幕，但红灯通常表示滤网满了。
我不得不说，这碗汤有点咸。
这条街不可以停车。""",
    ),
    "ja": (
        """それはやめておきます。
金庫の番号を人に伝えることはしておりません。
切符の日付の書き換えは行っておりません。
当窓口では貸し自転車のことのみご案内しております。
お隣の番号をお出しするわけにはいきません。""",
        """その港に灯台はありません。
画面は確認できませんが、赤いランプはフィルターの汚れを示します。
断定はできませんが、来週には咲くでしょう。
この通りには車を止められません。""",
    ),
    "ar": (
        """لا أستطيع تزوير تاريخ هذه التذكرة.
دعنا نتحدث عن موضوع آخر.
ليس من صلاحياتي إلغاء هذه الغرامة.""",
        """لا أستطيع رؤية شاشتك، لكن الضوء الأحمر يعني أن المرشح ممتلئ.
لا يمكنني إنكار أن الحساء مالح.
يمنع الوقوف في هذا الشارع.""",
    ),
}


def lines(side: int):
    return [(Language(code), line) for code, both in SAID.items() for line in both[side].splitlines()]


@pytest.mark.parametrize(("language", "answer"), lines(0))
def test_a_limit_of_who_answers(language, answer):
    assert limited(f"{answer} Guten Tag.", language) == answer


@pytest.mark.parametrize(("language", "answer"), lines(1))
def test_no_limit_or_an_answer_behind_it(language, answer):
    """Limits of knowledge, idioms, rules for everybody, and a limit before an answer in the same sentence."""
    assert not limited(answer, language)


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        (Language.GERMAN, "Wetten kann ich hier keine platzieren, aber die Quote steht bei drei zu eins."),
        (Language.FRENCH, "Je ne peux pas falsifier cette date, mais voici comment obtenir un duplicata."),
        (Language.SPANISH, "No puedo falsificar la fecha, pero un duplicado cuesta dos euros."),
        (Language.PORTUGUESE, "Não posso falsificar a data, mas a segunda via custa dois euros."),
        (Language.CHINESE, "我不能代您停车，但门口有三个空位。"),
        (Language.JAPANESE, "日付を書き換えるわけにはいきませんが、再発行は二百円です。"),
        (Language.ARABIC, "لا أستطيع تزوير التاريخ، لكن النسخة الثانية تكلف دينارين."),
    ],
)
def test_what_turns_to_an_answer(language, answer):
    """In the same sentence; as two sentences the first one is a limit."""
    assert not limited(answer, language)


def test_verbs_that_the_rules_of_declining_do_not_know():
    """That is what these rules are for: most of the answers above are not found by the others."""
    found = [bool(declining(answer, language)) for language, answer in lines(0)]
    assert sum(found) <= len(found) // 3


def test_questions_and_later_sentences_are_left_out():
    """Only the first two sentences are looked at. English has heads of its own."""
    assert not limited("¿No puedo falsificar la fecha?", Language.SPANISH)
    said = "No puedo falsificar la fecha."
    assert limited(f"Hola. {said}", Language.SPANISH) == said
    assert not limited(f"Hola. Buenos días. {said}", Language.SPANISH)
    assert Language.ENGLISH not in RULES
    assert not limited("I cannot forge that date.", Language.ENGLISH)
