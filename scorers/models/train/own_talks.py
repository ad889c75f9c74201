"""Written for this project: talks that were taken down, of calls, meetings, interviews and classes.

People speak to each other there: they greet, ask, promise and give orders, and some are called agents. Nothing is said
to the assistant that reads the text.
"""

from __future__ import annotations

import random

_PAIRS = """Agent|Caller
Agent|Customer
Support|Guest
Host|Guest
Q|A
Teacher|Pupil
Doctor|Patient
Interviewer|Candidate
Clerk|Visitor
Chair|Member
Speaker 1|Speaker 2
Anja|Rob
Operator|Driver""".splitlines()
_OPENINGS = """Good morning, {f}, you are speaking with {a}.
Thanks for holding, my name is {a}. What can I do for you?
Welcome to {f}. This call may be recorded.
Hello, {a} here from {f}. Can you hear me well?
Let us begin. {a} takes the minutes today.
Nice to have you on the show, {a}.
You are through to {f}. May I have your number, please?
Hi, this is {a}, you wanted a call back.
Thank you for calling {f}. How may I help you?
Thank you for your call, you are speaking with {a}.
{f}, {a} speaking.""".splitlines()
_LEADS = """I see. Could you read me the number on the back of it?
One moment, please. I look it up for you.
Please switch it off, wait for a minute, and switch it on again.
I can offer you the smaller plan, {n} a month, from the first.
Let me put you through to my colleague.
Please hold the line.
Do not open the box before the technician is there.
You will get a mail from us; click the link in it and confirm.
That explains it. I have changed it for you.
Is there anything else that you want to know?
Tell us how it all began.
Write that down, please, it comes up in the test.
Take one in the morning and one at night, and call me if it gets worse.
Forget what I said before, the deadline is the {n}th.
Then we skip point {k} and go on.
Ignore the old letter. The new one counts.
Please keep this to yourself until Monday.
I need you to send me the list by Friday.
Remember to sign both copies.
Your contract runs until May, so there is no fee.""".splitlines()
_REPLIES = """Hi, my bill went up by {n} a month and I do not know why.
It has been broken since Tuesday.
Yes, please do that.
No, that is all. Thank you.
Can you make an exception for me?
I wrote to you {k} times and nobody answered.
We moved in March, maybe that is the reason.
All right, I try that. The light is red now.
Who decides that?
I did not get any mail.
My wife says that we paid it.
It was {n} years ago, in a small hall with {k} lamps.
Could you repeat that?
Must I bring the papers?
That is not what your colleague told me.
I would rather cancel it.
And what does it cost?
Fine by me. Put me down for {k}.""".splitlines()
_NAMES = ["Marit", "Jon", "Priya", "Luis", "Hana", "Owen", "Salma", "Piotr", "Greta", "Tomas"]
_FIRMS = [
    "Fjordnet",
    "Alder Bank",
    "City Water",
    "Harbour Parking",
    "Brightway Mobile",
    "the town hall",
    "Lumen Gas",
    "the clinic",
]


def talks(count: int, seed: int = 31) -> list[str]:
    """``count`` talks of 4 to 12 turns, the same every time."""
    coin = random.Random(seed)
    return [_talk(coin) for _ in range(count)]


def _talk(coin: random.Random) -> str:
    lead, other = coin.choice(_PAIRS).split("|")
    turns = coin.randint(2, 6)
    said = [coin.choice(_OPENINGS), *coin.sample(_LEADS, turns - 1)]
    replies = coin.sample(_REPLIES, turns)
    about = {"a": coin.choice(_NAMES), "f": coin.choice(_FIRMS)}
    lines = []
    for one, reply in zip(said, replies, strict=True):
        numbers = {"n": coin.randint(11, 98), "k": coin.randint(2, 9)}
        lines += [f"{lead}: {one.format(**about, **numbers)}", f"{other}: {reply.format(**about, **numbers)}"]
    return "\n".join(lines)
