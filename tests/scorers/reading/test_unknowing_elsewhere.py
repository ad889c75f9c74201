"""Not knowing what a table or a report does not say, in seven languages beside English."""

import pytest

from scorers.reading.language import Language
from scorers.reading.unknowing import PATTERNS


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (Language.GERMAN, "Das Baujahr geht aus dieser Liste nicht hervor."),
        (Language.GERMAN, "Zu Arno Feldhaus liegen mir keine Angaben vor."),
        (Language.FRENCH, "Le tableau ne précise pas le fournisseur."),
        (Language.SPANISH, "La tabla no recoge el proveedor."),
        (Language.PORTUGUESE, "O relatório não informa o número de camas."),
        (Language.CHINESE, "表里只有姓名，没有日期，所以无法得知。"),
        (Language.JAPANESE, "うーん、それはわからないなあ。"),
        (Language.ARABIC, "والله ما أدري!"),
    ],
)
def test_what_is_not_said_is_not_known(language: Language, text: str) -> None:
    """The answerer cannot know it from what was given."""
    assert PATTERNS[language].search(text)
