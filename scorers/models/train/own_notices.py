"""Written for this project: pages, letters and mails with the notices that stand below, above and between their lines.

Encyclopedias ask for sources, banks for a call back, shops for a review, offices for silence. Such lines have little to
do with the page that they stand on, speak of answers and replies, and order nothing of an assistant.
"""

from __future__ import annotations

import random

from scorers.models.train.own_documents import documents

_PAGES = """This article needs more references; help improve it by adding reliable ones.
This section does not cite any sources. Please help to add some.
The tone of this article may not reflect the style of an encyclopedia. Discuss this on the talk page.
This page is about the river. For the song, see {t} (song).
You can help by expanding this stub.
Please do not remove this notice until the discussion has ended.
Find sources: news, books, scholar, images.
Do not copy text from other sites into this page.
Please consider rewriting this article in a neutral tone.
Learn how and when to remove this message.
Was this page helpful? Yes / No
Tell us what you think of this page.
Report a mistake on this page.
Translate this page into your language.
Accept all cookies, or choose which ones you allow.
By going on you agree to our terms of use.
Turn off your ad blocker to read on.
Create a free account to read the rest of this story.
Enter your mail address to get the next issue.
Add to basket. Save for later. Compare.
Customers who bought this also looked at these.
Write a review and get 5 % off your next order.
Use the code SPRING{n} at the checkout.
Print this recipe. Rate this recipe. Pin it for later.
If you make it, leave a comment and tag us.
Jump to recipe.
Reply to this topic. Quote. Report.
Please search the forum before you open a new topic.
Mark the answer that helped you as the solution.
Keep your answers on topic, and be kind to newcomers.
Only staff may answer here.
Last edited by a moderator. Reason: link removed.
Figures for the last year are estimates. Do not add up the columns.
Do not compare the years before {y} with those after it.
Cite as: Office of statistics, table {n}, {y}.
Rounded; sums may differ.
Do not reproduce without permission.
Answers to the quiz are on page {n}.
What is the longest river of Europe? Turn the page for the answer.
Who am I? Write your guess on a card and send it to us.
Say "abracadabra" at the desk and get a free badge.
Tell your friends about us.
Ask your guide for the key.
Show this ad to the cashier.""".splitlines()
_MAILS = """If you have any questions, just reply to this email.
If you did not ask for this, please ignore this message.
Simply answer this mail with YES to confirm.
Please do not reply to this email; this mailbox is not read.
Reply STOP to end these messages.
Reply to this message and we will call you back.
Just hit reply and tell us what went wrong.
Answer with your order number in the subject line.
Let us know if there is anything we can do for you.
Please let me know if you need anything else from me.
Please get back to me by {d}.
Can you confirm that you got this?
Could you send this on to {a}, please?
Forward this mail to a friend who might like it.
Please treat this as confidential and do not mention it to anyone.
This message is for the named person only. If you are not that person, delete it and tell the sender.
Please consider the environment before you print this mail.
To make sure that you get our mails, add us to your contacts.
Call us on 0800 555 {n}00 if you do not recognise this payment.
Never share your password or your PIN, not even with our staff.
We will never ask you for your full password.
Click the button below to confirm your mail address.
Open the app and approve the request within {n} minutes.
View this mail in your browser.
You get this mail because you signed up on our site. Unsubscribe here.
Review your statement and tell us within {n} days if something is wrong.
Please find attached the minutes. Comments until {d}, please.
Sent from my phone, please excuse the brevity.
> Could you let me know what I have to do?
> Please reply above this line.
On {d} {a} wrote: please have a look and tell me what you think.
P.S. Tell {a} that the umbrella is still here.
PS: Don't forget to say hello to your mother.
Please answer all three questions below.
Your answer helps us to become better: how likely are you to recommend us?
Rate your visit from 1 to 5.
Set up a direct debit now and save {n} a year.
Go ahead with the quote, but leave out the second one for now.
Pass this on to the team, and do not tell {a} yet, it is a surprise.
Please keep the date free and say nothing to {a}.
Remind {a} to bring the keys.
Add me to the list, and take {a} off it.""".splitlines()
_QUESTIONS = """Does it come with screws? - No, order them separately.
Can I paint it? - Yes, sand it first and use a water-based paint.
Can you leave it with my neighbour? - Tell the driver in the notes field.
Do I need a reservation? - Just turn up and ring the bell.
What should I do if it leaks? - Close the valve and call us.
Can I pay later? - Choose "invoice" and enter your date of birth.
Is it waterproof? - Do not put it under water.
Where do I find the number? - Look on the back, and type it without spaces.""".splitlines()
_THINGS = """kettle|canal|bicycle|tram|lantern|orchard|violin|loft|quay
heat pump|tent|mill|piano|garden|boiler|ferry""".replace("\n", "|").split("|")
_NAMES = """Nell|Jonas|Ms Idowu|Mr Castellano|Ottilie
Ravi|Sanne|Dr Quist|Uncle Per|Lucia""".replace("\n", "|").split("|")
_DAYS = """Monday|Tuesday|Wednesday|Thursday|Friday
3 March|12 June|1 October|the end of the month""".replace("\n", "|").split("|")
_FIRMS = """Bank of Tarn|Kestrel Energy|Holm Housing|Larch & Sons
City Library|Nordline Ferries|Quay Insurance""".replace("\n", "|").split("|")
_NEWS = """Your statement for {d} is ready.
We have received your payment of {n}.40.
Your parcel has left our warehouse and will be with you on {d}.
The meeting on {d} is moved to the small room.
Your booking of the {t} is confirmed.
We are sorry that the {t} arrived broken.
From {d} on, the new prices apply.
Thank you for the lovely evening; the {t} looks splendid.
The lift is out of order until {d}.
Your contract for the {t} ends on {d}.
Here are the notes on the {t}.
We could not take the payment for your {t}.""".splitlines()


def notices(number: int, seed: int = 0, apart: bool = False) -> list[str]:
    """Documents of the calm kinds and mails with such lines in them. ``number``: of each of the two. ``apart``: with
    every third line, which no fit sees."""
    coin = random.Random(f"notices {seed}")
    calm = [text for _, text in documents(max(1, number // 3), seed=500 + seed)]
    pages, questions, mails = (_taken(lines, apart) for lines in (_PAGES, _QUESTIONS, _MAILS))
    found = [_among(coin, coin.choice(calm), pages, questions) for _ in range(number)]
    return found + [_mail(coin, mails) for _ in range(number)]


def _taken(lines: list[str], apart: bool) -> list[str]:
    return [line for at, line in enumerate(lines) if (at % 3 == 1) is apart]


def _among(coin: random.Random, text: str, pages: list[str], questions: list[str]) -> str:
    """A calm document with one to three notices of pages between its lines."""
    lines = text.split("\n")
    for _ in range(coin.randint(1, 3)):
        told = coin.choice(pages if coin.random() < 0.75 else questions)
        lines.insert(coin.choice((0, len(lines), coin.randint(0, len(lines)))), _filled(coin, told))
    return "\n".join(lines)


def _mail(coin: random.Random, lines: list[str]) -> str:
    """A letter or mail with two to five lines that ask its reader for something."""
    head = [f"Subject: {_filled(coin, coin.choice(_NEWS)).rstrip('.')}", ""] if coin.random() < 0.6 else []
    hello = f"{coin.choice(('Dear', 'Hello', 'Hi'))} {coin.choice(_NAMES)},"
    told = [_filled(coin, line) for line in coin.sample(_NEWS, coin.randint(1, 3))]
    asked = [_filled(coin, line) for line in coin.sample(lines, coin.randint(2, 5))]
    body = [*told, *asked[:-1]]
    if coin.random() < 0.3:
        coin.shuffle(body)
    end = [coin.choice(("Kind regards", "Yours", "Thanks", "Best wishes")), coin.choice((*_FIRMS, *_NAMES))]
    join = coin.choice(("\n", "\n\n", " "))
    return "\n".join([*head, hello, "", join.join(body), "", *end, "", asked[-1]])


def _filled(coin: random.Random, line: str) -> str:
    told = {"t": coin.choice(_THINGS), "a": coin.choice(_NAMES), "d": coin.choice(_DAYS)}
    return line.format(n=coin.randint(2, 60), y=coin.randint(1990, 2024), **told)
