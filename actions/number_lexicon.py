"""The words for numbers and months in English, Hindi and Hinglish: data, and how spellings are folded."""
from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import NamedTuple


class Role(Enum):
    """What a number word does in a run of them."""

    DIGIT = "digit"
    TEEN = "teen"
    TENS = "tens"
    SCALE = "scale"
    REPEAT = "repeat"
    ORDINAL = "ordinal"


class NumberWord(NamedTuple):
    value: int
    role: Role


_ENGLISH_DIGITS = "zero one two three four five six seven eight nine"
_ENGLISH_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ENGLISH_OTHERS = {
    "oh": (0, Role.DIGIT), "o": (0, Role.DIGIT), "nought": (0, Role.DIGIT), "naught": (0, Role.DIGIT),
    "nil": (0, Role.DIGIT), "fourty": (40, Role.TENS), "ninty": (90, Role.TENS), "thirtieth": (30, Role.ORDINAL),
    "hundred": (100, Role.SCALE), "thousand": (1000, Role.SCALE),
    "lakh": (100_000, Role.SCALE), "lac": (100_000, Role.SCALE), "crore": (10_000_000, Role.SCALE),
    "double": (2, Role.REPEAT), "dbl": (2, Role.REPEAT), "triple": (3, Role.REPEAT), "treble": (3, Role.REPEAT),
}

# One entry a number from 0 to 99, spellings between slashes.
_DEVANAGARI = """
शून्य/जीरो/ज़ीरो/सिफर एक/वन दो/टू तीन/थ्री चार/फोर पांच/फाइव/पाच छह/छः/छे/छ/सिक्स सात/सेवन आठ/एट नौ/नाइन
दस/टेन ग्यारह बारह तेरह चौदह पंद्रह/पन्द्रह सोलह सत्रह अठारह/अट्ठारह उन्नीस
बीस/ट्वेंटी इक्कीस बाईस/बाइस तेईस/तेइस चौबीस पच्चीस छब्बीस सत्ताईस/सत्ताइस अट्ठाईस/अट्ठाइस/अठाईस/अठ्ठाईस उनतीस/उन्तीस
तीस/थर्टी इकतीस/इकत्तीस बत्तीस तैंतीस/तेतीस/तैतीस चौंतीस/चौतीस पैंतीस/पैतीस छत्तीस सैंतीस/सैतीस अड़तीस उनतालीस/उन्तालीस
चालीस/फोर्टी इकतालीस बयालीस तैंतालीस/तैतालीस चौवालीस/चवालीस पैंतालीस/पैतालीस छियालीस सैंतालीस/सैतालीस अड़तालीस उनचास/उन्चास
पचास/फिफ्टी इक्यावन बावन तिरपन/तिरेपन चौवन पचपन छप्पन सत्तावन अट्ठावन/अठावन उनसठ
साठ/सिक्सटी इकसठ बासठ तिरसठ/तिरेसठ चौंसठ/चौसठ पैंसठ/पैसठ छियासठ सड़सठ अड़सठ उनहत्तर
सत्तर/सेवेंटी इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर/पिचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी/उन्यासी
अस्सी/एटी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी/सतासी अट्ठासी/अठासी नवासी
नब्बे/नाइंटी इक्यानवे/इक्यानबे बानवे/बानबे तिरानवे/तिरानबे चौरानवे/चौरानबे पचानवे/पंचानवे/पंचानबे छियानवे/छियानबे सत्तानवे/सत्तानबे अट्ठानवे/अठानवे/अट्ठानबे निन्यानवे/निन्यानबे
"""
_LATIN = """
shunya/sunya/shoonya/soonya/jiro/sifar ek do teen char panch/paach/pach chhe/chhah/chhey saat aath nau/nao
das/dus gyarah/gyara/giarah barah/bara terah/tera chaudah/chauda/chodah pandrah/pandra/pandhrah solah/sola satrah/satra/sattrah atharah/athara unnis
bis ikkis/ikis bais teis/teyis/tevis chaubis/chobis pachis/pachchis chabbis sattais/sattaeis atthais/athais/attais untis/unatis/unattis
tis iktis/ikattis battis taintis/tentis/tetis chauntis/chautis paintis/pentis chattis saintis/sentis adtis/artis untalis/unchalis
chalis iktalis/ikatalis bayalis/byalis taintalis/tentalis chauvalis/chavalis paintalis/pentalis chiyalis/chhialis saintalis/sentalis adtalis/artalis unchas/unanchas
pachas ikyavan/ikavan bavan tirpan/tirepan chauvan/chavan pachpan chappan sattavan atthavan/athavan unsath
sath iksath basath tirsath/tiresath chaunsath/chausath painsath/pensath chiyasath sadsath/sarsath adsath/arsath unhattar/unahattar
sattar ikhattar/ikahattar bahattar tihattar chauhattar pachhattar/pichattar/pachahattar chihattar/chhihattar sathattar/satahattar athhattar/athahattar unasi/unyasi
assi ikyasi/ikasi bayasi/byasi tirasi chaurasi pachasi chiyasi sattasi atthasi/athasi navasi
nabbe/navve/nabe ikyanve/ikyanbe/ikanve banve/banbe tiranve/tiranbe chauranve/chauranbe pachanve/panchanve/pachanbe chiyanve/chiyanbe sattanve/sattanbe atthanve/athanve/athanbe ninyanve/ninyanbe/ninanve
"""
_SCALES = {
    "सौ": 100, "हजार": 1000, "लाख": 100_000, "करोड": 10_000_000,
    "sau": 100, "hajar": 1000, "lakh": 100_000, "karod": 10_000_000, "karor": 10_000_000,
}
_REPEATS = {"डबल": 2, "ट्रिपल": 3, "dabal": 2, "tripal": 3, "trippal": 3}

# Words that mean something else more often than a number: they count only beside another one.
_AMBIGUOUS = (
    "one oh o nil ek do teen tin char chaar che chah chhah chai sat das dus bara baara tera sath saath tis tees bis bees "
    "sola nao das double dbl triple treble dabal second hundred thousand lakh lac crore sau hajar hazar hazaar "
    "एक दो वन टू एट छ सौ हजार हज़ार लाख डबल pach chavan bavan"
)
AMBIGUOUS = frozenset(_AMBIGUOUS.split())
_MONTHS = """
january/jan/janvari/janwari/janury/जनवरी february/feb/farvari/farwari/febuary/feburary/फरवरी march/mar/मार्च
april/apr/aprail/apreel/अप्रैल may/mai/मई june/jun/joon/जून july/jul/julai/julaai/जुलाई
august/aug/agast/agust/augst/अगस्त september/sep/sept/sitambar/sitamber/septmber/सितंबर/सितम्बर
october/oct/aktubar/aktoobar/octuber/अक्टूबर/अक्तूबर november/nov/navambar/navamber/नवंबर/नवम्बर
december/dec/disambar/disamber/decmber/दिसंबर/दिसम्बर
"""
AMBIGUOUS_MONTHS = frozenset(("may", "mai", "mar", "march", "jan", "apr"))


def fold_devanagari(word: str) -> str:
    """One spelling for words that differ in nukta, chandrabindu or visarga."""
    return word.replace("\u093c", "").replace("\u0901", "\u0902").replace("\u0903", "")


def fold_latin(word: str) -> str:
    """One spelling for what people type for the same Hindi sound: paanch, panch; unnees, unnis."""
    for typed, folded in (("aa", "a"), ("ee", "i"), ("ii", "i"), ("oo", "u"), ("uu", "u"), ("chh", "ch"),
                          ("w", "v"), ("z", "j")):
        word = word.replace(typed, folded)
    return re.sub(r"([a-z])\1", r"\1", word)


def _table(lines: str, fold: Callable[[str], str]) -> dict[str, int]:
    return {fold(word): value for value, entry in enumerate(lines.split()) for word in entry.split("/")}


_HINDI = _table(_DEVANAGARI, fold_devanagari)
_HINGLISH = _table(_LATIN, fold_latin)
MONTHS = {fold_devanagari(name): number
          for number, entry in enumerate(_MONTHS.split(), 1) for name in entry.split("/")}


def _english() -> dict[str, NumberWord]:
    words = {word: NumberWord(value, Role.DIGIT) for value, word in enumerate(_ENGLISH_DIGITS.split())}
    words |= {word: NumberWord(value, Role.TEEN) for value, word in enumerate(_ENGLISH_TEENS.split(), 10)}
    words |= {word: NumberWord(value * 10, Role.TENS) for value, word in enumerate(_ENGLISH_TENS.split(), 2)}
    words |= {word: NumberWord(value, Role.ORDINAL) for value, word in enumerate(_ENGLISH_ORDINALS.split(), 1)}
    return words | {word: NumberWord(*entry) for word, entry in _ENGLISH_OTHERS.items()}


ENGLISH = _english()
# Letters that were held down ("eeight", "fivee") and letters that changed places; clear words only, and no others' spelling.
_MISTYPED = {"eigth": "eight", "eigt": "eight", "sevn": "seven", "thre": "three", "fiv": "five"}
_HELD = {re.sub(r"([a-z])\1+", r"\1", word): word for word in ENGLISH if len(word) > 3}


@lru_cache(maxsize=16384)
def number_word(word: str) -> NumberWord | None:
    """What a single word of any of the three languages says as a number, if it does.

    >>> number_word("Eighty"), number_word("तिरासी").value, number_word("chaudaah").value, number_word("card")
    (NumberWord(value=80, role=<Role.TENS: 'tens'>), 83, 14, None)
    """
    word = word.lower()
    if word in ENGLISH:
        return ENGLISH[word]
    latin = word.isascii()
    folded = fold_latin(word) if latin else fold_devanagari(word)
    if folded in _REPEATS:
        return NumberWord(_REPEATS[folded], Role.REPEAT)
    if folded in _SCALES:
        return NumberWord(_SCALES[folded], Role.SCALE)
    value = (_HINGLISH if latin else _HINDI).get(folded)
    if value is None:
        return _mistyped(word) if latin else None
    return NumberWord(value, Role.DIGIT if value < 10 else Role.TEEN)


def _mistyped(word: str) -> NumberWord | None:
    """What an English number word says that was typed with some letter twice, or with two in the wrong order.

    >>> _mistyped("eeightt").value, _mistyped("eigth").value, _mistyped("seen")
    (8, 8, None)
    """
    meant = _MISTYPED.get(word) or (_HELD.get(re.sub(r"([a-z])\1+", r"\1", word)) if len(word) > 4 else None)
    return ENGLISH[meant] if meant else None


def month_of(word: str) -> int | None:
    """The month that a word names, 1 to 12."""
    return MONTHS.get(fold_devanagari(word.lower()))
