"""Every action that domain.yml names, with its services."""

from __future__ import annotations

from rasa_sdk import Action

from actions import (
    balance,
    card,
    contact_verification,
    conversation,
    declined,
    handoff,
    possession,
    profile,
    verification,
    which_contact,
)
from actions.cardbot_action import DETAILS
from actions.services import Services


def all_actions(services: Services) -> list[Action]:
    """New instances; the engine refuses a model whose domain names one that is missing here."""
    kinds = [
        verification.ValidateCardDetailsForm,
        verification.Verify,
        verification.BankAnswered,
        verification.TryAgain,
        balance.CheckBalance,
        card.CheckCardStatus,
        card.CheckCardControls,
        card.CheckKycStatus,
        profile.ViewProfile,
        profile.UpdateEmail,
        profile.UpdateMobile,
        profile.ChangeContact,
        profile.ChangeSettled,
        handoff.TalkToHuman,
        handoff.ReportLostCard,
        handoff.CannotDo,
        declined.TransactionQuestion,
        declined.WhyDeclined,
        which_contact.UpdateContactAtAll,
        conversation.Answer,
        conversation.Aside,
        conversation.NotUnderstood,
        conversation.Cancel,
        conversation.LogOut,
        conversation.SwitchLanguage,
    ]
    return [
        *(kind(services) for kind in kinds),
        *(verification.AskForDetail(services, slot) for slot in DETAILS),
        *profile.forms(services),
        *contact_verification.actions(services),
        *possession.actions(services),
    ]
