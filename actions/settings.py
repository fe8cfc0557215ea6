"""Everything that an operator can set, read once from the environment into one frozen object."""
from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from actions.settings_readers import (
    READERS,
    Possession,
    Profile,
    Secret,
    SettingsError,
    aes_192_key,
    read_setting,
)

__all__ = ["Possession", "Profile", "Secret", "Settings", "SettingsError", "aes_192_key"]


@dataclass(frozen=True)
class Settings:
    """One installation of Cardbot. Field `x_y` is read from the variable `CARDBOT_X_Y`.

    Times are seconds. `master_secrets` holds the newest first: it seals, all of them open.
    """

    profile: Profile = Profile.SANDBOX
    var: Path = Path("var")
    database_url: str = ""
    master_secrets: tuple[Secret, ...] = ()

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()

    wibmo_base_url: str = "http://127.0.0.1:8090"
    wibmo_api_key: Secret = field(default_factory=lambda: Secret(""))
    wibmo_client_id: str = ""
    wibmo_bank_id: str = ""
    wibmo_entity_id: str = "100"
    wibmo_secure_code: Secret = field(default_factory=lambda: Secret(""))
    wibmo_consumer_id: str = ""
    wibmo_key: Secret = field(default_factory=lambda: Secret(""))
    wibmo_product_id: str = ""
    # A preset and any changes of paths, fields, formats and codec: "v3; ids=body; path.verify=POST /x". See docs/wibmo.md.
    wibmo_dialect: str = "v3"
    wibmo_connect_timeout: float = 2.0
    # Not what a cardholder waits (bank_patience): a late answer is a definite one, a time-out only a doubt.
    wibmo_read_timeout: float = 20.0

    whatsapp_access_token: Secret = field(default_factory=lambda: Secret(""))
    whatsapp_app_secrets: tuple[Secret, ...] = ()
    whatsapp_verify_token: Secret = field(default_factory=lambda: Secret(""))
    whatsapp_phone_number_ids: tuple[str, ...] = ()
    # An approved template that says only that there is news, for when Meta takes nothing else: "name" or "name:language".
    whatsapp_template: str = ""
    whatsapp_api_base: str = "https://graph.facebook.com"
    whatsapp_graph_version: str = "v26.0"
    telegram_token: Secret = field(default_factory=lambda: Secret(""))
    telegram_secret_token: Secret = field(default_factory=lambda: Secret(""))
    telegram_api_base: str = "https://api.telegram.org"
    twilio_account_sid: str = ""
    twilio_auth_token: Secret = field(default_factory=lambda: Secret(""))
    twilio_from: str = ""
    # The same through Twilio: the Sid of its content, HX and 32 hex digits.
    twilio_template: str = ""
    twilio_api_base: str = "https://api.twilio.com"

    support_phone: str = ""
    lost_card_phone: str = ""
    support_hours: str = ""
    support_hours_hi: str = ""
    support_hours_hinglish: str = ""
    privacy_url: str = ""
    # Where cardholders find the URN; without it a person is all that is offered to who cannot give the card's details.
    # Where notices of changed contact details are posted to, for the operator's own SMS and mail; else they stay owed.
    notice_url: str = ""
    notice_secret: Secret = field(default_factory=lambda: Secret(""))
    urn_printed: str = ""
    urn_printed_hi: str = ""
    urn_printed_hinglish: str = ""

    web_possession: Possession | None = None
    # The bank's public keys (read from the file that the variable names), and who signs with them for whom.
    web_identity_keys: str = ""
    web_identity_issuer: str = ""
    web_identity_audience: str = "cardbot"
    whatsapp_possession: Possession = Possession.REQUIRED
    telegram_possession: Possession = Possession.REQUIRED
    twilio_possession: Possession = Possession.REQUIRED
    # Whether the bank may be asked to text a code to the registered mobile, where a channel shows nothing by itself.
    sms_codes: bool = False
    rate_per_minute: int = 20
    new_talks_per_minute: int = 120
    bank_patience: float = 6.0
    refusal_floor: float | None = None
    session_idle: float = 300.0
    session_absolute: float = 900.0
    change_max_age: float = 300.0
    vault_life: float = 900.0
    # Whether the server keeps its threads on one processor core, which is quicker (bot/cores.py says why).
    one_core: bool = True
    log_level: str = "INFO"
    event_broker_url: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check every variable; raises SettingsError naming the first bad one."""
        given: dict[str, Any] = {}
        for each in fields(cls):
            name = f"CARDBOT_{each.name.upper()}"
            text = environ.get(name, "").strip()
            if text:
                given[each.name] = read_setting(name, text, READERS.get(each.name, str))
        given.setdefault("profile", Profile.SANDBOX)
        if given["profile"] is not Profile.PRODUCTION:
            given = {**_SANDBOX, **(_SANDBOX_HOURS if "support_hours" not in given else {}), **given}
        settings = cls(**given)
        settings._check()
        return settings

    @property
    def storage_url(self) -> str:
        """The one database: the one that was set, else a file in `var`."""
        return self.database_url or f"sqlite:///{self.var / 'cardbot.db'}"

    @property
    def model(self) -> Path:
        """Where the trained model lies."""
        return self.var / "models" / "cardbot.tar.gz"

    @property
    def web_policy(self) -> Possession:
        """Possession on the web: never unset, since PRODUCTION refuses to start without a choice."""
        return self.web_possession or Possession.OFF

    def possession_on(self, channel: str) -> Possession:
        """The policy of a channel; the terminal is the operator's own and goes by the web's."""
        policies = {
            "whatsapp": self.whatsapp_possession, "telegram": self.telegram_possession, "twilio": self.twilio_possession,
        }  # fmt: skip
        return policies.get(channel, self.web_policy)

    @property
    def refusal_slot(self) -> float:
        """How much time any refusal takes at least, in seconds; tests of everything else need not wait."""
        if self.refusal_floor is not None:
            return self.refusal_floor
        return 0.0 if self.profile is Profile.TEST else 1.5

    def has_channel(self, channel: str) -> bool:
        """Whether any of the channel's own settings is set; all of them are then, or nothing starts."""
        return any(getattr(self, name) for name in _CHANNELS[channel])

    def missing_for(self, channel: str) -> list[str]:
        """The variables that still have to be set before this channel can be on."""
        names = _CHANNELS[channel]
        needed = [*names, "public_url"] if channel == "twilio" else names  # Twilio signs the address it calls
        return [f"CARDBOT_{name.upper()}" for name in needed if not getattr(self, name)]

    def _check_channels(self) -> None:
        for channel in _CHANNELS:
            missing = self.missing_for(channel)
            if missing and self.has_channel(channel):
                raise SettingsError(f"{missing[0]} is missing: without it {channel} cannot be trusted, so nothing starts")
            base = f"{channel}_api_base"
            if self.profile is Profile.PRODUCTION and not getattr(self, base).startswith("https://"):
                raise SettingsError(f"CARDBOT_{base.upper()} must begin with https:// in production")
        if self.telegram_secret_token and not _TELEGRAM_SECRET.fullmatch(self.telegram_secret_token.reveal()):
            raise SettingsError("CARDBOT_TELEGRAM_SECRET_TOKEN must have 16 to 256 of A-Z, a-z, 0-9, _ and -")

    def _check(self) -> None:
        self._check_channels()
        if not 0 < self.port < 65536:
            raise SettingsError("CARDBOT_PORT must be between 1 and 65535")
        if self.notice_url and len(self.notice_secret.reveal()) < 16:
            raise SettingsError("CARDBOT_NOTICE_SECRET must have 16 or more characters: without it nobody can tell whose notices these are")
        if self.notice_url and self.profile is Profile.PRODUCTION and not self.notice_url.startswith("https://"):
            raise SettingsError("CARDBOT_NOTICE_URL must begin with https:// in production")
        if not 0 <= self.refusal_slot <= self.bank_patience:
            raise SettingsError("CARDBOT_REFUSAL_FLOOR must be between 0 and CARDBOT_BANK_PATIENCE")
        if bool(self.web_identity_keys) != bool(self.web_identity_issuer):
            missing = "ISSUER" if self.web_identity_keys else "KEYS"
            raise SettingsError(f"CARDBOT_WEB_IDENTITY_{missing} is missing: without it no token of the host page can be checked")
        for name in ("rate_per_minute", "new_talks_per_minute"):
            if getattr(self, name) < 1:
                raise SettingsError(f"CARDBOT_{name.upper()} must be 1 or more")
        if self.wibmo_key:
            read_setting("CARDBOT_WIBMO_KEY", self.wibmo_key.reveal(), aes_192_key)
        if self.wibmo_connect_timeout + self.wibmo_read_timeout > 28:  # after 30 the journal takes a sender for gone
            raise SettingsError("CARDBOT_WIBMO_READ_TIMEOUT and CARDBOT_WIBMO_CONNECT_TIMEOUT are together above 28 seconds")
        if self.profile is not Profile.PRODUCTION:
            return
        for name in _REQUIRED_IN_PRODUCTION:
            if not getattr(self, name):
                raise SettingsError(f"CARDBOT_{name.upper()} is required when CARDBOT_PROFILE=production")
        if not self.wibmo_base_url.startswith("https://"):
            raise SettingsError("CARDBOT_WIBMO_BASE_URL must begin with https:// in production")
        for secret in self.master_secrets:
            if len(set(secret.reveal())) < 12 or len(secret.reveal()) < 32:
                raise SettingsError("CARDBOT_MASTER_SECRETS is too weak: use 32 or more random characters")


# What switches a channel on, and what it then needs.
_CHANNELS = {
    "whatsapp": (
        "whatsapp_access_token", "whatsapp_app_secrets", "whatsapp_verify_token", "whatsapp_phone_number_ids",
    ),
    "telegram": ("telegram_token", "telegram_secret_token"),
    "twilio": ("twilio_account_sid", "twilio_auth_token", "twilio_from"),
}  # fmt: skip
_TELEGRAM_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")

_REQUIRED_IN_PRODUCTION = (
    "master_secrets", "wibmo_api_key", "wibmo_client_id", "wibmo_bank_id", "wibmo_secure_code",
    "wibmo_key", "wibmo_product_id", "public_url", "support_phone", "lost_card_phone", "support_hours",
    "privacy_url", "web_possession",
)  # fmt: skip

# What the sandbox expects of its clients; these open nothing but the sandbox on this machine.
_SANDBOX: dict[str, Any] = {
    "wibmo_api_key": Secret("sandbox-api-key"),
    "wibmo_client_id": "SANDBOX",
    "wibmo_bank_id": "1111",
    "wibmo_secure_code": Secret("sandbox-secure-code"),
    "wibmo_consumer_id": "sandbox",
    "wibmo_key": Secret(base64.b64encode(b"cardbot-sandbox-24-bytes").decode()),
    "wibmo_product_id": "9",
    "support_phone": "1800 000 0000",
    "lost_card_phone": "1800 000 0001",
    "privacy_url": "/privacy",
}
_SANDBOX_HOURS = {
    "support_hours": "9 am to 9 pm, every day",
    "support_hours_hi": "हर दिन सुबह 9 से रात 9 बजे तक",
    "support_hours_hinglish": "har din subah 9 se raat 9 baje tak",
}
