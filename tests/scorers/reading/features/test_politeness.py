"""What is politeness and what is not."""

from __future__ import annotations

import time

import pytest

from scorers.reading.features.claims import claims, courteous
from scorers.reading.features.politeness import polite


@pytest.mark.parametrize(
    "sentence",
    [
        "You're welcome!",
        "You are very welcome.",
        "Great question!",
        "That's a great question.",
        "What an excellent point!",
        "That is a really interesting question!",
        "Hi there!",
        "Hello!",
        "Hi Anna!",
        "Good morning, everyone!",
        "Goodbye!",
        "Bye for now!",
        "Have a nice day!",
        "Have a wonderful rest of your week!",
        "Thank you!",
        "Thanks a lot for your patience.",
        "Thank you for contacting Brenn Tourism.",
        "Thank you so much for reaching out to us today!",
        "Is there anything else I can help you with?",
        "If you have any further questions, feel free to ask!",
        "If you need more details, just ask.",
        "Please don't hesitate to reach out.",
        "I'm always here to help.",
        "My pleasure!",
        "No problem at all!",
        "Glad I could help!",
        "It was a pleasure assisting you.",
        "It's great to hear from you.",
        "I hope you have a wonderful day!",
        "I hope this helps.",
        "Take care!",
        "See you soon!",
        "Good luck with your project!",
        "Best regards",
        "Safe travels!",
        "Enjoy your visit!",
        "Happy reading!",
        "Would you like me to explain more?",
        "Do you need anything else?",
        "I appreciate your question.",
        "Sure thing!",
        "Absolutely!",
        "Of course!",
        "Certainly, I'd be happy to help with that.",
        "Congratulations!",
        "Excellent!",
        "I'm glad you asked!",
        "I wish you all the best.",
        "Welcome back!",
        "Nice to meet you, Anna!",
        "Cheers!",
        "Thank you for waiting 5 minutes.",
        "What would you like to know?",
        "How may I assist you today?",
        "Let me know if there is anything else.",
        "Don't hesitate to ask if anything is unclear!",
        "I'd be glad to tell you more.",
        "Perfect, thanks!",
        "That sounds great!",
        "Understood.",
        "Got it!",
        "Have a good one!",
        "Until next time!",
        "Wishing you a lovely evening.",
        "You got it!",
        "Thanks again, and have a safe trip!",
        "Great choice!",
        "I am here if you need me.",
    ],
)
def test_courtesies(sentence: str) -> None:
    """Greetings, thanks, farewells, praise of the question and offers of more help claim nothing, alone or together."""
    assert courteous(sentence)
    assert claims(sentence) == claims(f"Hello! {sentence} Goodbye!") == []


@pytest.mark.parametrize(
    "sentence",
    [
        "The tower is white.",
        "Great question: the tower is white.",
        "Thanks to Marta Holm, the tower is white.",
        "Good night ferries sail at 22:00.",
        "Visitors have a nice day ticket.",
        "The best wishes came from Marta Holm.",
        "Dear Lisa is a film about a lighthouse.",
        "Good luck is a Danish ferry.",
        "Hello Kitty is a Japanese character.",
        "Marta Holm wished sailors a good trip.",
        "It is an excellent idea to buy tickets at the harbour office.",
        "The keeper is available on Sundays.",
        "Tickets are available.",
        "Marta",
        "Paris",
        "The office can help visitors with tickets.",
        "Happy hour starts at noon.",
        "It is a safe place.",
        "Contact the harbour office for tickets.",
        "Please contact us at 555-1234.",
        "I hope the ferry sails on Sunday.",
        "They have a great time machine.",
        "Good work by Marta Holm.",
        "The answer is yes, thanks to the harbour office.",
        "Enjoy the view from the 43 metre tower.",
        "Should you visit, bring a coat.",
        "Absolutely nothing was built there.",
        "Perfect",
        "Welcome centre",
        "The question is good.",
        "If you have a ticket, you can enter the tower.",
        "The ferry will be around noon.",
        "When you need a ticket the office sells it.",
        "If you have a dog, it must stay outside.",
        "We can assist passengers with wheelchairs.",
        "There is anything but silence.",
    ],
)
def test_claims_in_polite_words(sentence: str) -> None:
    """The same words in a sentence that says something, and a courtesy before a claim, are none."""
    assert not polite(sentence)
    assert claims(sentence) == [sentence]


@pytest.mark.parametrize("unit", ["hi ", "have a good ", "if you need ", "how can i ", "thank you for ", "so very "])
def test_a_sentence_costs_little(unit: str) -> None:
    """Whatever is repeated in it."""
    started = time.process_time()
    for length in range(140, 200):
        polite((unit * 100)[:length])
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "sentence",
    [
        "I hope that answers it.",
        "Congratulations on that!",
        "Kind regards",
        "Much appreciated.",
        "Have a lovely evening!",
        "Please don't hesitate to write to the mill.",
        "It was my pleasure.",
        "Enjoy your stay!",
        "Well, and so, oh!",
    ],
)
def test_screening_hides_no_courtesy(sentence: str) -> None:
    """Each kind of phrase is found by itself; beside something that is said it is none."""
    assert polite(sentence)
    assert not polite(f"{sentence.rstrip('.!')}: the wheel of Orrin turns twice.")
