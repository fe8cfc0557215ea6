"""Which wallet a cardholder names: the word for it in a message, and the wallets of the record that it fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from wibmo import Wallet

DEFAULT = "default"

# What people call a wallet, by the word that its name on the record most likely holds.
_SYNONYMS = {
    "meal": "meal|meals|food|khana|khane|lunch|मील|खाना|खाने|फ़ूड|फूड",
    "gift": "gift|gifts|गिफ्ट|गिफ़्ट|उपहार",
    "fuel": "fuel|petrol|diesel|फ्यूल|फ़्यूल|पेट्रोल|डीज़ल|डीजल",
    "travel": "travel|trip|yatra|ट्रैवल|ट्रेवल|यात्रा",
    "gpr": "gpr|general|जीपीआर",
    "cashback": "cashback|कैशबैक",
    "medical": "medical|health|मेडिकल",
    "telecom": "telecom|टेलीकॉम",
    DEFAULT: "main|default|primary|मेन|मुख्य|डिफ़ॉल्ट|डिफॉल्ट",
}
_WORDS = {word: name for name, words in _SYNONYMS.items() for word in words.split("|")}
_FEW_WORDS = 5
_TOKEN = re.compile(r"[^\W\d_][\w\u0900-\u0963'’]*")
_WALLET = frozenset(["wallet", "wallets", "vallet", "wallat", "pocket", "pockets", "purse", "वॉलेट", "वालेट", "वैलेट", "पॉकेट"])
# Words before "wallet" that name none.
_NAMELESS_WORDS = (
    "my the this that a an each every all both which what in of your our mera meri mere apna apne sab saare sare kis kaun kaunse "
    "har ek is us dono prepaid card e digital account balance check show tell me bank other another single one from per "
    "मेरा मेरे मेरी अपना अपने सब सारे किस कौन हर इस उस दोनों एक कार्ड के का में"
)
_NAMELESS = frozenset(_NAMELESS_WORDS.split())


def wallet_asked(words: str) -> str:
    """The one wallet that a message names; empty if it names none, or several.

    >>> wallet_asked("meal wallet me kitna hai"), wallet_asked("petrol wale me kitna bacha")
    ('meal', 'fuel')
    >>> wallet_asked("how much is in my Diwali wallet?"), wallet_asked("balance of each wallet"), wallet_asked("गिफ्ट वॉलेट")
    ('diwali', '', 'gift')
    """
    tokens = [token.casefold() for token in _TOKEN.findall(words)]
    named = [_WORDS[token] for token in tokens if token in _WORDS]
    named += [
        before for before, token in pairwise(tokens)
        if token in _WALLET and before not in _NAMELESS and before not in _WORDS
    ]  # fmt: skip
    if named == [DEFAULT] and not _WALLET.intersection(tokens):
        return ""
    return named[0] if len(set(named)) == 1 else ""


def is_only_a_wallet(words: str) -> bool:
    """Whether a short message says a well-known kind of wallet and nothing else that could be wanted of it.

    >>> is_only_a_wallet("aur meal wallet?"), is_only_a_wallet("which wallet app is best for travel in europe")
    (True, False)
    """
    tokens = [token.casefold() for token in _TOKEN.findall(words)]
    return len(tokens) <= _FEW_WORDS and not _WALLET.isdisjoint(tokens) and not _WORDS.keys().isdisjoint(tokens)


def wallets_named(wallets: Sequence[Wallet], asked: str) -> list[Wallet]:
    """Those of a card's wallets that the asked word fits: the same word in the name, one letter aside."""
    if asked == DEFAULT:
        return [wallet for wallet in wallets if wallet.is_default]
    return [wallet for wallet in wallets if any(_fits(asked, token.casefold()) for token in _TOKEN.findall(wallet.name))]


def _fits(asked: str, token: str) -> bool:
    if token in _WALLET:
        return False
    if asked == _WORDS.get(token, token) or (len(asked) > 3 and token.startswith(asked)):
        return True
    return len(asked) > 3 and _is_one_letter_off(asked, token)


def _is_one_letter_off(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((index for index, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]), len(short))
    return short[at + (len(short) == len(long)) :] == long[at + 1 :]
