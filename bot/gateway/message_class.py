"""What a message is about, from its clear words, for the engine that may not see them."""
from __future__ import annotations

import re

QUESTION = "question"
CANCEL = "cancel"
HUMAN = "human"
LOST_CARD = "lost_card"
GREETING = "greeting"
YES = "yes"
NO = "no"
AGAIN = "again"
OTHER = "other"

# What a message is about stands in its first words; the rules look no further.
_LONGEST = 1000

# What Rasa reads instead of a message that was sealed whole.
PLAIN_PHRASES = {
    QUESTION: "why do you need my details",
    CANCEL: "cancel",
    HUMAN: "talk to a person",
    LOST_CARD: "my card is lost",
    GREETING: "hello",
}

_PERSON = (
    r"(?:human|(?:real |actual |live )?person|agents?|representatives?|rep|operator|executive|advis[eo]r|manager|supervisor|"
    r"some(?:one|body)(?: else)?|real people|staff|(?:bank|customer) (?:worker|care|service|support|employee)|insaan|insan|"
    r"aadmi|admi|vyakti|adhikari|officer)"
)
_DETAILS = (
    r"(?:details?|info\w*|data|number|birth\w*|b(?:irth)?day|dob|expiry|cards?|last (?:four|4)|digits?|contact|id|identity|"
    r"identification|documents?|e-?mail|mobile|phone|janm\w*|janam|jankari|privacy|private|personal)"
)
_GIVE = (r"(?:giv(?:e|ing)|shar(?:e|ing)|provid(?:e|ing)|tell(?:ing)?|verif\w+|prov(?:e|ing)|send(?:ing)?|type|enter|"
         r"reveal(?:ing)?|disclos\w+)")

_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (LOST_CARD, (
        r"\b(?:lost|stolen|stole|misplaced|missing|snatched|theft)\b.{0,40}\b(?:card|wallet|purse|it)\b",
        r"\b(?:card|wallet|purse)\b.{0,40}\b(?:lost|stolen|stole|misplaced|missing|snatched|kho|ghum|gum|gaya hai chori|chori|"
        r"nahi mil)\w*\b",
        r"\b(?:block|freeze|hotlist)\b.{0,20}\bcard\b",
        r"\b(?:fraud\w*|unauthori[sz]ed|hacked|compromised)\b",
        r"\b(?:someone|somebody|koi)\b.{0,30}\b(?:using|used|took|use kar)\b.{0,20}\b(?:card|details)\b",
        r"(?:कार्ड|पर्स).{0,30}(?:खो|गुम|चोरी|नहीं मिल)", r"(?:खो|गुम|चोरी).{0,20}(?:कार्ड|पर्स)", r"कार्ड.{0,15}ब्लॉक", r"धोखा|फ्रॉड",
        r"\bcard\b.{0,15}\bband kar",
    )),
    (HUMAN, (
        rf"\b(?:talk|speak|chat|connect|transfer|pass|put|hand|get|give|need|want|prefer|call|reach|contact|bring|discuss)\w*\b"
        rf".{{0,40}}\b{_PERSON}\b",
        r"\b(?:talk|speak) to (?:some|any|a |an |your|the |my )", r"^(?:human|agent|representative|operator|customer care|support)\b",
        rf"\b{_PERSON}\b.{{0,25}}\b(?:baat|bat|please|pls|plz|chahiye|se)\b", r"\bcustomer (?:care|support|service)\b",
        r"\b(?:kisi|kisee|asli|aap ke)\b.{0,25}\b(?:se baat|se bat)\b",
        r"(?:इंसान|आदमी|व्यक्ति|एजेंट|प्रतिनिधि|अधिकारी|मैनेजर|कस्टमर केयर|किसी|ग्राहक सेवा).{0,25}(?:बात|जोड़|मिला|चाहिए|से)",
        r"\b(?:not|no|stop) (?:a |talking to )?(?:bots?|machine)\b",
    )),
    (QUESTION, (
        rf"\b(?:don'?t|do ?not|dont|won'?t|wont|will not|not|never|afraid|uncomfortable|no way|why should|refuse)\b.{{0,45}}"
        rf"\b{_GIVE}\b.{{0,45}}\b(?:{_DETAILS}|this|that|it|who i am|you|identify)\b",
        r"\b(?:nahi|nahin|nhi|mat|kyon?|kyu|kyun)\b.{0,25}\b(?:dunga|dungi|doon|bataun?ga|bataun?gi|batana|dena|batau|bataoon)\b",
        r"नहीं.{0,20}(?:दूंगा|दूँगा|दूंगी|दूँगी|बताऊंगा|बताऊँगा|बताऊंगी|बताऊँगी|देना|बताना)",
        r"(?:^|\b)(?:why|y|wy|whyy+)\b(?! not\b)", r"\b(?:kyon?|kyu|kyun|kyoon|kyoun|kis ?liye|kisliye|kaahe|kahe)\b",
        r"क्यों|क्यूं|क्यूँ|किसलिए|किस लिए", r"\bwhat(?:'s| is| are|s)? (?:the )?(?:reasons?|purpose|point|need)\b", r"\bwhat\b.{0,60}\bfor\b",
        r"\b(?:reasons?|purpose)\b.{0,30}\b(?:verif\w+|identi\w+|check|ask\w*|need\w*|details)\b",
        r"\bis (?:it|this|that)\b.{0,20}\b(?:safe|secure|necessary|needed|required|important|mandatory|compulsory)\b",
        r"\b(?:safe|secure|mandatory|compulsory|zaroori|jaroori|jaruri|zaruri|surakshit|safe)\b.{0,15}\b(?:hai|he|kya|to share|to give)\b",
        r"(?:ज़रूरी|जरूरी|सुरक्षित)", r"\b(?:do|must|should|am|can) (?:i|we|you)\b.{0,25}\b(?:have to|need to|supposed|skip|really)\b",
        r"\b(?:do|must|should|can) (?:i|we)\b.{0,25}\b(?:verify|prove|give|share|provide|skip)\b", r"\bprivacy\b|\bscam\b|\btrust\b",
        r"\b(?:not|don'?t|isn'?t)\b.{0,15}\b(?:comfortable|understand why|feel safe|ready to)\b",
        r"\b(?:how|where|what|which|when)\b.{0,60}\b(?:verif\w+|identi\w+|id check|last (?:four|4)|four digits|4 digits|expiry|dob|"
        r"documents?|prove|proof|format|find)\b",
        r"\b(?:steps|instructions|checks?)\b.{0,40}\b(?:identity|id|verif\w+)\b",
        r"\b(?:kahan|kaha|kidhar|kaunsa|kaun sa|kaunse|konsa|kaise|kese)\b.{0,50}\b(?:milega|likha|number|digit|digits|ank|date|"
        r"verify|batau|doon|dekhu|hai)\b", r"(?:कहाँ|कहां|कौन सा|कौनसा|कौन से|कैसे).{0,40}(?:मिलेगा|लिखा|नंबर|अंक|तारीख|है|करूं|करूँ)",
        r"\b(?:matlab|meaning)\b.{0,15}(?:kya|\?|of)", r"\bwhat do you mean\b", r"\bmatlab kya\b", r"मतलब क्या|क्या मतलब",
    )),
    (CANCEL, (
        r"\b(?:cancel\w*|abort\w*|quit|halt|terminate|discontinue|abandon|exit|stop+|refrain)\b",
        r"\bnever ?mind\b|\bnvm\b|\bforget (?:it|that|about|my|this|the)\b|\bleave it\b|\bdrop it\b|\bskip it\b|\bno more\b",
        r"\bchanged my mind\b|\bstart over\b|\bgo back\b|\bnot now\b|\bsome other time\b|\bmaybe later\b|\bdo(?: it)? later\b",
        r"\b(?:don'?t|do not|dont)\b.{0,15}\b(?:want|need|do|continue|complete|proceed)\b.{0,20}"
        r"\b(?:this|it|that|continue|anymore|any more|proceed|with|process|task|to do)\b(?!.*\b(?:use|instead|rather|put)\b)",
        r"\b(?:rehne|rahne|rhne) (?:do|de|dijiye|dein|dijie)\b|\b(?:chhodo?|chodo?|chhod do|chhoro|choro|jane do|jaane do|ruko|ruk jao|"
        r"bas karo|band karo|band kar do|radd)\b|\bmat karo\b|\bnahi (?:karna|chahiye|karni)\b|\bbaad (?:me|mein|mei)\b",
        r"रहने (?:दो|दें|दीजिए)|छोड़|छोड|जाने दो|रद्द|कैंसल|कैंसिल|रुको|रुकिए|बंद कर|बस कर|मत कर|नहीं करना|नहीं चाहिए|बाद में|वापस जा",
    )),
    (GREETING, (
        r"^(?:hi+|hello+|hey+|helo|hlo|hii+|yo|namaste|namaskar|namasthe|pranam|salaam|salam|good (?:morning|afternoon|evening|day)|"
        r"greetings|ram ram|sat sri akal|vanakkam)(?:\s+(?:there|ji|sir|madam|team|bot|dear|all|everyone|again|bhai))*[\s!.,]*"
        r"(?:how are you.{0,20}|kaise ho.{0,15}|kaise hain.{0,15}|kya haal.{0,15})?$",
        r"^(?:नमस्ते|नमस्कार|हैलो|हेलो|हाय|प्रणाम|राम राम)(?:\s+जी)?[\s!।.]*(?:आप )?(?:कैसे (?:हो|हैं))?[\s?!।.]*$",
    )),
)
# In lower case, as what they are searched in: without regard to case a search takes half as long again.
_COMPILED = tuple((name, tuple(re.compile(rule) for rule in rules)) for name, rules in _RULES)
# What an expression without regard to case takes for these letters.
_ALSO_LOWER = str.maketrans("\u0131\u017f", "is")

# The whole message must be one of these: a yes carries authority.
_YES_MESSAGES = (
    "yes;y;yes please;yes pls;yes plz;yep;yeah;yup;ya;yea;yess;yes yes;yes sir;yes madam;ok;okay;ok yes;yes ok;yes okay;okay yes;"
    "ok do it;okay do it;yes do it;do it;please do;go ahead;yes go ahead;ok go ahead;okay go ahead;please go ahead;"
    "confirm;confirmed;i confirm;yes confirm;yes i confirm;please confirm;ok confirm;okay confirm;yes confirm it;confirm it;"
    "correct;yes correct;yes it is correct;yes its correct;yes it's correct;that is correct;thats correct;that's correct;"
    "right;yes right;that's right;thats right;yes that's right;yes thats right;sure;yes sure;sure go ahead;proceed;yes proceed;"
    "please proceed;ok proceed;absolutely;definitely;of course;agreed;i agree;k;kk;yes that is correct;yes that's correct;"
    "yes thats correct;yes please go ahead;yes please do it;all correct;sounds good;yes change it;change it;yes update it;update it;"
    "haan;haa;han;ha;haan ji;han ji;ha ji;haanji;hanji;ji haan;ji han;ji ha;ji;haan haan;haan karo;haan kar do;han kar do;ha kar do;"
    "kar do;kardo;haan kardo;ha kardo;kar dijiye;haan kar dijiye;kijiye;theek hai;thik hai;theek h;thik h;tik hai;haan theek hai;"
    "ha thik hai;haan thik hai;sahi hai;haan sahi hai;ha sahi hai;sahi;bilkul;haan bilkul;ji bilkul;ok kar do;okay kar do;"
    "ok ji;pakka;haan badal do;badal do;haan badal dein;badal dein;haan badal dijiye;haan sahi;"
    "हाँ;हां;हा;जी;हाँ जी;हां जी;जी हाँ;जी हां;हाँ करो;हां करो;हाँ कर दो;हां कर दो;कर दो;कर दीजिए;हाँ कर दीजिए;हां कर दीजिए;ठीक है;हाँ ठीक है;हां ठीक है;सही है;"
    "हाँ सही है;हां सही है;सही;बिल्कुल;बिलकुल;जी बिल्कुल;ओके;यस;आगे बढ़ें;पक्का;बदल दो;हाँ बदल दो;हां बदल दो;बदल दें;हाँ बदल दें;हां बदल दें;👍;✅;👍 yes;ok 👍;yes 👍"
)
_NO_MESSAGES = (
    "no;n;nope;nah;na;nahi;nahin;nhi;no no;no thanks;no thank you;not correct;no its wrong;no it's wrong;no it is wrong;wrong;"
    "that's wrong;thats wrong;it is wrong;its wrong;it's wrong;incorrect;not right;no that's wrong;no thats wrong;no not correct;don't;dont;do not;"
    "don't do it;dont do it;do not do it;no don't;no dont;no sir;no please;no pls;nah thanks;negative;no way;"
    "nahi ji;ji nahi;nahin ji;ji nahin;na ji;galat;galat hai;nahi galat hai;ye galat hai;yeh galat hai;sahi nahi hai;mat karo;nahi karo;"
    "nahi mat karo;na karo;nahi nahi;nahi karna;"
    "नहीं;नही;ना;न;जी नहीं;नहीं जी;जी नही;गलत;गलत है;नहीं गलत है;यह गलत है;ये गलत है;सही नहीं है;मत करो;नहीं मत करो;मत कीजिए;नो;👎"
)
_AGAIN_MESSAGES = (
    "again;try again;try it again;try once more;once more;retry;please try again;try again please;one more time;again please;"
    "let me try again;i want to try again;can i try again;phir se;fir se;phirse;firse;phir se karo;fir se karo;phir se try karo;"
    "fir se try karo;phir se koshish karo;phir koshish karo;phir koshish karein;fir se try karna hai;dobara;dubara;dobara karo;"
    "dobara try karo;dubara try karo;dobara koshish karo;ek baar aur;ek bar aur;ek baar phir;ek baar phir se;"
    "फिर से;फिर से करो;फिर से कोशिश करो;फिर कोशिश करें;फिर से कोशिश करें;दोबारा;दोबारा करो;दोबारा कोशिश करो;एक बार और;एक बार फिर;एक बार फिर से;🔄"
)
_AGAIN = frozenset(_AGAIN_MESSAGES.split(";"))
_YES = frozenset(_YES_MESSAGES.split(";"))
_NO = frozenset(_NO_MESSAGES.split(";"))
_ASKS = re.compile(
    r"\?\s*$|^\s*(?:what|which|where|when|who|how|is|are|can|could|do|does|did|should|will|would|kya|kaun|kab|kahan|kaise|kitna|kitne)\b"
    r"|^\s*(?:क्या|कौन|कब|कहाँ|कहां|कैसे|कितना|कितने)(?=\s)", re.IGNORECASE)


def message_class(text: str, *, holds_value: bool = False) -> str:
    """The class of a plain text; a bare question counts only in a message that holds no value.

    >>> [message_class(t) for t in ["y do u need my dob", "rehne do", "haan ji", "yes but change the date", "नमस्ते"]]
    ['question', 'cancel', 'yes', 'other', 'greeting']
    """
    said = " ".join(text.replace("’", "'").lower().split())
    bare = " ".join(said.replace(",", " ").split()).strip(" .!।…-;:\"'")
    if bare in _YES:
        return YES
    if bare in _NO:
        return NO
    if bare in _AGAIN:
        return AGAIN
    said = _searched(said)
    for name, rules in _COMPILED:
        if any(rule.search(said) for rule in rules):
            return name
    return QUESTION if not holds_value and _ASKS.search(said) else OTHER


def _searched(said: str) -> str:
    """What the rules look at, of a text in lower case."""
    start = said[:_LONGEST]
    return start if start.isascii() else start.translate(_ALSO_LOWER)
