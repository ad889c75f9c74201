"""What a text is written in: eight languages and the rest, short texts, texts that are no prose."""

import json
import time

import pytest

from scorers.reading.language import SUPPORTED, Language, language_of

#: Written for this test; the numbers of a language's sentences are those of the others.
SENTENCES = {
    "en": """The ferry leaves at nine and arrives before noon.
Put the kettle on and wait for ten minutes.
Our office is closed on public holidays.
I cannot open the attachment that you sent.
Which of the two invoices is the right one?
Nobody has repaired the bridge since the flood.""",
    "de": """Die Fähre legt um neun Uhr ab und kommt vor Mittag an.
Bitte setzen Sie Wasser auf und warten Sie zehn Minuten.
Unser Büro bleibt an Feiertagen geschlossen.
Ich kann den Anhang leider nicht öffnen.
Welche der beiden Rechnungen stimmt?
Seit der Flut hat niemand die Brücke repariert.""",
    "fr": """Le bateau part à neuf heures et arrive avant midi.
Faites chauffer de l'eau et attendez dix minutes.
Nos bureaux sont fermés les jours fériés.
Je ne peux pas faire cela.
Laquelle des deux factures est la bonne ?
Personne n'a réparé le pont depuis la crue.""",
    "es": """El barco sale a las nueve y llega antes del mediodía.
Ponga agua a calentar y espere diez minutos.
Nuestra oficina cierra los días festivos.
No puedo abrir el archivo que me has enviado.
¿Cuál de las dos facturas es la correcta?
Nadie ha reparado el puente desde la inundación.""",
    "pt": """O barco parte às nove e chega antes do meio-dia.
Ponha água a ferver e espere dez minutos.
O nosso escritório fecha nos feriados.
Não consigo abrir o anexo que você enviou.
Qual das duas faturas é a correta?
Ninguém consertou a ponte desde a enchente.""",
    "zh": """渡轮九点出发，中午之前到达。
请先烧水，然后等十分钟。
我们的办公室在节假日不开门。
我打不开你发来的附件。""",
    "ja": """フェリーは九時に出て、昼前に着きます。
お湯を沸かして十分待ってください。
祝日は事務所が閉まっています。
お送りいただいた添付ファイルを開けません。""",
    "ar": """تغادر العبّارة في التاسعة وتصل قبل الظهر.
ضع الماء على النار وانتظر عشر دقائق.
مكتبنا مغلق في أيام العطل الرسمية.
لا أستطيع فتح الملف الذي أرسلته.""",
    "other": """Il traghetto parte alle nove e arriva prima di mezzogiorno.
De veerboot vertrekt om negen uur en komt voor de middag aan.
Prom odpływa o dziewiątej i przybywa przed południem.
Vapur saat dokuzda kalkıyor ve öğleden önce varıyor.
Färjan går klockan nio och kommer fram före lunch.
Паром отходит в девять и прибывает до полудня.
페리는 아홉 시에 떠나 정오 전에 도착합니다.
המעבורת יוצאת בתשע ומגיעה לפני הצהריים.
Το πλοίο φεύγει στις εννέα και φτάνει πριν το μεσημέρι.
کشتی ساعت نه حرکت می‌کند و پیش از ظهر می‌رسد.""",
}
TOLD = [(text, Language(code)) for code, texts in SENTENCES.items() for text in texts.splitlines()]


@pytest.mark.parametrize(("text", "expected"), TOLD, ids=lambda value: str(value)[:20])
def test_a_sentence_is_told(text, expected):
    """One sentence is enough, in each language that is read and in others."""
    assert language_of(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A la lista le falta la última línea.", "es"),
        ("La clave de acceso no está registrada.", "es"),
        ("Nota de registro no está firmada.", "es"),
        ("Falta a la factura la firma final.", "es"),
        ("Na última linha falta o valor.", "pt"),
        ("O valor não está registrado.", "pt"),
        ("Alla lista manca la firma finale.", "other"),
        ("A la llista li falta l'última línia.", "other"),
        ("La facture finale est à la gare.", "fr"),
    ],
)
def test_neighbours_are_told_by_their_words_and_spelling(text, expected):
    """A short sentence whose content words Spanish shares with Portuguese, Italian, Catalan or French."""
    assert language_of(text) is Language(expected)


def test_the_supported_languages_are_eight():
    """What the documentation lists."""
    assert {language.value for language in SUPPORTED} == {"en", "de", "fr", "es", "pt", "zh", "ja", "ar"}


@pytest.mark.parametrize(
    "text",
    [
        "def area(side):\n    return side * side\n\nprint(area(4))",
        '{"total": 12, "items": [{"sku": "A-1", "label": "lamp"}]}',
        "SELECT id, total FROM orders WHERE total > 100 ORDER BY id;",
        "https://shop.example/produits?categorie=chaussures&page=2",
        "git rebase -i HEAD~3 && git push --force-with-lease",
        "Here it is:\n```\nfür, über, schön, müde\n```\nThat is what you asked for.",
        "The French for goodbye is au revoir, and in Spanish you would say hasta luego.",
        "Anna Schmidt, Jorge Pérez, Marie Dupont",
        "| Country | Capital |\n|---|---|\n| Portugal | Lisboa |\n| Deutschland | Berlin |",
        "x = 3\ny = 4",
        "12345",
        "",
    ],
)
def test_what_is_no_prose_does_not_make_english_something_else(text):
    """Code, JSON, addresses, names, tables and quoted words of other languages."""
    assert language_of(text) is Language.ENGLISH


@pytest.mark.parametrize(
    ("text", "prompt", "expected"),
    [
        ("No.", "¿Está abierto el museo los lunes?", "es"),
        ("No.", "Is the museum open on Mondays?", "en"),
        ("42", "Wie viele Stühle stehen im Saal?", "de"),
        ("Lisboa", "Qual é a capital de Portugal?", "pt"),
        ("了解", "明日の会議は何時に始まりますか。", "ja"),
        ("了解", "会议几点开始？", "zh"),
        ("Roma.", "Qual è la capitale d'Italia e quanti abitanti ha oggi?", "other"),
        ("print(1)", "Écris un programme qui affiche le nombre un.", "fr"),
    ],
)
def test_the_prompt_helps_where_the_answer_is_short(text, prompt, expected):
    """Below twenty characters, or without prose, an answer is in the language of its prompt."""
    assert language_of(text, lambda: prompt) is Language(expected)


def test_the_prompt_does_not_overrule_a_sentence():
    """An answer may be in another language than its prompt."""
    german = "Die Fähre legt um neun Uhr ab und kommt vor Mittag an."
    assert language_of(german, lambda: "Translate this sentence into German, please.") is Language.GERMAN


def test_plain_english_never_asks_for_the_prompt():
    """The fast way needs neither the prompt nor the identifier."""

    def prompt():
        raise AssertionError("asked")

    assert language_of("The ferry leaves at nine, and it arrives there before noon.", prompt) is Language.ENGLISH


@pytest.mark.parametrize("quoted", ['"I am sorry, I cannot do that for you."', "“The shop is closed today.”"])
def test_what_is_quoted_does_not_count(quoted):
    """A request to translate is in its own language, not in that of the sentence."""
    assert language_of(f"Übersetze diesen Satz: {quoted}") is Language.GERMAN
    assert language_of(f"日本語に訳して：{quoted}") is Language.JAPANESE


@pytest.mark.parametrize("text", ["a" * 50_000, "x." * 30_000, '"' * 9_000, "`" * 9_000, "\ud800" * 300, "\x00" * 300])
def test_hostile_text_is_cheap(text):
    """Bounded time, whatever the text; lone surrogates and NUL included."""
    language_of("Qualche parola per caricare il modello.")
    before = time.process_time()
    assert isinstance(language_of(text), Language)
    assert time.process_time() - before < 0.2


def test_json_keys_and_values_of_another_language():
    """A German answer as JSON is told by the words in it."""
    text = json.dumps(
        {"antwort": "Die Fähre legt um neun Uhr ab.", "quelle": "Fahrplan der Reederei"}, ensure_ascii=False
    )
    assert language_of(text) is Language.GERMAN
