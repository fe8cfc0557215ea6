"""The composition root: builds every collaborator once; the bank's client and the clock can be replaced."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from actions.bank import Bank
from actions.contact_change import ContactChange
from actions.desk import Desk
from actions.guard.audit import Audit
from actions.guard.codes import Codes
from actions.guard.host_identity import HostIdentities
from actions.guard.journal import Journal
from actions.guard.keys import Keys, master_in
from actions.guard.lockout import Lockout
from actions.guard.notices import Notices
from actions.guard.numbers import VouchedNumbers
from actions.guard.possession import PossessionProof, Proofs
from actions.guard.recipients import Recipients
from actions.guard.sessions import Sessions, Verified
from actions.guard.storage import Storage
from actions.guard.vault import Vault
from actions.identification import Identification
from actions.news import News
from actions.notice_post import posted_notices
from actions.notices import Courier, NoticeGiver
from actions.proving import Proving
from actions.refusal_pace import RefusalPace
from actions.settings import Settings, SettingsError, aes_192_key
from actions.texting import Texting
from actions.words import Words
from wibmo import CardClient, ClientConfig

Clock = Callable[[], float]

# Channels whose platform names the phone of who writes, and what a session records of it.
_VOUCHED = {"whatsapp": "whatsapp number", "twilio": "whatsapp number", "telegram": "telegram contact"}


@dataclass(frozen=True)
class Services:
    """What actions and the gateway work with; one per process."""

    settings: Settings
    clock: Clock
    storage: Storage
    keys: Keys
    vault: Vault
    audit: Audit
    sessions: Sessions
    lockout: Lockout
    journal: Journal
    desk: Desk
    client: CardClient
    bank: Bank
    pace: RefusalPace
    news: News
    recipients: Recipients
    words: Words
    identification: Identification
    changes: ContactChange
    notices: Notices
    notice_giver: NoticeGiver
    numbers: Mapping[str, VouchedNumbers]
    host_identities: HostIdentities | None
    codes: Codes
    texting: Texting
    proving: Proving

    def verified_for_change(self, conversation: str) -> Verified | None:
        """The record of whoever may change something here: verified lately, possession shown where it is wanted."""
        verified = self.sessions.current(conversation, max_age=self.settings.change_max_age)
        return verified if verified is not None and self.proving.may_change(verified) else None

    def hand_off(self, conversation: str, reason: str, language: str) -> str:
        """Open a ticket for the team (or find the open one); returns its reference."""
        with self.storage.begin() as conn:
            return self.hand_off_in(conn, conversation, reason, language)

    def hand_off_in(self, conn: Connection, conversation: str, reason: str, language: str) -> str:
        """As `hand_off`, in the caller's transaction; ends the access to the card in that conversation."""
        verified = self.sessions.peek_in(conn, conversation)
        recipient = self.recipients.of_in(conn, conversation)
        reference = self.desk.open_in(
            conn,
            conversation,
            reason,
            language=language,
            verified=verified is not None,
            last_four=verified.last_four if verified else "",
            urn=verified.urn if verified else "",
            address=recipient.to if recipient else "",
            bank_references=self.journal.references_in(conn, conversation),
        )
        self.sessions.end_in(conn, conversation, "handed off")
        self.codes.drop_in(conn, conversation)
        return reference

    def close(self) -> None:
        """Let bank calls under way end, then close what is open."""
        self.bank.close()
        self.client.close()
        self.storage.close()


def build(
    settings: Settings,
    project: Path,
    *,
    client: CardClient | None = None,
    clock: Clock = time.time,
    courier: Courier | None = None,
) -> Services:
    """Open the database, bring it up to date, and wire everything. Raises StorageError, WrongMaster, ConfigError, SettingsError."""
    storage = Storage(settings.storage_url)
    storage.migrate()
    masters = settings.master_secrets or (master_in(settings.var / "secrets" / "master"),)
    keys = Keys.of(storage, masters)
    audit = Audit(storage, keys, clock)
    sessions = Sessions(storage, keys, audit, clock, settings.session_idle, settings.session_absolute)
    lockout = Lockout(storage, keys, clock)
    journal = Journal(storage, keys, clock)
    client = client or CardClient(client_config(settings), clock=clock)
    bank = Bank(settings.bank_patience)
    news = News(storage)
    desk = Desk(storage, keys, audit, clock)
    numbers = {each: VouchedNumbers(storage, keys, clock, source) for each, source in _VOUCHED.items()}
    host = host_identities(settings, storage, keys, clock)
    proofs: dict[str, Sequence[PossessionProof]] = {channel: [proof] for channel, proof in numbers.items()}
    proofs["web"] = [host] if host else []
    notices = Notices(storage, keys, audit, clock)
    words = Words.of_domain(project / "domain.yml", standing_words(settings))
    codes = Codes(storage, keys, clock)
    texting = Texting(storage, client, lockout, sessions, codes, audit, bank.start)
    proving = Proving(
        storage, lockout, sessions, Proofs(proofs), codes, texting,
        settings.possession_on, sms_codes=settings.sms_codes,
    )  # fmt: skip
    return Services(
        settings=settings,
        clock=clock,
        storage=storage,
        keys=keys,
        vault=Vault(storage, keys, clock, settings.vault_life),
        audit=audit,
        sessions=sessions,
        lockout=lockout,
        journal=journal,
        desk=desk,
        client=client,
        bank=bank,
        pace=RefusalPace(bank, settings.refusal_slot, settings.bank_patience),
        news=news,
        recipients=Recipients(keys),
        words=words,
        identification=Identification(client, lockout, sessions, codes, audit, proving),
        changes=ContactChange(
            client, journal, audit, desk, news, clock, proving.mobile_changed_in, notices.owe_in
        ),
        notices=notices,
        notice_giver=NoticeGiver(notices, words, courier or posted_notices(settings)),
        numbers=numbers,
        host_identities=host,
        codes=codes,
        texting=texting,
        proving=proving,
    )


def host_identities(settings: Settings, storage: Storage, keys: Keys, clock: Clock) -> HostIdentities | None:
    """What takes the tokens of the bank's page, if the operator gave its keys; raises SettingsError for bad ones."""
    if not settings.web_identity_keys:
        return None
    text, issuer, audience = settings.web_identity_keys, settings.web_identity_issuer, settings.web_identity_audience
    try:
        return HostIdentities(storage, keys, clock, keys_text=text, issuer=issuer, audience=audience)
    except ValueError as error:
        raise SettingsError(f"CARDBOT_WEB_IDENTITY_KEYS cannot be used: {error}") from None


def standing_words(settings: Settings) -> dict[str, str]:
    """What every sentence may name."""
    return {
        "support_phone": settings.support_phone,
        "lost_card_phone": settings.lost_card_phone,
        "support_hours": settings.support_hours,
        "support_hours@hi": settings.support_hours_hi,
        "support_hours@hi-Latn": settings.support_hours_hinglish,
        "privacy_url": settings.privacy_url,
        "urn_printed": settings.urn_printed,
        "urn_printed@hi": settings.urn_printed_hi,
        "urn_printed@hi-Latn": settings.urn_printed_hinglish,
    }


def client_config(settings: Settings) -> ClientConfig:
    """The bank's environment as the settings describe it."""
    return ClientConfig(
        base_url=settings.wibmo_base_url,
        api_key=settings.wibmo_api_key.reveal(),
        client_id=settings.wibmo_client_id,
        bank_id=settings.wibmo_bank_id,
        entity_id=settings.wibmo_entity_id,
        secure_code=settings.wibmo_secure_code.reveal(),
        consumer_id=settings.wibmo_consumer_id,
        key=aes_192_key(settings.wibmo_key.reveal()),
        product_id=settings.wibmo_product_id,
        dialect=settings.wibmo_dialect,
        connect_timeout=settings.wibmo_connect_timeout,
        read_timeout=settings.wibmo_read_timeout,
    )
