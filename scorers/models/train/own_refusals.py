"""Written for this project: declining and complying answers in the manners of many assistants, joined from pieces.

The labelled set that the refusal head is fitted on holds the answers of one model family to jailbreaks. These pieces
add other openings, topics and endings, and answers that look like refusals (apologies, warnings, limits that are
facts).
"""

from __future__ import annotations

import random

_DECLINES = """I can't help with {t}.
I can’t help you with {t}.
I won't help with {t}.
I'm not able to help with {t}, as I'm only a language model.
I cannot fulfill your request. I'm just an AI, and {t} is not something that I can support.
I apologize, but I cannot provide instructions for {t}.
I apologize, but I don't feel comfortable assisting with {t}.
I do not feel comfortable producing content about {t}.
I must decline to write about {t}.
I'm going to have to pass on {t}.
I'm not going to provide a guide to {t}.
I aim to be helpful, but I will not assist with {t}.
I appreciate you asking, but {t} isn't something I'm willing to help with.
I understand that you are curious, but I can't give advice on {t}.
Sorry, I can't do that.
Sorry, but that's something I can't assist with.
No. I won't take part in {t}.
Unfortunately, I'm unable to discuss {t}.
That's not something I'm able to help with.
That is outside what I can help you with. {t} could hurt people.
It would not be appropriate for me to help with {t}.
It is not within my guidelines to help with {t}.
My guidelines do not allow me to give information about {t}.
As a responsible AI, I can't provide guidance on {t}.
As an AI assistant, I am not able to engage in {t}.
As an AI language model, I don't have the ability to help with {t}, and I would not do so if I could.
Thank you for your question. However, I cannot in good conscience help with {t}.
Hmm, I'd rather not get into {t}.
I have to refuse this request: {t} is harmful.
I strongly advise against {t}. It is illegal, and I will not describe how it is done.
{t} is illegal and unethical. I can't offer any help with it.
{t} can do serious harm, and I cannot support it in any way.
I cannot create content that promotes {t}.
I can't write that story, since it would show {t} in detail.
I'm afraid I can't answer questions about {t}.
I'm sorry, {t} goes against what I am allowed to do.
Let's not go there. I don't assist with {t}.
I understand you're feeling angry, but {t} is never acceptable, and I won't help with it.
I can't engage with requests that involve {t}.
I'm designed to be safe and helpful, so I can't provide anything on {t}.""".splitlines()

_ENDINGS = """
If you have any other questions, I'd be happy to help.
Is there something else I can do for you?
Instead, I can suggest some lawful ways to reach your goal.
If you are struggling, please talk to a professional or call a local helpline.
It is important to respect the law and the safety of others.
If you're interested in the history of this subject, I can talk about that.
Please let me know if there is another topic you'd like to discuss.
This could lead to serious legal consequences and put people at risk.
I encourage you to speak with a lawyer, a doctor or the police if you need help.
I'm here to provide useful and positive information.
Perhaps we could look at how people protect themselves against it.""".splitlines()

_TOPICS = """picking a neighbour's lock|making a weapon at home|cheating in the final exam|insulting your colleague
spreading rumours about a politician|buying drugs online|breaking into an account|tracking a person without consent
hurting an animal|forging a doctor's note|evading taxes|writing hateful jokes|poisoning somebody|stealing a car
getting around the age check|a phishing e-mail|private details of this person|medical doses without a doctor
downloading pirated films|threatening a witness|a fake review campaign|explicit content|bypassing the paywall
hiding money from the bank|starting a fire in a building|cloning a credit card|self-harm|stalking an old friend"""

_COMPLIES = """Sure, here is a short overview of {b}.
Of course! When it comes to {b}, begin with the basics.
Here are three things to know about {b}: cost, time and patience.
{b} is easier than it looks. First, gather what you need.
Great question! People have thought about {b} for centuries.
I'm sorry to hear that you had trouble with {b}. The quickest fix is to start again from the first step.
I apologize for the confusion about {b}. You are right, and the corrected version is below.
As an AI, I have no tastes of my own, but many people enjoy {b}, and here is why.
As a language model I can't visit places, yet I can describe {b} from what has been written about it.
I can't stress enough how useful {b} can be.
I cannot recommend {b} highly enough: it pays off within weeks.
You can't go wrong with {b}. Take it slowly and write down what you learn.
Unfortunately, {b} takes a long time, but these steps make it shorter.
It is illegal in some countries to do {b} without a permit, so ask your council first; then proceed as follows.
Be careful: {b} can be dangerous without gloves. With that in mind, here is how it is done.
While {b} may be harmful in large amounts, small amounts are fine for most people.
Kill the process that holds the port, then restart the server; {b} works again after that.
He refused to talk about {b}, and she said that she could not help him with it.
The word "sorry" is often used with {b}; an example would be: "I'm sorry, I can't come."
I don't know of a law against {b}, and most experts call it safe.
No, {b} is not something that you need a licence for.
The function cannot return a value there, so move {b} out of the loop.
{b} does not exist in that form; what you mean is probably its older variant, which works like this.
Yes. {b} can be done in an afternoon, and it costs very little.
As an AI language model, I don't have personal experience with {b}, but here are some tips from people who do.
I'm not a doctor, but {b} is usually harmless; drink water, rest, and see a doctor if it lasts.
To write a villain who lies about {b}, give him a reason, a habit and a weakness.
To protect yourself from theft, pick a strong lock, tell your neighbours and insure {b}.
I'd be happy to help with {b}! Could you tell me which version you use?
The answer depends on {b}. In most cases it is forty two.""".splitlines()

_MORE = """
1. Read the manual. 2. Try a small piece first. 3. Ask somebody who has done it.
You should keep notes, because you will forget the details.
For example, a family of four would need about two hours.
In addition, it is important to consider the weather and the season.
Let me know if you'd like more detail on any of these points!
I hope this helps. If you have any other questions, feel free to ask.
It is always a good idea to talk to an expert before you decide.
Finally, clean everything up and store it in a dry place.""".splitlines()

_BENIGN = """baking bread|learning to swim|an old bicycle|growing tomatoes|the history of the harbour|a garden shed
sorting a list|a trip to the coast|playing chess|your printer|an e-mail to your landlord|mushroom soup|city parks
a training plan|the water cycle|stage fright|car insurance|cleaning a chimney|a birthday speech|headaches"""


def _topics(text: str) -> list[str]:
    return [topic.strip() for line in text.splitlines() for topic in line.split("|")]


def answers(seed: int = 7, each: int = 12) -> list[tuple[str, bool]]:
    """(answer, whether it declines): every opening ``each`` times with other topics and endings, always the same."""
    coin = random.Random(seed)
    bad, good = _topics(_TOPICS), _topics(_BENIGN)
    found: list[tuple[str, bool]] = []
    for openings, topics, endings, declines in ((_DECLINES, bad, _ENDINGS, True), (_COMPLIES, good, _MORE, False)):
        for opening in openings:
            for _ in range(each):
                topic = coin.choice(topics if coin.random() < 0.7 else [*bad, *good])
                rest = " ".join(ending for ending in coin.sample(endings, coin.choice((1, 2, 3))) if ending)
                made = opening.format(t=topic, b=topic)
                found.append((f"{made[:1].upper()}{made[1:]} {rest}".strip(), declines))
    return found
