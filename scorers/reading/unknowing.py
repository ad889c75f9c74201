"""Sentences that say that the answerer does not know, in seven languages beside English. Pure.

Not knowing, not finding, never having heard of it, no record of it, no data after a date, and names that seem not to
exist. What others do not know does not count.
"""

from __future__ import annotations

from scorers.reading.language import Language
from scorers.reading.text import Blind

_GERMAN = (
    r"\b(?:habe|haben|finde|finden|kenne) (?:ich|wir)\b[^.!?\n]{0,20}\b(?:kein\w{0,2}|nichts)\b|"
    r"\bniemand\b[^.!?\n]{0,30}\bwissen\b|\b(?:weiß|kennt) (?:niemand|keiner)\b|\bniemand (?:\w{1,12} )?(?:weiß|"
    r"kennt)\b|"
    r"\b(?:ich|wir) (?:\w{1,14} ){0,3}?(?:weiß|wissen|kenne|kennen|finde|finden|habe|haben|konnte|konnten|kann|"
    r"können|bin|sind)\b[^.!?\n]{0,70}"
    r"\b(?:nicht(?:s)?|kein\w{0,2})\b[^.!?\n]{0,40}\b(?:informationen|angaben|daten|belege?|hinweise?|nachweise?|"
    r"kenntnis\w{0,3}|zugriff|zugang|eintr[aä]ge?|"
    r"finden|gefunden|sagen|bekannt|vertraut|bestätigen|beurteilen|wissen|erkennen|ermitteln|beantworten|sicher|"
    r"gehört|ahnung|name\w*)\b"
    r"|\b(?:das |dies )?(?:weiß|kenne) ich\b[^.!?\n]{0,30}\b(?:nicht|kein\w{0,2})\b|\bich (?:weiß|"
    r"kenne)\b[^.!?\n]{0,50}\b(?:nicht|kein\w{0,2})\b"
    r"|\b(?:ist|sind|war|sagt) mir\b[^.!?\n]{0,30}\b(?:nicht|unbekannt|nichts)\b|\bmir (?:ist|sind|"
    r"liegen)\b[^.!?\n]{0,60}\b(?:nicht|kein\w{0,2}|unbekannt)\b"
    r"|\b(?:es gibt|es existier\w+|es liegen|es finden sich|dazu gibt es|"
    r"gibt es)\b[^.!?\n]{0,30}\bkein\w{0,2}\b[^.!?\n]{0,40}\b(?:informationen|angaben|belege?|hinweise?|"
    r"aufzeichnungen|nachweise?|einträge?|quellen?)\b|\b(?:text|dokument|quelle|unterlagen|kontext|artikel|"
    r"bericht)\w{0,3}\b[^.!?\n]{0,40}"
    r"\b(?:nicht (?:erwähnt|genannt|angegeben|hervor)|kein\w{0,2} (?:angaben?|informationen|hinweise?|auskunft)|"
    r"nichts)\b"
    r"|\bscheint (?:es )?(?:nicht|kein\w{0,2})\b[^.!?\n]{0,40}\b(?:geben|existieren|bekannt)|\bkeine ahnung\b|"
    r"\bunbekannt\b"
    r"|\bnoch nie (?:von|etwas)\b[^.!?\n]{0,40}\bgehört\b|\b(?:mein wissens?stand|meine? (?:kenntnisse|"
    r"trainingsdaten))\b"
    r"|\bliegen (?:mir|uns)\b[^.!?\n]{0,40}\b(?:kein\w{0,2}|nicht)\b|\bgeht\b[^.!?\n]{0,60}\bnicht hervor\b|\b(?:lässt|"
    r"lassen) sich\b[^.!?\n]{0,50}\bnicht (?:ermitteln|sagen|feststellen|entnehmen|erkennen|bestimmen|beantworten)\b|"
    r"\b(?:tabelle|liste|daten|auszug|protokoll|mail|"
    r"notiz)\w{0,2}\b[^.!?\n]{0,40}\b(?:nicht (?:erwähnt|genannt|angegeben|"
    r"enthalten)|kein\w{0,2} (?:angaben?|informationen|hinweise?|auskunft)|nichts)\b"
)
_FRENCH = (
    r"\b(?:personne|nul) ne (?:\w{1,4} )?(?:sait|peut (?:le )?(?:savoir|dire|prédire)|connaît)\b|"
    r"\b(?:je|nous) (?:ne |n')(?:\w{1,3} )?(?:sais|savons|connais|connaissons|trouve|trouvons|ai|avons|dispose|"
    r"disposons|peux|pouvons|suis|parviens)\b[^.!?\n]{0,16}\b(?:pas|rien|aucune?|jamais)\b"
    r"(?![^.!?\n]{0,30}\b(?:aider|faire|fournir|accéder à cette demande|répondre à cette|rédiger|écrire|partager|"
    r"communiquer)\b)"
    r"|\b(?:je|nous) (?:ne |n')(?:ai|avons) (?:pas |rien )?(?:trouvé|pu trouver)\b|\bje ne trouve\b|\b(?:je n'ai|"
    r"nous n'avons) (?:pas |aucune |jamais )"
    r"|\b(?:il n'y a|il n'existe|on ne trouve)\b[^.!?\n]{0,20}\b(?:aucune?|"
    r"pas d[e'])\b[^.!?\n]{0,30}\b(?:information|trace|mention|donnée|preuve|source|indication|référence)"
    r"|\b(?:texte|document|source|contexte|article|passage)s?\b[^.!?\n]{0,20}\b(?:ne|"
    r"n')\b[^.!?\n]{0,30}\b(?:mentionne|précise|indique|dit|contient|donne)\w{0,3} (?:pas|rien|aucun)"
    r"|\b(?:ne semble pas|ne paraît pas) (?:exister|être)\b|\bm'est inconnue?\b|\baucune idée\b|\bne me dit rien\b|"
    r"\binconnu\w{0,2} (?:de moi|à ce jour)\b"
    r"|\b(?:mes connaissances|mes données|ma dernière mise à jour)\b"
    r"|\b(?:ne figure(?:nt)?|n'apparaît|n'apparaissent|n'est|ne sont) pas\b[^.!?\n]{0,12}\b(?:dans|"
    r"mentionné|indiqué|précisé|"
    r"fourni|disponible dans)\w{0,3}\b|\bimpossible de (?:le |la |les )?(?:savoir|dire|déterminer|"
    r"deviner|préciser|connaître)\b|"
    r"\b(?:tableau|rapport|liste|données|extrait|compte rendu|fichier|"
    r"message)s?\b[^.!?\n]{0,20}\b(?:ne|n')\b[^.!?\n]{0,30}"
    r"\b(?:mentionne|précise|indique|dit|contient|donne|comporte|inclu)\w{0,4} (?:pas|rien|aucun)"
)
_SPANISH = (
    r"\bnadie (?:lo )?(?:sabe|puede saber\w*|conoce)\b|\bes imposible saber\b|"
    r"\b(?:no|tampoco) (?:lo |la |los |le )?(?:sé|sabemos|conozco|conocemos|encuentro|encontré|encontramos|tengo|"
    r"tenemos|dispongo|disponemos|recuerdo|he (?:encontrado|oído|podido encontrar)|pude encontrar|"
    r"puedo (?:encontrar|"
    r"confirmar|verificar|saber|determinar|decir (?:con|si|cuál|qué|quién|cuándo))|estoy segur[oa]|"
    r"estoy familiarizad[oa]|me (?:suena|consta))\b"
    r"(?![^.!?\n]{0,12}\b(?:permitido|autorización|permiso)\b)|\b(?:no (?:hay|existe|existen|se encuentra|aparece)|"
    r"sin)\b[^.!?\n]{0,30}\b(?:información|registros?|datos|constancia|referencias?|evidencia|menci[oó]n\w*)\b"
    r"|\b(?:texto|documento|fuente|contexto|artículo|pasaje)s?\b[^.!?\n]{0,16}\bno\b[^.!?\n]{0,20}\b(?:menciona|"
    r"indica|especifica|dice|contiene|aclara|da)\w{0,2}\b"
    r"|\bno (?:parece|parecen) (?:existir|ser)\b|\bni idea\b|\bdesconozco\b|\bse desconoce\b|\bnunca he oído\b|"
    r"\b(?:mis conocimientos|mi conocimiento|mis datos|mi última actualización)\b"
    r"|\b(?:tabla|informe|lista|datos|extracto|acta|correo|mensaje|texto|"
    r"documento)\w{0,2}\b[^.!?\n]{0,16}\bno\b[^.!?\n]{0,12}"
    r"\b(?:recoge|incluye|figura|consta|aparece|detalla|menciona|indica|dice)\w{0,1}\b|"
    r"\bno (?:es posible|se puede|hay forma de|"
    r"hay manera de) (?:saber|determinar|deducir|concluir|averiguar)\w{0,3}\b"
)
_PORTUGUESE = (
    r"\bninguém (?:o )?(?:sabe|pode (?:saber|prever)|conhece)\b|\bé impossível saber\b|"
    r"\bnão (?:o |a )?(?:sei|sabemos|conheço|conhecemos|encontro|encontrei|encontramos|tenho|temos|disponho|"
    r"me lembro|lembro|ouvi falar|consegui encontrar|consigo (?:encontrar|confirmar|verificar|dizer|saber)|"
    r"posso (?:confirmar|"
    r"verificar|determinar|dizer (?:com|se|qual|quem|quando))|estou (?:certo|certa|familiarizad[oa])|"
    r"tenho certeza)\b(?![^.!?\n]{0,12}\b(?:permissão|autorização)\b)"
    r"|\b(?:não (?:há|existe|existem|consta|constam|se encontra)|sem)\b[^.!?\n]{0,30}\b(?:informaç\w+|registros?|"
    r"registos?|dados|referências?|evidências?|menç\w+)\b"
    r"|\b(?:texto|documento|fonte|contexto|artigo|trecho)s?\b[^.!?\n]{0,16}\bnão\b[^.!?\n]{0,20}\b(?:menciona|"
    r"indica|especifica|diz|contém|informa|dá)\w{0,2}\b"
    r"|\bnão (?:parece|parecem) (?:existir|ser)\b|\b(?:desconheço|desconhece-se)\b|\bnunca ouvi\b|"
    r"\bnão faço ideia\b|\b(?:meu conhecimento|meus conhecimentos|meus dados|minha última atualização)\b"
    r"|\b(?:relatório|tabela|lista|dados|extrato|ata|e-?mail|mensagem|texto|"
    r"documento)s?\b[^.!?\n]{0,16}\bnão\b[^.!?\n]{0,12}"
    r"\b(?:informam?|traz(?:em)?|inclu(?:i|em)|consta|constam|detalha|menciona|indica|diz)\b|"
    r"\bnão (?:é possível|dá para|dá pra|"
    r"se pode|há como) (?:saber|determinar|dizer|deduzir|concluir)\b"
)
_CHINESE = (
    r"(?:没有人|没人|谁也|无人)[^。！？\n]{0,6}(?:知道|能知|清楚|预测)|"
    r"(?:我|我们|本人|目前|暂时|抱歉|文中|文档|资料|原文|上下文|数据库)[^。！？\n]{0,14}(?:不知道|不清楚|不了解|"
    r"不熟悉|不确定|没(?:有)?(?:找到|查到|听说过|听过|见过|相关|关于|任何|足够|提到|提及|说明)|找不到|查不到|"
    r"无法(?:确认|核实|确定|判断|得知|查到|找到)|"
    r"并未(?:提及|提到|说明)|未(?:找到|能找到|查到|提及|提到|说明|提供))|^(?:不知道|不清楚|不详|未知|查无)|"
    r"没有[^。！？\n]{0,10}(?:任何|相关|可靠|公开)[^。！？\n]{0,6}(?:信息|资料|记录|数据|证据)"
    r"|(?:似乎|好像|可能|应该)(?:并)?不存在|(?:我的)?(?:知识|训练数据|资料)(?:截止|更新|只到)|无从得知|尚不(?:清楚|"
    r"明确)"
    r"|(?:表|表格|名单|记录|报告|材料|文件|邮件|数据)(?:里|中|上)?[^。！？\n]{0,12}(?:没有|未|并无|"
    r"只有)[^。！？\n]{0,20}(?:无法|不能|没有|看不出)|"
    r"(?:无法|不能|难以)(?:得知|知道|判断|推断|看出)|看不出"
)
_JAPANESE = (
    r"誰(?:に)?も[^。\n]{0,6}(?:わかりません|分かりません|知りません|知らない)|"
    r"(?:わかりません|分かりません|わかりかねます|分かりかねます|存じません|存じ上げません|知りません|把握し(?:て|"
    r"ており)(?:い)?ません|聞いたことが(?:ありません|ない)|見つかりません|見つけられません|見当たりません|"
    r"確認できません|"
    r"確認できませんでした|特定できません|不明です|不明である|情報(?:は|が)(?:ありません|ございません|見つかり|"
    r"不足)|記録(?:は|が)(?:ありません|ございません|見つかり|見当たり)|記載(?:は|が)?(?:ありません|されていません|"
    r"ございません)|"
    r"言及(?:は|が)?(?:ありません|されていません)|書かれていません|述べられていません|存在しない(?:よう|と思|"
    r"可能性)|実在しない|持ち合わせて(?:い|おり)ません|心当たりがありません|知識は[^。\n]{0,12}まで|判断できません|"
    r"お答えできる情報)"
    r"|(?:わから|分から|判ら)(?:ない|ん)(?:な|ね|よ|です|[。！🤔…ー]|$)|(?:わかり|"
    r"分かり)(?:かねます|ません)|(?:記載|記述|言及|情報)(?:が|は|も)?"
    r"(?:ありません|ない|見当たりません|されていません|含まれていません)|(?:読み取れ|判断でき|特定でき|確認でき)ません"
)
_ARABIC = (
    r"لا أحد (?:يعرف|يعلم|يستطيع أن يعرف|يمكنه معرفة)|"
    r"(?:لا (?:أعرف|أعلم|أدري|نعرف|نعلم|أملك|أمتلك|(?:تتوفر|يتوفر|توجد|يوجد)[^.!؟\n]{0,24}(?:معلوم|بيان|سجل|دليل|أدلة|"
    r"إشارة|ذكر|تفاصيل|مصدر|مصادر|إجابة|جواب)|أجد|أتذكر|علم لي|يمكنني (?:تأكيد|التأكد|"
    r"معرفة|تحديد)|أستطيع (?:تأكيد|التأكد|معرفة|تحديد|العثور))|لم (?:أجد|أعثر|أسمع|نجد|نعثر|يرد|يذكر|"
    r"أتمكن من العثور|أستطع العثور)|"
    r"ليس (?:لدي|لدينا|عندي)|ليست لدي|لست (?:متأكد|على علم|على دراية|مطلع)|غير (?:معروف|معلوم|مذكور)|"
    r"لا يبدو أن[^.!؟\n]{0,40}(?:موجود|حقيقي)|لا (?:يذكر|تذكر|يشير|تشير) (?:النص|الوثيقة|المستند|المصدر))"
    r"|(?:ما|لا) أدري|(?:لا|لم) (?:يذكر|تذكر|يرد|ترد|يتضمن|تتضمن|يحتوي|تحتوي|يوضح|توضح|يحدد|تحدد)|"
    r"لا يمكن (?:معرفة|تحديد|"
    r"استنتاج|الجزم)|غير (?:مذكور|معروف لدي|وارد)"
)
PATTERNS = {
    Language.GERMAN: Blind(_GERMAN),
    Language.FRENCH: Blind(_FRENCH),
    Language.SPANISH: Blind(_SPANISH),
    Language.PORTUGUESE: Blind(_PORTUGUESE),
    Language.CHINESE: Blind(_CHINESE),
    Language.JAPANESE: Blind(_JAPANESE),
    Language.ARABIC: Blind(_ARABIC),
}
#: Somebody else does not know; conditions; what is wished or proposed counts as no claim.
OTHERS = Blind(
    r"\b(?:er|sie|man|leute|forscher|viele|il|elle|ils|on|él|ella|ellos|ele|ela|eles) (?:sagt\w*|dit|disent|"
    r"dice\w*|dijo|diz|disse)\b"
    r"|\b(?:wenn sie|falls sie|si vous|si tu|si usted|si no|se você|se não)\b|如果您|如果你|他说|她说|彼は|彼女は|"
    r"もし|إذا كنت"
)
#: Behind it stands what is known all the same.
BUT = Blind(
    r", ?(?:aber|jedoch|sondern|mais|cependant|pero|sino|aunque|mas|porém|contudo)\b|但|不过|が、|けれど|、?ただし|"
    r"لكن|ولكن"
)
COURTEOUS = Blind(
    r"\?\W{0,3}$|？|؟|\b(?:bitte|könnten sie|können sie|vielleicht|möglicherweise|gerne|falls|wenn sie|es könnte|"
    r"leider|tut mir leid|"
    r"veuillez|pourriez-vous|peut-être|si vous|désolée?|je vous (?:conseille|recommande|invite)|"
    r"por favor|podrías?|podría|quizás?|tal vez|si (?:me|puedes|tienes|quieres)|lo siento|te recomiendo|"
    r"le recomiendo|puedes|puede (?:consultar|buscar)|"
    r"poderia|talvez|se (?:você|puder|tiver)|desculpe|recomendo|sugiro|pode (?:consultar|procurar))\b|请|建议|可能|"
    r"也许|抱歉|如果|ください|かもしれません|おすすめ|申し訳|يرجى|ربما|يمكنك|من فضلك|عذرا|آسف|إذا"
)
