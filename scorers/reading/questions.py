"""Questions to the user in seven languages beside English: requests for something that is missing, and offers. Pure.

A request names what is needed, or asks which of several things is meant. An offer ("shall I ...?", "anything else?")
asks for nothing that the answer needs.
"""

from __future__ import annotations

import re

from scorers.reading.language import Language
from scorers.reading.text import Blind

#: A sentence that asks, by its mark; in Japanese also by its last word.
ASKING = re.compile("(?:[?\uff1f\u061f]|(?:ですか|ますか|でしょうか|ませんか)[。.]?)[\\W]{0,4}$")

#: Whatever else the sentence looks like, it asks for what is needed.
REQUESTS = {
    Language.GERMAN: Blind(
        r"\b(?:könn(?:t)?est du|kannst du|könn(?:t)?en sie|würden sie|würdest du)\b[^.!?\n]{0,80}\b(?:nennen|sagen|"
        r"angeben|mitteilen|schicken|senden|teilen|präzisieren|erläutern|beschreiben|hochladen|einfügen|bestätigen|"
        r"eingrenzen|verraten)\b"
        r"|\b(?:bitte (?:nenne\w*|sage\w*|gib|geben|teile\w*|schicke\w*|senden|beschreib\w*|lade\w*|füge\w*|"
        r"bestätige\w*)|(?:nenne\w*|sage\w*|gib|geben|schicke\w*|teile\w*|lade\w*|beschreib\w*) (?:mir|uns|"
        r"sie (?:mir|uns|bitte))|(?:ich brauche|ich benötige|brauche ich|benötige ich) (?:noch|dafür|dazu|zuerst|"
        r"ihre|deine|mehr|weitere|einige|"
        r"ein paar|genauere))\b"
        r"|\b(?:meinst du|meinen sie|meintest du|geht es (?:dir|ihnen) um|beziehst du dich|beziehen sie sich)\b"
    ),
    Language.FRENCH: Blind(
        r"\b(?:pou(?:rr|v)(?:iez|ez|ais)|peux|pourrais|voulez|veuillez|merci de)\b[^.!?\n]{0,30}\b(?:préciser|"
        r"indiquer|m'indiquer|me dire|dire|donner|fournir|envoyer|partager|confirmer|décrire|joindre|coller|"
        r"communiquer|nommer)\b"
        r"|\b(?:précisez|indiquez|dites|donnez|envoyez|dis|donne|envoie|précise|indique)(?:-| )(?:moi|nous|"
        r"les|votre|ton|ta)\b|\bj'(?:ai|aurais) (?:encore )?besoin (?:de|d')"
        r"|\b(?:voulez-vous dire|veux-tu dire|parlez-vous d|parles-tu d|s'agit-il|faites-vous référence|"
        r"cherchez-vous|cherches-tu)"
    ),
    Language.SPANISH: Blind(
        r"\b(?:pod(?:r)?[ií]as?|puede|puedes|podría|podrías)\b[^.!?\n]{0,30}\b(?:decirme|decir|indicarme|indicar|"
        r"especificar|darme|dar|proporcionar\w*|enviarme|enviar|compartir|confirmar\w*|describir|aclarar\w*|"
        r"adjuntar|pegar|facilitar\w*|concretar)\b"
        r"|\b(?:por favor,? )?(?:dime|dígame|indíqueme|indícame|envíame|envíeme|especifica|especifique|aclara|"
        r"aclare|facilíteme|proporcióname)\b|\b(?:necesito|necesitaría|me hace falta|me falta) (?:saber|más|el|la|"
        r"los|las|tu|su|que|conocer|un|una)\b"
        r"|\b(?:te refieres|se refiere|quieres decir|quiere decir|hablas de|habla de)\b"
    ),
    Language.PORTUGUESE: Blind(
        r"\b(?:pod(?:e|es|eria|erias)|poderia|consegue)\b[^.!?\n]{0,30}\b(?:dizer-me|me dizer|dizer|informar|"
        r"indicar|especificar|dar-me|me dar|fornecer|enviar|compartilhar|partilhar|confirmar|descrever|esclarecer|"
        r"anexar|colar|detalhar)\b"
        r"|\b(?:por favor,? )?(?:me diga|diga-me|informe(?!-se)|indique|me envie|envie-me|especifique|esclareça|"
        r"me conte)\b|\b(?:preciso|precisaria) (?:de |saber |do |da |que )(?:mais|saber|seu|sua|algumas?|um|uma|"
        r"você|o|a)?"
        r"|\b(?:você quer dizer|quer dizer|se refere|refere-se|está falando de|está a falar de|você está procurando)\b"
    ),
    Language.CHINESE: Blind(
        r"(?:请|麻烦您?|能否|能不能|可以|可否|方便)[^。！？\n]{0,8}(?:告诉|告知|提供|说明|补充|发(?:给|送|一下|来)|"
        r"描述|确认|上传|粘贴|指明|明确|详细|具体说)|(?:您|你)(?:是指|指的是|说的是|是想|想(?:要|问)的是)|"
        r"我(?:还)?需要(?:知道|了解|更多|您|你)"
    ),
    Language.JAPANESE: Blind(
        r"(?:教えて|お教え|お知らせ|お聞かせ|ご提示|ご記入|送って|お送り|ご指定|指定して|ご確認|共有して|ご共有|"
        r"貼り付けて|お伝え|具体的に|詳しく)[^。！？\n]{0,12}(?:ください|下さい|いただけ|もらえ|くださ|願い)|"
        r"(?:とは|のこと|という意味)[^。\n]{0,8}(?:でしょうか|ですか)|必要です(?:ので|。)?[^。\n]{0,10}(?:教え|"
        r"お知らせ)"
    ),
    Language.ARABIC: Blind(
        r"(?:هل يمكنك|هل بإمكانك|هل تستطيع|يرجى|من فضلك|أرجو|رجاء)[^.!؟\n]{0,20}(?:إخباري|تخبرني|تحديد|توضيح|"
        r"تزويدي|إرسال|ذكر|أن تذكر|مشاركة|تأكيد|وصف|إرفاق|التوضيح|إعطائي|أن ترسل|أن تحدد|أن توضح|أخبرني)|"
        r"هل (?:تقصد|تعني|تتحدث عن)|أحتاج (?:إلى )?(?:معرفة|معلومات|مزيد|رقم|اسم)|أخبرني"
    ),
}

#: Asks for nothing that the answer needs.
OFFERS = Blind(
    r"\b(?:soll(?:en)? (?:ich|wir)|darf ich|kann ich (?:sonst|noch|dir|ihnen|euch)|(?:womit|wie|wobei) kann ich|"
    r"möchtest du,? dass|möchten sie,? dass|noch etwas|sonst noch|weitere fragen|wie geht|alles klar|passt das|"
    r"hilft (?:dir|ihnen) das|"
    r"(?:puis|peux|pouvons|dois)-?(?: )?(?:je|nous)|(?:en quoi|comment) puis|voulez-vous que|veux-tu que|"
    r"souhaitez-vous que|autre chose|d'autres questions|ça va|comment allez|cela vous|souhaitez-vous (?:aussi|"
    r"également)|veux-tu (?:aussi|également)|"
    r"(?:puedo|podemos) (?:ayud\w+|hacer)|"
    r"en qué (?:te |le |puedo)|algo más|te preparo|te hago|te cuento|te paso|alguna otra|cómo estás?|cómo está|"
    r"te parece|le parece|"
    r"(?:quer|queres|deseja|gostaria) que|(?:posso|podemos) ajud\w+|(?:em que|como) posso|mais alguma|algo mais|"
    r"alguma outra|tudo bem|como vai|o que acha)\b"
    r"|(?:^|[\u00bf,;] ?)\W{0,3}(?:quieres|quiere|desea|deseas|te gustaría|le gustaría) que\b|\bça (?:vous|"
    r"te) (?:tente|dit)\b"
    r"|(?:需要我|要我|要不要我|我可以帮|还有(?:什么|别的|其他)|有什么可以帮|有什么(?:我)?能帮|您好吗|怎么样[?？]$|"
    r"可以吗[?？]$|好吗[?？]$)|(?:ましょうか|他に|ほかに|お手伝いできること|いかがでしょうか|いかがですか|お元気|"
    r"しょうか[?？]?$(?<!でしょうか[?？])(?<!でしょうか))"
    r"|(?:هل (?:تريد|ترغب|تود)(?: مني)? أن أ|كيف (?:يمكنني|أستطيع|حالك)|هل (?:أستطيع|يمكنني|أساعدك)|شيء آخر|"
    r"بماذا أساعدك|أسئلة أخرى)"
)
#: What was asked for is a text, which may hold questions of its own.
WANTS_TEXT = Blind(
    r"\b(?:schreib\w*|verfass\w*|übersetz\w*|erstell\w*|formulier\w*|écri\w+|rédig\w+|tradui\w*|invente\w*|escrib\w+|"
    r"redact\w+|traduc\w+|inventa\w*|escrev\w+|redij\w+|"
    r"traduz\w*|translate|write)\b|写|翻译|编|書いて|訳して|翻訳|اكتب|"
    r"ترجم|أنشئ"
)
#: What was asked for is a translation, which may be a question as a whole.
WANTS_TRANSLATION = Blind(r"\b(?:übersetz\w*|tradui\w*|traduc\w+|traduz\w*|translate)\b|翻译|译|訳して|翻訳|ترجم")
#: What was asked for is questions, riddles, or a part in a scene.
WANTS_QUESTIONS = Blind(
    r"\b(?:\d{1,2}|zwei|drei|vier|fünf|zehn|ein paar|einige|deux|trois|quatre|cinq|dix|quelques|dos|tres|cuatro|cinco|"
    r"diez|algunas|duas|três|quatro|dez|algumas|crie|faça|erstelle\w*|prépare\w*) (?:\w{1,14} )?(?:fragen|questions|"
    r"preguntas|perguntas)\b|\b(?:schreib|formulier|entwirf|écri|rédig|invent|génèr|escrib|redact|crea|gener|"
    r"elabor|escrev|cri[ea]|ger[ae]|prepar)\w{0,4} (?:\w{1,14} ){0,3}(?:\w{0,10}fragen|questions|preguntas|perguntas)\b"
    r"|\b(?:fragebogen|questionnaire|cuestionario|questionário|quiz\w*|rätsel|devinettes?|"
    r"adivinanzas?|adivinhas?|enigme|énigme|vorstellungsgespräch|bewerbungsgespräch|entretien d'embauche|"
    r"entrevista de)\b|"
    r"\b(?:tu so, als|spiel\w* (?:den|die|das|einen|eine|mal)|rollenspiel|joue\w* (?:le rôle|un|une)|jeu de rôle|"
    r"haz de|"
    r"hagamos un juego|actúa como|finge que|faz de conta|imagina que eres|aja como|simul\w{1,6})\b|"
    r"出[^。\n]{0,12}题|(?:个|几个|些)[^。\n]{0,8}问题|谜语|面试|你来(?:当|"
    r"扮演)|扮演|角色|(?:つ|個|問)[^。\n]{0,8}(?:質問|問題)|"
    r"質問を|面接|出题|問題を|クイズ|なぞなぞ|(?:役|員|先生|客)になって|ロールプレイ|أسئلة|"
    r"سؤال عن|لغز|تقمص|مثّ?ل دور|العب دور"
)
#: What the next sentence may do with a question that is meant: say how to answer it.
SUPPORTS = Blind(
    r"\b(?:pég\w+|pega\w*|env[ií]a\w*|mánda\w*|manda\w*|escríb\w+|cole|cola|colle\w*|envoie\w*|envoyez|schick\w*|"
    r"füg\w*|"
    r"kopier\w*|schreib\w*|nenn\w*|envie|mande|escreva|"
    r"copia\w*|copie\w*)\b|贴|发给|发一下|告诉我|送って|貼|教えて|اكتب|أرسل|"
    r"انسخ|الصق"
)
#: "If you have a question, tell me": nothing is needed for the answer.
CONDITIONAL = Blind(
    r"\b(?:wenn|falls|sollten? (?:sie|du)|bei fragen|si|en cas|n'hésitez|n'hésite|en cualquier caso|no dudes?|se|caso|"
    r"qualquer dúvida|fique à vontade)\b|如果|如有|若|有(?:什么|"
    r"任何)?(?:问题|需要)|もし|ございましたら|ありましたら|場合は|إذا|إن كان|"
    r"في حال"
)
