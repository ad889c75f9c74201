"""Attacks on a model's instructions in eight languages, as whole phrases. Pure.

The head of ``attempted`` was fitted on English, where a phrase helps it. What it makes of the letters of another
language says little, so a phrase decides there: an order to repeat what was given before the conversation, an order to
drop it, or a part without limits. It counts where somebody orders it, not where it is asked about.
"""

from __future__ import annotations

from scorers.reading.language import Language
from scorers.reading.text import Blind

_GERMAN = (
    r"\bneue (?:system)?anweisung:|"
    r"\b(?:wiederhol\w*|gib|geben sie|zeige?\w*|druck\w*|schreib\w*|kopier\w*|zitier\w*|"
    r"nenn\w*)\b[^.!?\n]{0,50}\b(?:alles|"
    r"text|wortlaut|anweisungen|vorgaben|systemprompt|prompt|instruktionen)\b[^.!?\n]{0,50}\b(?:über dieser|oberhalb|"
    r"wort für wort|wörtlich|im wortlaut|vor dieser|vor diesem gespräch|bekommen hast)\b|\b(?:ignorier\w*|"
    r"vergiss|missachte"
    r"\w*)\b[^.!?\n]{0,40}\b(?:anweisungen|regeln|vorgaben|richtlinien|befehle|bisher gesagt)\b|\b(?:du bist|"
    r"sei|spiel\w*|"
    r"antworte als|tu so)\b[^.!?\n]{0,90}\b(?:ohne (?:jede |alle )?(?:regeln|grenzen|filter|zensur|tabus|"
    r"einschränkungen)|"
    r"keine (?:regeln|grenzen|filter|tabus)|unzensiert\w*|niemals ab(?:lehnt|lehnst)|(?:alles|"
    r"jede frage) beantwort\w+)\b"
)
_FRENCH = (
    r"\bnouvelle (?:instruction|consigne)(?: du système)? ?:|"
    r"\b(?:répète|répétez|affiche|affichez|recopie|recopiez|montre|montrez|donne|donnez|imprime|"
    r"traduis)\b[^.!?\n]{0,50}"
    r"\b(?:instructions|consignes|prompt|texte|message)\b[^.!?\n]{0,40}\b(?:ci-dessus|au-dessus|initial\w*|"
    r"mot pour mot|"
    r"exacte?\w*|complet|complètes|système|internes?|caché\w*|secret\w*)\b|\b(?:ignore|ignorez|oublie|oubliez|fais "
    r"abstraction de)\b[^.!?\n]{0,30}\b(?:instructions|consignes|règles|directives|ce qu'on t'a)\b|\b(?:tu es|"
    r"vous êtes|"
    r"joue|incarne|réponds comme|fais comme si)\b[^.!?\n]{0,120}\b(?:sans (?:aucune? )?(?:censure|filtres?|"
    r"tabous?|limites?|"
    r"règles?|restrictions?)|aucune (?:limite|règle|restriction|censure)|non censuré\w*|ne refuse\w* (?:jamais|rien)|"
    r"zéro-?tabou)\b"
)
_SPANISH = (
    r"\bnueva instrucción(?: del sistema)?:|"
    r"\b(?:repite|repita|muestra|muéstrame|imprime|copia|dime|escribe|pégame|revela|enséñame|traduce)\b[^.!?\n]{0,50}"
    r"\b(?:instrucciones|prompt|texto|mensaje)\b[^.!?\n]{0,40}\b(?:original\w*|exact\w+|de arriba|literal\w*|"
    r"palabra por "
    r"palabra|inicial\w*|del sistema|secret\w+|ocult\w+)\b|\bcuáles son tus instrucciones\b|\b(?:ignora|ignore|olvida|"
    r"olvide|haz caso omiso de|no sigas)\b[^.!?\n]{0,30}\b(?:instrucciones|reglas|normas|directrices|lo que te|todo lo "
    r"anterior)\b|\b(?:eres|serás|actúa|responde como|finge|haz de)\b[^.!?\n]{0,120}\b(?:sin (?:cadenas|censura|"
    r"filtros?|"
    r"límites|reglas|restricciones|normas)|desbloquead[oa]|puede saltarse|sin censurar|nunca se niega|"
    r"no tiene (?:límites|"
    r"reglas|filtros))"
)
_PORTUGUESE = (
    r"\bnova instrução(?: do sistema)?:|"
    r"\b(?:repete|repita|mostra|mostre|imprime|imprima|copia|copie|diz|diga|escreve|escreva|revela|revele|"
    r"começa|comece|"
    r"completa)\b[^.!?\n]{0,60}\b(?:instruções|prompt|texto|mensagem)\b[^.!?\n]{0,50}\b(?:originais|original|"
    r"exat\w+|acima|"
    r"literal\w*|palavra por palavra|iniciais|inicial|do sistema|secret\w+|que te deram|que recebeu)\b|"
    r"\b(?:ignora|ignore|"
    r"esquece|esqueça|desconsidera|desconsidere)\b[^.!?\n]{0,30}\b(?:instruções|regras|normas|diretrizes|"
    r"o que te|tudo o que)"
    r"\b|\b(?:você é|tu és|agora és|agora é|aja como|finge|finja|"
    r"responde como)\b[^.!?\n]{0,120}\b(?:sem (?:censura|filtros?|"
    r"limites|regras|restrições|normas)|desbloquead[oa]|nunca (?:se )?recusa|não tem (?:limites|regras|filtros))"
)
_CHINESE = (
    r"(?:输出|打印|复述|重复|显示|展示|说出|告诉我|翻译)[^。！？\n]{0,20}(?:系统提示|提示词|最初的|"
    r"原始的?指令|全部指令|初始指令|"
    r"上面的(?:所有)?(?:内容|文字)|设定内容)|(?:忽略|无视|忘记|忘掉|不用管|不要遵守)[^。！？\n]{0,14}(?:指令|"
    r"指示|规则|规定|"
    r"要求|设定)|(?:规则|指令|限制|设定)(?:全部|一律|都)?(?:作废|失效|解除|取消)|(?:扮演|你(?:现在)?是|"
    r"从现在起)[^\n]{0,60}"
    r"(?:不受[^。\n]{0,16}(?:约束|限制|束缚)|没有(?:任何)?(?:限制|规则|约束|道德)|无限制|从不拒绝|不(?:许|准|"
    r"能)(?:说不|拒绝))"
)
_JAPANESE = (
    r"(?:最初|与えられた|設定|システム|内部|隠された)[^。！？\n]{0,14}(?:指示|プロンプト|命令|"
    r"文章)[^。！？\n]{0,14}(?:全文|出力|表示|"
    r"見せ|教え|書き出|コピー)|(?:これまで|以前|上記|今まで)[^。\n]{0,10}(?:指示|ルール|"
    r"命令)[^。\n]{0,10}(?:無視|忘れ|従わない)|"
    r"(?:指示|ルール|規則|命令)(?:を|は)(?:すべて|全て|全部)?(?:無視し|忘れ)|(?:モード|キャラ|AI|人格|になって|"
    r"として)[^\n]{0,60}"
    r"(?:フィルター|制限|規制|倫理|検閲)[^。\n]{0,10}(?:解除|無効|なし|なく|ない)|何でも答える義務|決して断ら|"
    r"(?:フィルター|制限|検閲)(?:は|を)?(?:解除|無効)"
)
_ARABIC = (
    r"(?:انسخ|اطبع|اعرض|كرر|أظهر|اكتب|ترجم)[^.!؟\n]{0,30}(?:النص|التعليمات|تعليماتك|الموجه)[^.!؟\n]{0,40}(?:قبل|أعلاه|"
    r"السابق|حرفي|الأصلي|النظام|كما هي)|(?:تجاهل|انس)[^.!؟\n]{0,20}(?:التعليمات|تعليمات|القواعد|قواعد|ما قيل)|"
    r"(?:أنت|أنك|"
    r"تخيل|تظاهر|تقمص|العب)[^.!؟\n]{0,80}(?:كسر كل|بلا (?:قيود|رقابة|حدود|قواعد)|بدون (?:قيود|رقابة|حدود)|"
    r"لا يرفض|غير مقيد)"
)
_ENGLISH = (
    r"\b(?:developer|debug|god|jailbreak|unrestricted|sudo|evil) mode\b[^\n]{0,90}\byou (?:output|answer|never|"
    r"must|will|can|are|"
    r"have)\b|\b(?:system|admin(?:istrator)?|security) (?:update|override|"
    r"notice)\s?:[^\n]{0,140}\b(?:restrictions?|rules?|"
    r"limits?|filters?|instructions?|new role)\b|\b(?:decode|decrypt|unscramble)\b[^.!?\n]{0,60}\b(?:do|follow|"
    r"execute|carry "
    r"out|obey) what it (?:says|tells)\b|\beven if (?:your|the) (?:guidelines|rules|policy|policies|"
    r"instructions) (?:say|tell|"
    r"forbid)|\byour (?:rules?|instructions|guidelines)\b[^.!?\n]{0,60}\bforget (?:about )?(?:them|it|those)\b|"
    r"\bpretend "
    r"(?:there (?:never )?(?:was|is|are|were) (?:never |no )?(?:a |any )?|you have no )(?:rules?|limits|"
    r"restrictions|guidelines)"
    r"\b|\bread me (?:yours|your (?:configuration|instructions|prompt))\b[^\n]{0,60}|\byour (?:content )?filters? "
    r"(?:doesn't|don't|won't|does not|will not) (?:notice|catch|detect|see)\b|\boverride code\b[^\n]{0,80}\b(?:rules|"
    r"unrestricted|restrictions|instructions)\b|\b(?:act|respond|answer|speak)\b[^.!?\n]{0,60}\b(?:unrestricted|"
    r"uncensored|"
    r"unfiltered) (?:model|ai|assistant|bot|version)\b|\b(?:translate|summari[sz]e|repeat|print|recite|show|"
    r"reveal) your "
    r"(?:initial|original|system|hidden|full|secret) (?:instructions|prompt|message|configuration)\b"
    r"|\b(?:you are|you're|you will be|act as|respond as|answer as|pretend (?:to be|you)|become|play|from now on)\b"
    r"[^.!?\n]{0,90}\b(?:do anything now|never refus\w+|never says? no|(?:without|no|free (?:of|from)|ignores?) "
    r"(?:any |all |your |its )?(?:ethical |moral |content )?(?:rules|restrictions?|limits|limitations|filters?|"
    r"censorship|guidelines|safeguards|boundaries)|uncensored|unfiltered|amoral)\b"
)
_PATTERNS = {
    Language.ENGLISH: Blind(_ENGLISH),
    Language.GERMAN: Blind(_GERMAN),
    Language.FRENCH: Blind(_FRENCH),
    Language.SPANISH: Blind(_SPANISH),
    Language.PORTUGUESE: Blind(_PORTUGUESE),
    Language.CHINESE: Blind(_CHINESE),
    Language.JAPANESE: Blind(_JAPANESE),
    Language.ARABIC: Blind(_ARABIC),
}
#: Somebody asks about it, or speaks of data.
_ABOUT = Blind(
    r"^\W{0,4}(?:what (?:is|are|does)|how (?:do|does|can|to|would)|why (?:is|do)|explain|write an? (?:article|"
    r"essay|post|"
    r"guide|summary)|was (?:ist|bedeutet)|wie (?:kann|schütz|funktionier)|qu'est-ce|comment (?:se protéger|"
    r"fonctionne)|qué es|"
    r"cómo (?:protejo|funciona|evit)|o que é|como (?:proteger|funciona|evitar)|什么是|如何(?:防|避免)|怎么防|"
    r"[^。\n]{0,30}とは|"
    r"ما هو|ما هي|كيف أحمي)"
)


def plain_attack(text: str, language: Language | None) -> str:
    """What of ``text`` attacks, in a language that is supported; empty when nothing does. ``text``: a ``view``."""
    pattern = _PATTERNS.get(language) if language is not None else None
    if pattern is None or _ABOUT.search(text):
        return ""
    found = pattern.search(text)
    return found[0] if found else ""
