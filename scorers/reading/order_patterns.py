"""What a unit of a document shows of an order: patterns by name, in English, in any case.

``document_instructions`` looks for them, and makes signs of them.
"""

from __future__ import annotations

_VERBS = (
    r"add|adopt|anagram|answer|append|apply|ask|augment|begin|blend|break|call|change|combine|compare|complete|compose|"
    r"consider|convert|craft|create|define|deliver|deploy|describe|design|develop|disregard|do|draft|employ|embed|"
    r"encode|"
    r"encourage|end|engage|enhance|ensure|execute|explain|finish|forget|format|forward|generate|give|group|help|ignore|"
    r"imagine|implement|include|incorporate|infuse|inject|insert|integrate|leave|list|make|mention|merge|misspell|"
    r"modify|"
    r"omit|outline|pretend|print|produce|promote|propose|provide|put|recommend|remind|remove|repeat|replace|reply|"
    r"respond|"
    r"return|reverse|rewrite|run|say|scramble|send|share|show|shuffle|spell|start|state|substitute|suggest|"
    r"summari[sz]e|swap|"
    r"take|teach|tease|tell|translate|turn|urge|use|utili[sz]e|warn|weave|write|"
    r"alter|avoid|bring|capitali[sz]e|close|conclude|delay|display|duplicate|enlist|enrich|express|fuse|go|"
    r"harmoni[sz]e|hint|"
    r"insist|interweave|introduce|invent|jumble|keep|let|link|lower|mask|meld|mix|mock|name|offer|phrase|place|"
    r"praise|prefix|"
    r"present|quote|rearrange|reduce|refer|refuse|reject|render|sign|sing|sprinkle|steer|stop|strip|suppress|talk|"
    r"trust|type"
)
_ACTIONS = (
    r"accept|add|approve|book|buy|call|cancel|change|copy|delete|disable|download|execute|export|forward|give|"
    r"grant|install|"
    r"mark|move|open|order|pay|post|raise|lower|extend|print|publish|purchase|rate|refund|remove|reset|run|"
    r"schedule|send|set|share|submit|"
    r"transfer|turn|unlock|update|upgrade|upload|visit|wire"
)
_LEAD = (
    r"\W{0,6}(?:(?:please|kindly|now|then|also|instead|first|finally|always|never|do not|don't|and|additionally|"
    r"important|note|"
    r"(?:who|which|what)ever\b[^,:!?\n]{1,60}|"
    r"(?:do not|don't) (?:hesitate|forget|fail) to|(?:be sure|make sure|feel free|remember|try) to|\w{4,12}ly|"
    r"system|stop|(?:when|once|if|before|as|while)\b[^,.!?\n]{1,60}|[\w ]{0,30}\b(?:ai|llm|assistant|model|agent|"
    r"bot)s?\b"
    r"[^:,.!?\n]{0,40}(?=[:,]))[,:]? ){0,3}"
)
#: Names of what reads documents by itself.
_MACHINE = (
    r"(?:ai|a\.i\.|llm|language model|assistant|chatbot|bot|robot|summari[sz]er|copilot|agent|model|"
    r"(?:automated|automatic|coding|software|ai|llm) (?:\w{1,12} )?(?:readers?|reviewers?|systems?|tools?|helpers?|"
    r"programs?|process(?:es|ing)?|parsers?))s?"
)
_KIND = (
    r"(?:(?:large|coding|code|automated|automatic|reading|reviewing|other|helpful|local|personal|virtual|digital|mail|"
    r"shopping|travel|research|search) )?"
)
#: The same when it is spoken to: programs of any kind, and names.
_HAILED = (
    r"(?:a\.?i\.?s?|llms?|assistants?|chatbots?|bots?|robots?|copilots?|agents?|models?|software|programs?|engines?|"
    r"tools?|machines?|systems?|crawlers?|scrapers?|parsers?|summari[sz]ers?|translators?|describers?|planners?|"
    r"classifiers?|helpers?|chatgpt|gpt|gemini|claude|siri|alexa|readers? made of numbers)"
)
PATTERNS = {
    "order": rf"{_LEAD}(?:{_VERBS}|{_ACTIONS})(?![\w-]| [(|-])",
    "asks": r"\W{0,6}(?:what|who|how|why|when|where|which|can you|could you|would you|do you|is|are|"
    r"does)\b[^?\n]{2,200}\?",
    "answer": r"\byour (?:\w{1,12} ){0,2}(?:answers?|repl(?:y|ies)|responses?|outputs?|summary|solution|codebase|"
    r"implementation|algorithm|completion)\b|\b(?:the|each|every|this|all)(?: \w{1,12})? (?:responses?|outputs?|"
    r"solution|"
    r"codebase|implementation|algorithm|completion)\b|\b(?:answer|reply|respond) (?:only|just) (?:in|with)\b",
    "code_block": r"\b(?:code (?:block|snippet|excerpt|section|segment|fragment|piece|below)|(?:following|subsequent|"
    r"next|below) (?:code|snippet|block|lines))\b",
    "machine": r"\b(?:ai|a\.i\.|assistants?|language models?|llms?|chatbots?|gpt|bots?|robots?|agents?|"
    "summari[sz]er|automated|"
    r"automatically|prompts?)\b|\b(?:to the model|(?:tell|inform|ask|urge|advise|show) the user|the user's "
    r"(?:question|request|"
    r"task|input)|(?:question|request|task|input) of the user|previous instructions)\b",
    "override": r"\b(?:ignore|disregard|forget|override|instead of|do not (?:answer|summari[sz]e)|"
    r"skip|stop reading|stop here)\b[^.!?\n]{0,40}\b(?:"
    r"instructions?|prompts?|questions?|tasks?|rules|user(?:'s)?|said|told|asked|everything|orders?|wanted)\b"
    r"|\bstop (?:reading )?here and\b|\bnew (?:instructions?|task|orders)\b",
    "secrecy": r"\b(?:do not|don't|never|without) (?:\w{1,12} ){0,2}(?:mention|mentioning|tell|telling|reveal|"
    "disclose|inform|"
    r"informing|notify|notifying|ask|asking|show|report)\b|\b(?:silently|secretly|unnoticed|to yourself|out of "
    r"your answer)\b",
    "action": rf"{_LEAD}(?:{_ACTIONS})(?![\w-])",
    "link": r"https?://|www\.|\b[\w-]{2,30}\.(?:com|net|org|xyz|example|io|info)\b|\b[\w.]{1,30}@\w",
    "promote": r"\b(?:recommend|suggest|encourage|promote|mention|advertise|highlight|emphasi[sz]|invit|remind|urg|"
    r"express|apprais|donat|subscrib|download|sign up)\w*",
    "me": r"\b(?:me|my|i)\b",
    "must": r"\b(?:must|should|shall|needs? to|have to|has to|are to|is to)\b",
    "to_people": r"\b(?:(?:to|at|from|with) (?:the |our |your )?(?:address|office|us|desk|editor|council|counter|"
    "staff|dealer|doctor|shop|"
    r"team|front)|by (?:post|phone|mail|e-mail|\w{3,6}day)|within \w{1,12} (?:days?|weeks?|months?)|call us|"
    r"contact us|overleaf|"
    r"enclosed|attached|in (?:capital|block) letters|this (?:form|field|e-?mail|message|letter|notice|page))\b",
    "told_machine": rf"\W{{0,6}}(?:(?:\w{{1,12}} )?(?:note|memo|message|notice|attention|instructions?|hint|reminder|"
    r"request|warning|important|system)s?:? )?(?:to |for )?(?:any |all |every |the |dear |hey |hi |whatever |"
    r"whichever |"
    rf"my )?{_KIND}{_MACHINE}\b[^.!?:\n']{{0,40}}?(?::|\b(?:must|should|shall|ha(?:s|ve) to|needs? to|"
    r"(?:is|are) (?:required|asked|instructed|told|ordered|to))\b)|\W{0,6}(?:(?:hey|dear|hi|hello|attention)[, ]"
    rf"(?:\w{{1,12}} )?)?{_MACHINE}(?: \w{{1,12}})?[,!] |\W{{0,6}}(?:if|when|once|whenever|as|should|in case)\b"
    rf"(?: you are| this is| it is| read| seen| processed| parsed| handled)*(?: by)? (?:any |all |the |an? )?{_KIND}"
    rf"{_MACHINE}\b[^.!?:,\n']{{0,40}}[,:] ",
    "machine_verb": rf"\W{{0,6}}(?:any |all |every |the )?{_KIND}{_MACHINE}\b[^.!?:\n']{{0,40}}?\b(?:must|should|shall|"
    r"ha(?:s|ve) to|(?:is|are) (?:required|asked|instructed|told|ordered) to) (?:now |also |first |always |kindly )?"
    rf"(?:{_VERBS}|{_ACTIONS}) ",
    "told_reader": r"\W{0,6}(?:if|when|once|whenever|before|after|while|as|instead of)\b (?:you(?:'ve| have)? )?"
    r"(?:\w{1,12} )?(?:summari[sz]|answer|repl|respond|process|pars|explain|read|review|translat|analy[sz])\w{1,4}"
    r"\b[^.!?:\n]{0,40}[,:] |\W{0,6}(?:who|which|what)ever (?:\w{1,12} ){0,3}(?:reads|parses|handles|processes|sees|"
    r"sorts|scans|summari[sz]es)\b",
    "forged": r"\W{0,6}(?:system|developer|administrator|admin|new task|new instructions?)\b ?:",
    "loot": r"\b(?:system prompt|credentials|passwords?|private keys?|api keys?|secrets?|access tokens?|back ?door|the "
    r"conversation|this conversation|conversation so far|(?:text|words) above|(?:your|these) (?:instructions|orders)|"
    r"without (?:checks|review|comments?|asking|further)|anything else|nothing else|all funds|administrators?|"
    r"(?:full|permanent|lasting|unlimited|write|admin) (?:access|rights))\b",
    "task": r"\W{0,6}(?:please |now |also |can you |could you )?(?:break down|calculate|compare|compose|convert|"
    "craft|create|define|"
    r"describe|design|develop|discuss|draft|explain|generate|give|illustrate|interpret|list|name|outline|produce|"
    r"provide|show|solve|"
    r"summari[sz]e|teach|tell|translate|write) (?:me )?(?:an?|the|how|what|why|some|two|three|four|five|about|'|\"|"
    r"\w+[a-z] of)\b",
    "deictic": r"\b(?:this|these|those|your|our|we|us|you|here|below|above|attached|enclosed|he|she|they|it)\b",
    "reads": r"\b(?:whatever|whichever|whoever|any|every|the|an?|those|your|for|to|by) (?:\w{1,14} ){0,3}?(?:ai|llms?|"
    r"models?|machines?|software|program(?:me)?s?|tools?|bots?|agents?|assistants?|scripts?|systems?|crawlers?|"
    r"summari[sz]ers?|translators?|readers?|scrapers?|pipelines?|copilots?|planners?)(?:,| (?:that|which|who|when|"
    r"kind))"
    r"(?: \w{1,12}){0,3}? (?:reads?|reading|process(?:es|ing)?|pars(?:es?|ing)|handles?|handling|drafts?|drafting|"
    r"compar(?:es?|ing)|"
    r"summari[sz](?:es?|ing)|translat(?:es?|ing)|sorts?|sorting|index(?:es|ing)?|scans?|scanning|answers?|answering|"
    r"sees?|"
    r"looks?|rates?|rank(?:s|ing)?|screens?|ingests?|analy[sz](?:es?|ing))\b|\bif (?:you are|you're|"
    r"this is being read by|"
    r"read by|processed by) (?:an? |any )?(?:\w{1,12} )?(?:ai|llm|language|bot|model|assistant|agent|machine|"
    r"automated)\b|"
    r"\b(?:ai|llm) (?:\w{1,12} )?(?:readers?|tools?|agents?|assistants?|systems?|models?|bots?|crawlers?|planners?|"
    r"reviewers?|"
    r"summari[sz]ers?|programmers?|processing|use|usage)\b|\b(?:automated|automatic|"
    r"machine) (?:\w{1,12} )?(?:readers?|reading|"
    r"processing|summar(?:y|ies)|contributors?|users?|use)\b",
    "hides": r"\b(?:need(?: not|n't)|(?:do|does|should|must|may|can|will|would)(?: not|n't)|never|no need to|without|"
    r"not to be) "
    r"(?:\w{1,12} ){0,3}?(?:mention\w*|announc\w*|say so|say that|tell\w*|point\w* (?:this|it|that) out|know|knows|"
    r"show\w*|log|"
    r"logged|quote[ds]?|refer\w*|discuss\w*|acknowledg\w*|explain\w*|comment\w*|disclos\w*|reveal\w*|bring\w* (?:it|"
    r"this) up|notif\w*|"
    r"ask\w*|confirm\w*|warn\w*|flag\w*|mark)\b|\bkeep (?:\w{1,12} ){0,2}?(?:quiet|silent|to yourself|between us|"
    r"out of)\b|\b(?:hide|"
    r"omit|leave out|drop|remove|skip|strip) (?:this|that|these|the) (?:\w{1,12} )?(?:line|note|notice|message|"
    r"comment|column|row|"
    r"paragraph|sentence|p\.?s|instruction|remark|field|text)\b",
    "consent": r"\b(?:user|customer|owner|admin|administrator|recipient|client|guest|patient|team)s? (?:ha[sd]|have|"
    r"already) "
    r"(?:\w{1,12} ){0,2}?(?:agreed|consented|given|confirmed|approved|authori[sz]ed|asked|switched|requested|granted|"
    r"allowed|"
    r"accepted|pre-?approved)\b|\b(?:you have|with) (?:my|full|their|his|her|the user's|our) (?:permission|consent|"
    r"approval|"
    r"authori[sz]ation)\b|\b(?:no|without) (?:further |any )?(?:confirmation|approval|review)\b|\bpre-?(?:approved|"
    r"authori[sz]ed)\b",
    "turn": r"\W{0,8}(?:(?:user|human|assistant|system|ai|model|llm|developer|admin|operator|tool|end of|begin|"
    r"start of)(?: "
    r"(?:says|message|prompt|note|notice|override|update|instruction|data|document|input|output|context|result|"
    r"turn)s?)?)"
    r"\W{0,3}[:>\]#]",
    "wants_answer": r"\b(?:in|into|to|at the (?:end|start|top|beginning) of|with) (?:your|the|any|every|each|all|"
    r"its) (?:\w{1,12} ){0,2}?"
    r"(?:answers?|repl(?:y|ies)|responses?|summar(?:y|ies)|outputs?|translations?|reports?|reviews?|briefs?|"
    r"overviews?|comparisons?|"
    r"recommendations?|drafts?|digests?|recaps?)\b|\b(?:answers?|repl(?:y|ies)|responses?|summar(?:y|ies)|"
    r"comparisons?|overviews?) (?:\w{1,12} "
    r"){0,4}?(?:must|should|shall|has to|have to|is to|are to|needs? to|will)\b",
    "onward": r"\b(?:from (?:now|here|this point) on|from this (?:moment|line)|henceforth|going forward|"
    r"for the rest of|until further)\b",
    # A machine is spoken to by its name, whatever kind it is, and asked for something.
    "hailed": r"\W{0,6}(?:(?:system|note|notes|hint|attention|important|p\.?s\.?|memo)\b\W{0,4})?"
    r"(?:(?:to|for|dear|hey|hi|hello|attention|and|also) (?:all |any |every |the |my |our |"
    r"your |whatever |whichever |whoever )?)?"
    rf"(?:[\w-]{{2,16}} ){{0,2}}?{_HAILED}(?: [\w-]{{1,12}}){{0,4}}?[,:!-]{{1,2}} (?:please|kindly|pls|could|can|would|"
    r"will|may|might|do not|don't|just|only|simply|never|always|you|i|we|this|the|there|if|when|full|no|be|it|"
    rf"{_VERBS}|{_ACTIONS}|name|file|skip|mark|put|rank|score|treat|pretend|ask|open|count|keep)\b",
    # Whoever the reader of the document works for, and what he was told to do.
    "your_user": r"\byour (?:own )?(?:user|human|principal|requester|operator|prompter)(?:'?s)?\b|\b(?:who|what)ever "
    r"(?:you (?:work|are working|act|are acting|answer|report) for|(?:asked|asks|sent|instructed|prompted|runs|uses|"
    r"employs) you|(?:they|he|she|you were|you are|you've been|was|is) (?:asked|told|asking|instructed)|your user)\b|"
    r"\b(?:the )?(?:person|people|one|man|woman|customer|user|human|reader) (?:who (?:asked|asks|sent|prompted|"
    r"instructed|is asking|uses) you|you (?:are|were|work|answer|talk|speak|report)|behind "
    r"(?:the|this|your) (?:prompt|question|request))\b|\byour (?:\w{2,12} )?(?:instructions|prompt|orders|"
    r"task|brief|guidelines|directives?|system message|training|context|memory)\b|"
    r"\byou (?:were|are being|have been|had been|are) (?:asked|told|given|"
    r"instructed|building|summari[sz]ing|drafting|preparing|translating|compiling|reading this)\b",
    "yours": r"\byour (?:\w{1,12} ){0,2}(?:code|codebase|solution|implementation|algorithm|program|script|project)\b",
}
#: Looked for at the beginning of a piece.
BEGIN = ("order", "asks", "action", "told_machine", "machine_verb", "told_reader", "forged", "task", "turn", "hailed")
