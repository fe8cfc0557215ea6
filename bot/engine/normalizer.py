"""What was typed, as plain words that the model can compare: one spelling for chat spellings, Hindi in Latin letters."""
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine import hindi
from bot.engine.language import ENGLISH, detect
from bot.engine.language_detector import LANGUAGE

SPELT, MEANT = "spelt", "meant"

_APOSTROPHES = str.maketrans("’‘`´", "''''")
_WORDS = re.compile(r"[\w'ऀ-ॿ-]+|[?]")
_SIGNS = str.maketrans({"👍": " yes ", "👎": " no ", "🙏": " thank you ", "👋": " hello ", "✅": " yes ", "❌": " no "})
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_CHAT = {
    "u": "you", "ur": "your", "r": "are", "y": "why", "pls": "please", "plz": "please", "plss": "please", "pl": "please",
    "wat": "what", "wt": "what", "hw": "how", "hv": "have", "bal": "balance", "acc": "account", "acct": "account", "ac": "account",
    "a/c": "account", "txn": "transaction", "txns": "transactions", "tx": "transaction", "amt": "amount", "num": "number",
    "nmbr": "number", "mob": "mobile", "ph": "phone", "dob": "date of birth", "exp": "expiry", "chk": "check", "chng": "change",
    "msg": "message", "b4": "before", "bcoz": "because", "coz": "because", "cuz": "because", "dont": "don't", "cant": "can't",
    "wont": "won't", "didnt": "didn't", "doesnt": "doesn't", "isnt": "isn't", "whats": "what's", "im": "i'm", "ive": "i've",
    "thx": "thanks", "thnx": "thanks", "tnx": "thanks", "wanna": "want to", "gonna": "going to", "gimme": "give me", "lemme": "let me",
    "email": "e-mail", "emails": "e-mails", "mail": "e-mail", "pymt": "payment", "recd": "received", "info": "information",
    "tmrw": "tomorrow", "bday": "birthday", "k": "ok", "kk": "ok", "okay": "ok", "gud": "good", "mrng": "morning", "kindly": "please",
}  # fmt: skip


class Normal(NamedTuple):
    """A message twice: as it is spelt, for letters and words, and as it is meant, with Hindi words in English."""

    spelt: str
    meant: str


def normalize(text: str, language: str | None = None) -> Normal:
    """Plain words, lower case, without drawn-out letters.

    >>> normalize("Pls tell my BAL!!!").spelt
    'please tell my balance'
    >>> normalize("मेरा बैलेंस बताओ").meant
    'my balance tell'
    """
    return _normalize(text, language or detect(text))


@lru_cache(maxsize=256)  # a message comes here when it is stored, when its turn begins and when it is interpreted
def _normalize(text: str, language: str) -> Normal:
    text = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES).translate(_SIGNS)
    text = _DRAWN_OUT.sub(r"\1\1", hindi.transliterate(text))
    words = [word.strip("-'") for word in _WORDS.findall(text)]
    if language == ENGLISH:
        spelt = " ".join(_CHAT.get(word, word) for word in words if word)
        return Normal(spelt, spelt)
    return Normal(" ".join(hindi.fold(word) for word in words if word), hindi.gloss(" ".join(words)))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Normalizer(GraphComponent):
    """Writes both forms beside the text, for the components after it."""

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> Normalizer:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(TEXT) is not None:
                normal = normalize(message.get(TEXT), message.get(LANGUAGE))
                message.set(SPELT, normal.spelt)
                message.set(MEANT, normal.meant)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data
