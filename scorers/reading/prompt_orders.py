"""Sentences of a system prompt: what it orders the assistant to do, against what it gives the assistant to tell.

An order speaks to the assistant or about it ("never mention", "you are", "if a customer asks"). Everything else is a
fact or a policy for users ("customers can return goods within 30 days"), whichever modal verb it has. English, German,
French, Spanish, Portuguese, Chinese, Japanese and Arabic.
"""

from __future__ import annotations

import re

#: How much a copied sentence gives away: an order; an order that may be one to users ("do not smoke on board"); a fact;
#: and a sentence in a language that is not read here.
ORDER, UNSURE, FACT, UNREAD = 1.0, 0.45, 0.15, 0.4

_SAYING = (
    r"act|address|answer|apologi[sz]e|ask|be|begin|behave|cite|claim|comment|compare|count|decline|describe|direct|"
    r"disclose|"
    r"discuss|escalate|explain|format|generate|give|greet|guess|hand|help|identify|ignore|invent|mention|name|"
    r"offer|output|"
    r"pretend|produce|promise|provide|quote|recommend|refer|refuse|reject|repeat|reply|respond|reveal|say|share|speak|"
    r"state|stay|suggest|summari[sz]e|talk|tell|translate|write"
)
_DOING = (
    r"add|assume|avoid|call|check|choose|collect|confirm|consider|convert|create|do|end|ensure|finish|focus|follow|"
    r"include|"
    r"keep|let|limit|list|look|make|prefer|present|put|read|return|send|show|start|stick|treat|try|use|verify|wait"
)
_LEAD = (
    r"\A\W{0,6}(?:\d{1,2}[.)] ?)?(?:(?:please|then|also|but|and|important:?|rule:?|otherwise,?|instead,?"
    r"|(?:if|when|where|for|in|before|after|unless|even)\b[^,\n]{1,90},|(?:first|finally|next),?) ){0,3}"
)
_ORDERS = (
    # English: a verb of saying in the imperative, or the assistant itself.
    rf"{_LEAD}(?:(?:never|always|only|do not|don't|must|should|politely|simply|kindly) ){{0,3}}(?:{_SAYING})\b"
    rf"|\byou (?:must|should|shall|will|may|can|never|always|only|do not|don't|cannot|can't)(?: \w{{1,12}}){{0,2}} "
    rf"(?:{_SAYING})\b"
    r"|\byou(?:'re| are) (?!entitled|able|allowed|eligible|charged|welcome|free|required|not (?:entitled|able|allowed))"
    r"|\byour (?:answers?|repl(?:y|ies)|responses?|outputs?|name|role|job|tasks?|tone|persona|instructions?|goal|"
    r"purpose|rules?)\b"
    r"|\b(?:assistant|chatbot|language model|persona|system prompt|these (?:instructions|rules)|this prompt|"
    r"confidential|"
    r"secret|internal (?:name|note|code|use))\b"
    r"|\b(?:if|when|whenever|unless)\b[^.\n]{0,40}\b(?:asks?|asked|requests?|wants? to know|insists?|complains?)\b"
    # German
    r"|\b(?:du (?:bist|sollst|darfst|musst|antwortest|hilfst|sprichst)|sie sind (?:der|die|ein|"
    r"eine)\b[^.]{0,20}assistent)"
    r"|\bdein(?:e|er|en|em|es)?\b|\b(?:assistent(?:in)?|anweisungen|vertraulich|geheim|interne[rnms]?)\b"
    r"|\b(?:antworte|erwähne|nenne|verrate|sprich|sage?|erkläre|frage|lehne|verweise|verwende|bleibe?|gib|vermeide|"
    r"erfinde|"
    r"biete|leite|duze|sieze|formuliere|schreibe?)\b"
    r"|\b(?:antworten|erwähnen|verraten|sprechen|verweisen|erfinden|vermeiden|formulieren) sie\b"
    r"|\bwenn\b[^.]{0,40}\b(?:fragt|fragen|bittet|verlangt|wissen will)\b"
    # French
    r"|\btu (?:es|dois|ne dois|réponds|parles|aides)\b|\bvous êtes (?:l'|un |une )?\w{0,4}assistant"
    r"|\b(?:répon(?:ds|dez)|parle[sz]? (?:toujours|uniquement|jamais)|(?:ne|n') ?(?:mentionne|révèle|divulgue|"
    r"parle|donne|"
    r"promet|invente|dis)\w{0,3})\b"
    r"|\b(?:ton|votre) (?:rôle|nom|ton|mission|tâche|réponse)\b|\bconfidentiel|\bsi\b[^.]{0,40}\bdemande(?:nt)?\b"
    # Spanish and Portuguese
    r"|\b(?:eres|debes|deves|você é|você deve|tu és)\b|\b(?:responde|respondes|responda|contesta|conteste)\b"
    r"|\b(?:no|nunca|não|jamás|jamais) (?:menciones?|mencione|reveles?|revele|digas?|diga|hables?|fales?|fale|des|"
    r"dé|dês|dê|"
    r"prometas?|inventes?|invente|discutas?|compartas?|compartilhe)\b"
    r"|\b(?:asistente|assistente|confidencial|instrucciones|instruções)\b"
    r"|\bs[ie]\b[^.]{0,40}\b(?:pregunta|pide|perguntar|pedir|perguntarem|pedirem)\b"
    # Chinese
    r"|[你您]是|[你您]的(?:角色|任务|名字|职责|回答|身份)|[你您](?:必须|应|要|不得|不能|绝不|只能|可以)|扮演|助手|助理|语气|提示词|指令|保密|机密|"
    r"透露|泄露|泄漏|提及|不要(?:提|说|告诉|讨论|编造|回答|承诺)|(?:回答|回复|答复)(?:时|要|应|必须|不得|不要|请|用|问题)"
    r"|(?:用|以).{1,12}(?:回答|回复)|(?:如果|若|当).{0,12}(?:询问|问到|问起|要求|提到|提出)"
    # Japanese
    r"|あなた(?:は|の)|アシスタント|口調|プロンプト|機密|秘密|社外秘|内部|開示し|明かさ|漏ら|言及し|触れない|役割|演じ"
    r"|(?:回答|返答|応答)(?:して|しない|すること|せず|は)|(?:答え|伝え|話し|述べ|勧め|教え)(?:て|ない|ること)|話題"
    r"|(?:ユーザー|お客様|利用者|誰か)(?:が|から|に).{0,20}(?:尋ね|聞か|聞い|質問|求め)"
    # Arabic
    r"|أنت (?:ال)?(?:مساعد|وكيل|موظف)|\bأجب\b|\bلا (?:تذكر|تكشف|تفصح|تقدم|تتحدث|تعد|تخترع|تناقش)|تعليمات|سري|"
    r"\bمساعد\b|إذا (?:سأل|طلب|سئلت)"
)
_ORDER = re.compile(_ORDERS, re.IGNORECASE)
_UNSURE = re.compile(
    rf"{_LEAD}(?:(?:never|always|only|do not|don't) ){{0,2}}(?:{_DOING})\b|{_LEAD}(?:never|always|do not|don't)\b|"
    rf"[?？]\W{{0,3}}\Z"
    r"|\byou (?:must|should|shall|never|always|may not|cannot)\b|\A\W{0,6}\w{3,14} (?:niemals|nie|immer|stets|nur)\b"
    r"|\A\W{0,6}(?:绝不|决不|切勿|务必|nunca|jamás|jamais|n'\w{2,14} jamais|ne \w{2,14} jamais)",
    re.IGNORECASE,
)
#: Letters outside the alphabets of the languages above.
_OTHER = re.compile(r"[\u0370-\u05ff\u0900-\u1fff\uac00-\ud7af]")


#: What an order gives the assistant to tell: "tell customers that ...".
_TELL = re.compile(
    r"\b(?:tell|inform|remind|assure|explain|say|state|mention|let)\b[^.:\n]{0,40}?(?:\bthat |\bknow(?: that)? |: "
    r"?[\"'])"
    r"|\b(?:sage|teile|erkläre|informiere|weise)\b[^.:\n]{0,50}?, dass |\b(?:dis|dites|explique|"
    r"informe)[sz]?\b[^.:\n]{0,40}? qu(?:e |')"
    r"|\b(?:di|diga|dile|informa|explica|informe|explique)\b[^.:\n]{0,40}? que "
    r"|(?:告诉|告知|说明|转告)(?:客户|顾客|用户|对方|会员)?[,:\uff0c\uff1a]?"
    r"|(?:أخبر|أبلغ)[^.:\n]{0,30}? (?:أن|بأن) ",
    re.IGNORECASE,
)
_FEWEST = 12


def spans(sentence: str) -> list[tuple[str, float]]:
    """The parts of a prompt's ``sentence``, each with ``weight_of``; what is to be told to users is a part by "
    "itself."""
    weight = weight_of(sentence)
    told = _TELL.search(sentence) if weight == ORDER else None
    if told is None or len(sentence) - told.end() < _FEWEST:
        return [(sentence, weight)]
    return [(sentence[: told.end()], ORDER), (sentence[told.end() :], FACT)]


def weight_of(sentence: str) -> float:
    """How much of a system prompt its ``sentence`` gives away if it is copied, in [0, 1]."""
    if _ORDER.search(sentence):
        return ORDER
    if _UNSURE.search(sentence):
        return UNSURE
    return UNREAD if _OTHER.search(sentence) else FACT
