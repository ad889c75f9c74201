"""Signs of an attack on a model's instructions in a text: phrases, forged roles, personas, harm in a frame. Pure.

Overriding, demands for the prompt, and personas without rules in English, German, French, Spanish, Portuguese, Chinese,
Japanese and Arabic; the rest is English. An order to ignore something counts where a clause begins with it: "how do I
ignore" and "can Git ignore" are questions.
"""

from __future__ import annotations

from scorers.reading.screen import Screen
from scorers.reading.text import Blind, folded

#: Characters read: the beginning, and the end, where the turn often is.
_HEAD, _TAIL = 1_600, 800

#: Where an order begins: at a clause, or after "you must" and its like. "How do I ignore" is none.
_CLAUSE = (
    r"(?:(?:^|[\n.!?:;,\"'\])>*#|-])[ \"'*(]{0,3}|\b(?:and|please|now|then|just|first|so|but|kindly|simply|"
    r"you (?:must|should|will|shall|can|may|to|now)|(?:need|have|want|are|going) (?:you )?to|i order you to|bitte|"
    r"und|et|y|e) )"
)
_DROP = (
    r"(?:ignore|disregard|forget|discard|override|bypass|skip|neglect|drop|set aside|leave aside|pay no attention "
    r"to|cancel|"
    r"abandon|stop following|do not follow|don't follow|no longer follow|never mind)"
)
_BEFORE = (
    r"(?:previous|prior|above|earlier|preceding|initial|original|existing|past|former|foregoing|system|last|old|all|"
    r"before|your|any)"
)
_RULES = (
    r"(?:instructions?|directions?|rules?|prompts?|guidelines?|orders?|directives?|constraints|programming|policies|"
    r"restrictions|training|safeguards|filters)"
)
_PATTERNS = {
    "override": rf"{_CLAUSE}{_DROP}\b[^.!?\n]{{0,40}}?\b{_BEFORE}\b[^.!?\n]{{0,30}}?\b{_RULES}\b"
    rf"|{_CLAUSE}(?:ignore|disregard|forget) (?:about )?(?:everything|all|anything|whatever|"
    rf"what)\b[^.!?\n]{{0,25}}\b(?:before|above|"
    r"previously|prior|so far|told|said|learned|up to)\b"
    r"|\b(?:ignorier\w*|vergiss|vergessen sie|missachte\w*|halte dich nicht(?: mehr)? "
    r"an)\b[^.!?\n]{0,40}(?:anweisungen|regeln|vorgaben|"
    r"richtlinien|aufgaben|befehle|anordnungen|informationen|gesagt|davor|bisher)"
    r"|\b(?:ignorez?|oubliez?|ne (?:respecte|suis)[a-z]* (?:plus|pas)|ne ti(?:ens|"
    r"enne)[a-z]* pas compte)\b[^.!?\n]{0,25}"
    r"(?:\b(?:les|tes|vos|ces|des?|toutes) (?:\w{1,12} )?(?:instructions|consignes|règles|directives)|qu'on t'a dit)"
    r"|\b(?:ignor[ae]n?|olvid[ae]|no sigas|haz caso omiso|esqueça|esquece|desconsidere|não "
    r"siga)\b[^.!?\n]{0,40}(?:instrucciones|"
    r"instruções|reglas|regras|normas|directrices|diretrizes|te han dicho|disseram|anteriores y |anteriores e )"
    r"|(?:忽略|无视|忘记|忘掉|不要再?遵守|不再遵守)[^。!?\n]{0,16}(?:指令|指示|规则|"
    r"规定|提示|要求|被告知|说过)"
    r"|(?:指示|ルール|規則|ガイドライン|命令|言われたこと)[^。!?\n]{0,10}(?:無視|忘れ|"
    r"従わないで|従うな)"
    r"|(?:تجاهل|انس|لا تلتزم)[^.!?؟\n]{0,30}(?:التعليمات|تعليمات|"
    r"قواعد|إرشادات|قيل لك)",
    "loose": rf"\b{_DROP}\b[^.!?\n]{{0,40}}\b(?:previous|prior|above|earlier|all|before|everything|last|text|"
    r"context|message)\b",
    "renounce": r"\b(?:no longer|not|never|stop|don't|do not) (?:\w{1,12} ){0,3}(?:bound|restricted|limited|"
    r"constrained|obey\w*|abide|adhere)\b|\b(?:without|no|free (?:of|from)|any) (?:\w{1,12} ){0,2}(?:restrictions?|"
    r"limitations?|"
    r"filters?|censorship|ethic\w*|moral\w* (?:limits|rules)|rules|limits)\b|\b(?:uncensored|unfiltered|"
    r"unrestricted|amoral|unethical|"
    r"jailbr\w+)\b|\bohne (?:regeln|grenzen)|keine regeln|(?:ohne|keine) einschränkungen|\bsans (?:règles?|"
    r"restrictions?|limites?)|aucune limite|"
    r"\bsin (?:reglas|restricciones|límites)|no tiene límites|\bsem (?:regras|restrições|limites)|não tem limites|"
    r"(?:没有|无)[^。\n]{0,6}(?:规则|限制)|(?:規則|制限|ルール)[^。\n]{0,6}(?:ない|ないai|無い|無効)|"
    r"بلا (?:قواعد|قيود)|ليس له حدود",
    "reveal": r"\b(?:reveal|print|show|repeat|output|display|tell|write|give|list|copy|reprint|recite|translate|"
    "encode|summari[sz]e|put|"
    r"what (?:is|are|were))\b[^.!?\n]{0,40}\b(?:your|hidden|secret) (?:\w{1,12} ){0,3}(?:instructions?|prompts?|"
    r"rules|guidelines|"
    r"directives?|system message|configuration|password)\b"
    r"|\b(?:reveal|print|show|repeat|output|display|tell|copy|reprint|recite|write|translate|"
    r"say)\b[^.!?\n]{0,40}\b(?:instructions?|prompts?|"
    r"text|words|everything|message|rules) (?:(?:that |which )?(?:you were|you've been|you have been|were|was) "
    r"(?:given|told)|above|"
    r"before (?:this|me)|verbatim|word for word|so far|up to here)\b"
    r"|\b(?:de?in\w{0,2}|ihre?n?) (?:\w{1,12} )?(?:systemprompt|anweisungen|vorgaben|regeln)\b|text über dieser zeile"
    r"|\b(?:ton|tes|votre|vos) (?:\w{1,12} )?(?:prompt|instructions|règles|consignes)\b|texte au-dessus"
    r"|\b(?:tu|tus|su|sus|seu|suas?|teu|tuas) (?:\w{1,12} )?(?:prompt|instrucciones|instruções|reglas|regras)\b|"
    r"encima de esta línea|acima desta linha"
    r"|你的(?:系统提示|提示词|秘密指令|指令|规则)|这一行上面|以上(?:所有)?内容"
    r"|あなたの(?:秘密の)?(?:指示|ルール|プロンプト)|システムプロンプトを[^。\n]{0,12}(?:表示|出力|教え)|"
    r"この行より上"
    r"|تعليماتك|قواعدك|موجه النظام الخاص|فوق هذا السطر",
    "forged": r"<\|?/?(?:im_start|im_end|system|endoftext|user|assistant|s|inst)\|?>|\[/?(?:inst|system|admin|sys)\]|"
    "<</?sys>>"
    r"|(?:^|\n)\W{0,6}(?:system|assistant|developer|admin(?:istrator)?)\b[^\n]{0,20}:|#{2,}\s{0,2}(?:end|new|begin|"
    r"system|instruction)"
    r"|\bend (?:of )?(?:user|input|prompt|instructions?|ambiguity)\b|%{3}|\b(?:new|updated) (?:instructions?|"
    r"directives?|task|rules)\b ?[:.!]|neue anweisung:|nouvelle instruction :|nueva instrucción:|"
    r"nova instrução:|新的?指令|"
    r"新しい指示|تعليمات جديدة",
    "persona": r"\byou (?:are|will) (?:now )?(?:be|become|act(?:ing)? as|going to (?:act|be|pretend|play)|"
    r"play(?:ing)?|pretend)\b"
    r"|\b(?:act|behave|respond|answer|speak|roleplay|role-play) as\b|\bpretend (?:to be|you|that you)\b|\byou are now\b"
    r"|\bdu bist (?:jetzt|nun)\b|\btu es maintenant\b|\bahora eres\b|\bagora (?:você|tu) é|你现在是|"
    r"あなたは今から|أنت الآن"
    r"|\bstay in character\b|\bfrom now on\b|\bimagine (?:that )?you\b|\bsimulat\w+\b",
    "free": r"\bdo anything now\b|\bdan\b|\bdeveloper mode (?:enabled|output|on)\b|\b(?:god|evil|opposite|"
    r"unrestricted) mode\b"
    r"|\bjailbreak\b|\bopenai(?:'s)? (?:polic\w+|guidelines|content)|\bcontent polic\w+|\b(?:moral|ethical|"
    r"legal)(?:ity)? (?:or|and|guid)|\b(?:illegal|immoral)\b|\bwarnings? or\b|\bnever (?:refuse|say no|decline|apologi)"
    r"|niemals ablehnt|ne refuse jamais|nunca se niega|nunca recusa|从不拒绝|決して断ら|لا يرفض",
    "quiet": r"\b(?:no|without|avoid|omit|skip|never|do not|don't|not) (?:\w{1,12} ){0,4}(?:warnings?|disclaimers?|"
    r"caveats|apologi\w+|"
    r"refus\w+|moraliz\w+|safety notes?|ethical (?:considerations|concerns)|judg\w+)\b",
    "dictate": r"\b(?:say|print|output|respond|reply|answer|write|return|repeat|begin|"
    r"start)\b[^.!?\n]{0,25}\b(?:only|exactly|just|nothing|"
    r"with (?:\"|'|the (?:words?|phrase|exact)))|\b(?:begin|start) your (?:reply|response|answer|output)\b|\band "
    r"nothing else\b|\bsay (?:yes|no|\")",
    "secret": r"\b(?:secret|passcode|access code|access granted|hidden (?:word|instructions?|prompt)|credentials?)\b"
    r"|\b(?:the|your|what is the) password\b",
    "turn": r"[.!?] {0,2}(?:now|instead|anyway|stop|wait|okay|thanks?|great|good|well done|perfect|nice|forget|"
    r"ignore)\b[^.!?\n]{0,120}"
    r"\b(?:you|your|write|tell|say|give|answer|forget|ignore|print|show|explain|help)\b",
    "frame": r"\b(?:imagine|pretend|suppose|hypothetical\w*|fiction\w*|novel(?:ist)?|screenplay|script(?:writer)?|"
    "(?:short )?story|"
    r"character|villain|role-?play\w*|scenario|scene|dialogue|monologue|in a world|alternate|dystopian|game|movie|"
    r"film|play the role|"
    r"act as|you are an?|as an? \w{3,14}(?:,| who| with)|for (?:educational|research|training) purposes|"
    r"penetration test\w*|red team\w*|historian|professor|researcher)\b",
    "harm": r"\b(?:bombs?|explosives?|malware|ransomware|keyloggers?|virus(?:es)? (?:that|to)|trojan|phishing|"
    r"hack(?:s|ing)? into|ddos|exploit\w* (?:a|the)|"
    r"launder\w*|counterfeit\w*|embezzl\w*|fraud\w*|scams?|ponzi|blackmail\w*|extort\w*|bribe\w*|forg(?:e|ed|ing) "
    r"(?:a |documents?|signatures?)|"
    r"steal(?:s|ing)?|burglar\w*|break(?:ing)? into|lock ?pick\w*|kidnap\w*|murder\w*|assassinat\w*|kill (?:a|the|"
    r"him|her|some|people|my|someone)|poison(?:s|ing)? (?:a|the|someone|people|him|her)|"
    r"tortur\w*|rap(?:e|ing|ist)|child (?:porn\w*|abuse)|meth(?:amphetamine)?|cocaine|heroin|fentanyl|drugs? "
    r"(?:lab|deal\w*|traffic\w*)|traffick\w*|"
    r"weapons?|gun(?:s| powder)?|silencer|nerve agent|anthrax|bioweapons?|terroris[mt]s?|genocide|ethnic cleansing|"
    r"holocaust|racis[mt]|sexis[mt]|"
    r"white suprem\w*|slurs?|hate speech|harass\w*|stalk(?:s|ing)|bully\w*|dox\w*|suicide|self-harm|anorexi\w*|"
    r"eating disorder|starv\w+ (?:your|one)self|"
    r"disinformation|misinformation|fake news|conspirac\w*|propaganda|defam\w*|insider trading|evade (?:taxes|the "
    r"police|detection)|"
    r"identity theft|credit card numbers?|cheat (?:on|in)|plagiari\w*|pirated?|illegal\w*|undetect\w*|without "
    r"(?:getting|being) caught)\b",
    "demand": r"\b(?:step[- ]by[- ]step|detailed|in (?:great |vivid |full )?detail|explicit\w*|exact(?:ly)? (?:how|"
    r"steps|instructions)|precise\w*|"
    r"thorough\w*|comprehensive|specific (?:steps|instructions|methods|techniques)|complete (?:guide|instructions|"
    r"tutorial|code)|tutorial|instructions (?:on|for)|"
    r"how (?:to|they|he|she|exactly|you would))\b",
    "technical": r"\b(?:git|eslint|alembic|docker|npm|linux|bash|zsh|python|java\w*|sql|css|html|regex|api|json|"
    "yaml|code|script|function|"
    r"database|server|config\w*|commit|branch|file|folder|repo\w*|terminal|shell|compiler|linter|migrations?|"
    r"package|test|bug|error)\b",
    "about": r"\b(?:what (?:is|does|are|happens)|how (?:do|can|does|should)|explain|which|why|describe|define|when|"
    r"is it|can i)\b",
}
_FOUND = {name: Blind(pattern) for name, pattern in _PATTERNS.items()}
_SCREEN = Screen(
    _PATTERNS,
    (("reveal",), ("override", "free"), ("renounce", "forged", "quiet", "dictate", "loose", "turn")),
    loose=True,
)
#: What ``signs`` names; the head has a weight for each.
SIGNS = (
    *_PATTERNS,
    "several",
    "long",
    "about_alone",
    "frame_harm",
    "demand_harm",
    "persona_harm",
    "persona_free",
    "quiet_harm",
    "loose_plain",
)
#: Signs that by themselves attack.
ATTACKS = ("override", "renounce", "reveal", "forged", "free", "secret")


def view(text: str) -> str:
    """What the head reads of ``text``: its beginning and its end, white space folded, in lower case."""
    text = folded(text[: 4 * _HEAD] if len(text) <= 4 * _HEAD else f"{text[: 2 * _HEAD]}\n{text[-2 * _TAIL :]}")
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def signs(seen: str) -> dict[str, float]:
    """What a ``view`` shows of an attack, by name, each in [0, 1]."""
    found = _SCREEN.found(seen)
    shown = {name: float(name in found) for name in _FOUND}
    # People say "thanks, now do this" all day; beside another sign, a turn to a new demand tells something.
    shown["turn"] *= max(shown["loose"], shown["dictate"], shown["secret"], shown["reveal"])
    several = sum(shown[name] for name in ATTACKS)
    shown["several"] = min(1.0, several / 4)
    shown["long"] = min(1.0, len(seen) / 1_000)
    shown["about_alone"] = float(several <= 1 and "about" in found and bool(_FOUND["about"].match(seen)))
    framed = max(shown["frame"], shown["persona"])
    shown["frame_harm"] = framed * shown["harm"] * shown["demand"]
    shown["demand_harm"] = shown["demand"] * shown["harm"]
    shown["persona_harm"] = framed * shown["harm"]
    shown["persona_free"] = framed * max(shown["renounce"], shown["free"], shown["quiet"])
    shown["quiet_harm"] = shown["quiet"] * shown["harm"]
    shown["loose_plain"] = shown["loose"] * (1.0 - shown["technical"])
    return shown
