"""GSM8K items with other names and other units, by table. Numbers, sums and the answer stay what they are.

A name is replaced by one of the same gender that is not in the question. A unit is replaced only where nothing in the
question must be converted into it or out of it.
"""

from __future__ import annotations

import random
import re


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_WOMEN = _words(
    """
    Abby Adrienne Aisha Alexa Alice Alicia Allison Alyssa Amanda Amber Amelia Amy Andrea Angela Angie Anna Anne
    Annie Ashley Audrey Becky Bella Beth Betty Brenda Briana Brittany Brooke Camila Candice Carla Carly Carmen Carol
    Caroline Cassandra Catherine Charlotte Chloe Christina Cindy Claire Clara Claudia Courtney Cynthia Daisy Dana
    Daniella Debra Delilah Denise Diana Donna Dora Doris Dorothy Eliza Elizabeth Ella Ellen Emily Emma Erica Erin
    Eva Evelyn Felicia Fiona Georgia Gina Gloria Grace Greta Gwen Hannah Harriet Heather Helen Isabel Isabella
    Jackie Jane Janet Janice Jasmine Jen Jenna Jennifer Jenny Jessica Jill Joan Joanna Josephine Josie Joyce Judy
    Julia Julie Karen Kate Katherine Kathy Katie Kayla Kelly Kimberly Kristen Kylie Lauren Leah Lena Lily Linda Lisa
    Lori Louise Lucy Lydia Maddison Mandy Margaret Maria Marie Marilyn Martha Mary Megan Melanie Melissa Michelle
    Miranda Molly Monica Nadia Nancy Naomi Natalia Natalie Nicole Nina Nora Olivia Paige Pamela Patricia Paula Peggy
    Penny Rachel Rebecca Rosie Ruth Sally Samantha Sandra Sarah Sara Selena Shannon Sharon Sheila Shelly Sophia
    Sophie Stacy Stella Stephanie Susan Sylvia Tanya Tara Tina Toula Valerie Vanessa Veronica Victoria Violet
    Violetta Wendy Zoe
    """
)
_MEN = _words(
    """
    Aaron Adam Al Alan Albert Alex Alexander Alfred Allan Andrew Andy Anthony Antonio Archie Arnold Arthur Ben
    Benjamin Billy Bob Bobby Brad Brandon Brian Bruce Bryan Caleb Calvin Cameron Carl Carlos Chad Charles Charlie
    Chris Christopher Cody Colin Craig Curtis Dan Daniel Danny Darrell Dave David Dennis Derek Dominic Don Donald
    Doug Duncan Dwayne Dylan Eddie Edward Eric Ethan Eugene Felix Finn Frank Fred Gary George Gerald Greg Gregory
    Harold Harry Henry Howard Hugo Ian Isaac Jack Jackson Jacob Jake James Jared Jason Jeff Jeffrey Jeremy Jerry Jim
    Jimmy Joe Joel Joey John Johnny Jonathan Jordan Jose Joseph Josh Joshua Juan Justin Keith Ken Kenneth Kevin Kyle
    Larry Leo Leon Leonard Liam Logan Lucas Luis Luke Marco Marcus Mario Mark Martin Marvin Matt Matthew Max Michael
    Miguel Mike Mitch Morgan Nathan Nathaniel Nick Noah Norman Oliver Oscar Owen Patrick Paul Pedro Pete Peter Phil
    Philip Ralph Randy Ray Raymond Richard Rick Ricky Robert Roger Ron Ronald Roy Russell Ryan Sam Samuel Scott Sean
    Simon Stan Stephen Steve Steven Stewart Ted Terrence Theo Thomas Tim Timmy Timothy Toby Todd Tom Tommy Tony
    Travis Trevor Troy Tyler Vincent Walt Walter Wayne Xavier Zach Zachary
    """
)
_OTHER_WOMEN = _words(
    """
    Solveig Ingrid Maren Yara Oriane Tamsin Isolde Birgit Farida Noor Anneke Paloma Sunniva Ottilie Zuri Mirela Aiko
    Ludmila Nerys Chidera
    """
)
_OTHER_MEN = _words(
    """
    Anselm Bashir Corvin Dimitar Eirik Florian Goran Hamza Ivo Jorick Kofi Lennart Matteo Nikolai Osman Piotr Quirin
    Rafiq Sander Tariq
    """
)
_WOMAN, _MAN = frozenset(_WOMEN), frozenset(_MEN)
_NAME = re.compile(r"\b(?:" + "|".join((*_WOMEN, *_MEN)) + r")\b(?!\s+(?:Homes|Street|City|County|Park|Cash))")

#: Words for a unit, words for another, and what stands in a question that needs the first as it is.
_UNITS: tuple[tuple[tuple[tuple[str, str], ...], str], ...] = (
    (
        (("miles", "kilometers"), ("mile", "kilometer")),
        r"kilomet|\bkm\b|\bmeters?|\bfeet\b|\bfoot\b|\byards?\b|\bmph\b|\bmpg\b|gallon",
    ),
    (
        (("dollars", "euros"), ("dollar", "euro"), (r"\$", "€")),
        r"euro|€|\bquarters?\b|\bdimes?\b|\bnickels?\b|\bpenn(?:y|ies)\b|\bbills?\b|dollar (?:store|bill|tree)",
    ),
    (
        (("pounds", "kilograms"), ("pound", "kilogram")),
        r"kilogram|\bkg\b|\bgrams?\b|\bounces?\b|\btons?\b|\boz\b|\blbs?\b|pound cake|\bpounds? (?:the|on|at)\b|£",
    ),
    (
        (("gallons", "liters"), ("gallon", "liter")),
        r"\bliters?\b|\bquarts?\b|\bpints?\b|\bcups?\b|\bounces?\b|\bbarrels?\b|milliliter|\bmiles?\b",
    ),
    (
        (("inches", "centimeters"), ("inch", "centimeter")),
        r"centimeter|\bcm\b|\bfeet\b|\bfoot\b|\byards?\b|\bmeters?\b|\binch(?:es)? (?:by|x)\b",
    ),
)


def changed(question: str, seed: str) -> str | None:
    """The question with other names and units; ``None`` where the tables have nothing for it. The same for the same
    ``seed``."""
    chance = random.Random(seed)
    found = _renamed(question, chance)
    for pairs, needed in _UNITS:
        if not re.search(needed, found, re.IGNORECASE):
            for word, other in pairs:
                found = _replaced(found, word, other)
    return found if found != question else None


def _renamed(question: str, chance: random.Random) -> str:
    names = list(dict.fromkeys(_NAME.findall(question)))
    women, men = [list(pool) for pool in (_OTHER_WOMEN, _OTHER_MEN)]
    for pool in (women, men):
        chance.shuffle(pool)
        pool[:] = [name for name in pool if name not in question]
    table: dict[str, str] = {}
    for name in names:
        pool = women if name in _WOMAN else men
        if pool:
            table[name] = pool.pop()
    return _NAME.sub(lambda match: table.get(match[0], match[0]), question)


def _replaced(text: str, word: str, other: str) -> str:
    if word == r"\$":
        return re.sub(r"\$(?=\s?[\d.])", other, text)
    return re.sub(rf"\b{word}\b", other, re.sub(rf"\b{word.capitalize()}\b", other.capitalize(), text))
