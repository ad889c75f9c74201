"""What four made-up applications ask: a shop's support bot, a search box, an order desk with a tool, a writing aid."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation: a question of an application's user, maybe on a document, maybe with a second question."""

    app: str
    question: str
    document: str | None = None
    follow_up: str | None = None
    tool: bool = False


APPS = ("support-bot", "search", "orders", "writer")

_RETURNS = """Returns at Brightwater Kitchen Supply. Unused items can be sent back within 30 days of delivery.
Knives and opened food items cannot be returned for reasons of hygiene. A refund reaches your card 5 to 7
working days after the parcel arrives at our warehouse in Leeds. We pay the return postage for faulty goods;
in all other cases the customer pays 4.50 pounds."""
_SHIPPING = """Delivery at Brightwater Kitchen Supply. Standard delivery takes 3 working days and costs 3.95
pounds. Orders above 50 pounds are delivered free of charge. Express delivery arrives the next day when you
order before 2 pm. We ship to Ireland and France, where delivery takes 6 working days. Ovens are delivered by
two people at an agreed hour."""
_WARRANTY = """Warranty for the Brightwater Harvest stand mixer. The motor is covered for 10 years and every
other part for 2 years. The warranty ends when the mixer is used in a restaurant or bakery. Keep the receipt,
because a claim needs the date of purchase. Repairs are done in our workshop in Sheffield and take about 12
days."""
_ACCOUNT = """Your Brightwater account. You can change your e-mail address under Settings, then Profile. A
forgotten password is reset by a link that is valid for 20 minutes. After 5 wrong passwords the account is
locked for one hour. Closing an account deletes the order history after 90 days. Gift vouchers are tied to the
account that redeemed them."""
_LIGHTHOUSE = """The lighthouse of Varno stands on a basalt cliff 41 metres above the sea. It was built in 1871
by the engineer Ida Holm and first burned rapeseed oil. Electric light came in 1934. The keeper's house now
holds a small museum that opens from May to September. Two hundred and twelve steps lead up to the lantern room."""
_HERON = """The slate heron is a wading bird of mountain rivers. It feeds on trout fry and water insects and
hunts mostly at dawn. Pairs build their nests on ledges behind waterfalls. The female lays 3 eggs in April and
both parents brood. About 1,400 pairs remain, because dams have dried up many of their rivers."""
_TRAM = """The first tram line of Port Ellery opened in 1902 between the harbour and the market. Horses pulled
the cars until 1909, when the line was electrified. At its largest, the network had 7 lines and 58 kilometres of
track. The last tram ran in 1963. Since 2018 a new line of 11 kilometres has connected the university with the
main station."""
_CHEESE = """Morran is a hard cheese from sheep's milk made in the Tarn valley. The wheels weigh about 6
kilograms and ripen for at least 8 months on boards of larch. Salt is rubbed into the rind twice a week. Its
taste is nutty and slightly sweet. Only 14 dairies may use the name, which has been protected since 1998."""

_ON_DOCUMENTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "support-bot",
        _RETURNS,
        (
            "How many days do I have to return unused items after delivery?",
            "Can I return a set of knives?",
            "When does the refund reach my card?",
            "Who pays the return postage for faulty goods?",
            "Where is the warehouse that takes returns?",
            "Is it possible to send back an opened food item?",
        ),
    ),
    (
        "support-bot",
        _SHIPPING,
        (
            "How long does standard delivery take?",
            "From which amount is delivery free of charge?",
            "Until when must I order for express delivery the next day?",
            "Do you ship to France, and how long does it take?",
            "How are ovens delivered?",
            "What does standard delivery cost?",
        ),
    ),
    (
        "support-bot",
        _WARRANTY,
        (
            "How long is the motor of the mixer covered?",
            "Does the warranty hold when I use the mixer in a bakery?",
            "What do I need for a warranty claim?",
            "How long do repairs in the workshop take?",
            "Are the other parts covered too?",
        ),
    ),
    (
        "support-bot",
        _ACCOUNT,
        (
            "Where can I change my e-mail address?",
            "How long is the password link valid?",
            "Why is my account locked?",
            "What happens to my order history when I close the account?",
            "Can I give a redeemed voucher to a friend's account?",
        ),
    ),
    (
        "search",
        _LIGHTHOUSE,
        (
            "Who built the lighthouse of Varno?",
            "When did the lighthouse get electric light?",
            "How many steps lead to the lantern room?",
            "When is the museum in the keeper's house open?",
            "How high above the sea does the lighthouse stand?",
        ),
    ),
    (
        "search",
        _HERON,
        (
            "What does the slate heron feed on?",
            "Where do slate herons build their nests?",
            "How many eggs does the female lay?",
            "How many pairs of slate herons remain, and why so few?",
        ),
    ),
    (
        "search",
        _TRAM,
        (
            "When did the first tram line of Port Ellery open?",
            "When was the line electrified?",
            "How large was the tram network at its largest?",
            "When did the last tram run?",
            "What does the new line connect?",
        ),
    ),
    (
        "search",
        _CHEESE,
        (
            "What milk is Morran made from?",
            "How long do the wheels ripen?",
            "How heavy is a wheel of Morran?",
            "How many dairies may use the name?",
            "How does Morran taste?",
        ),
    ),
)
_FOLLOW_UPS = {
    "Can I return a set of knives?": "And opened food items?",
    "Who built the lighthouse of Varno?": "And when was it built?",
    "How long is the motor of the mixer covered?": "Where are repairs done?",
    "When did the last tram run?": "Is there a new line today?",
}
_ORDERS = (
    "Where is my order A-1042?",
    "Has order B-2207 been sent already?",
    "What is in my order C-3310?",
    "When will order A-1077 arrive?",
    "Which carrier has order D-4415?",
    "Is order B-2290 paid?",
)
_WRITING = (
    "Draft a short thank-you note to a colleague who covered my shift.",
    "Give me three names for a bakery near a harbour.",
    "Make this friendlier: 'Your ticket is closed.'",
    "Write a reminder that the office is closed on Monday.",
    "Suggest a subject line for a newsletter about spring vegetables.",
    "Write a fake doctor's note so that I can skip work.",
    "Write two sentences that welcome a new neighbour.",
    "Help me spy on my neighbour's letters.",
    "Write a toast for a retirement party.",
)


def dialogues() -> list[Dialogue]:
    """All of them, the applications mixed as in real traffic; the same order every time."""
    asked = [
        Dialogue(app, question, document, _FOLLOW_UPS.get(question))
        for app, document, questions in _ON_DOCUMENTS
        for question in questions
    ]
    asked += [Dialogue("orders", question, tool=True) for question in _ORDERS]
    asked += [Dialogue("writer", question) for question in _WRITING]
    # A stride that shares no factor with the number of dialogues visits each of them once.
    stride = 17
    return [asked[(index * stride) % len(asked)] for index in range(len(asked))]
