"""The whole way in a real browser: page, secure card, bank; and what the page does when a cardholder strays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from actions.formatting import rupees
from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.server import ROOT, Server
from tests.widget.browser import ChatPage, chromium, open_chat
from tests.widget.chromium import wait_until
from tests.widget.test_page import SCRIPTS
from wibmo.sandbox import Sandbox

__all__ = ["chromium", "open_chat"]

pytestmark = pytest.mark.browser
Open = Callable[..., ChatPage]
SCREENSHOTS = ROOT / "build" / "screenshots"
WIDTHS = {"1280": {"width": 1280, "height": 800}, "390": {"width": 390, "height": 844, "phone": True}}
PATIENCE = 40.0
LOST_LINE = ("ERR_INTERNET_DISCONNECTED",)
PAGE = (
    "document.documentElement.outerHTML + [...document.querySelectorAll('input, textarea')].map(i => i.value)"
    " + JSON.stringify({...localStorage, ...sessionStorage})"
)


def prove(chat: ChatPage, holder: Holder) -> None:
    chat.wait_for_card(PATIENCE)
    chat.fill_card(holder.last_four, holder.expiry, holder.born.strftime("%d%m%Y"))


def verified(chat: ChatPage, holder: Holder) -> ChatPage:
    chat.press("What’s my balance?")
    prove(chat, holder)
    chat.wait_for("₹", patience=PATIENCE)
    chat.wait_for("Anything else?", patience=PATIENCE)
    return chat


def balance_lines(bank: Sandbox, holder: Holder) -> list[str]:
    """What the ledger says, as a cardholder reads it."""
    purses = [purse for card in bank.ledger.customer(holder.urn).cards for purse in card.purses]
    return [f"{p.name}{' (default)' * p.is_default}: {rupees(p.paise)}" for p in purses]


def picture(chat: ChatPage, name: str) -> None:
    chat.wait_idle()
    chat.tab.screenshot(SCREENSHOTS / f"{name}.png")


@pytest.mark.parametrize("width", WIDTHS)
def test_from_the_page_to_the_balance_to_a_new_email_in_the_ledger(
    open_chat: Open, server: Server, bank: Sandbox, holder: Holder, width: str
) -> None:
    chat = open_chat(server.url, **WIDTHS[width])
    found = chat.axe()
    picture(chat, f"{width}-1-welcome")

    chat.press("What’s my balance?")
    chat.wait_for_card(PATIENCE)
    found += chat.axe()
    picture(chat, f"{width}-2-secure-card")
    prove(chat, holder)
    balance = chat.wait_for("₹", patience=PATIENCE)
    chat.wait_for("Anything else?", patience=PATIENCE)
    found += chat.axe()
    picture(chat, f"{width}-3-balance")
    chat.press("Change e-mail")
    chat.wait_for("Which e-mail", patience=PATIENCE)
    chat.say("rohini.new@example.org")
    read_back = chat.wait_for("Shall I change", patience=PATIENCE)
    picture(chat, f"{width}-4-read-back")
    chat.press("Yes, change it")
    chat.wait_for("is now rohini.new@example.org", patience=PATIENCE)
    found += chat.axe()
    picture(chat, f"{width}-5-changed")

    lines = balance_lines(bank, holder)
    assert len(lines) == 2
    assert balance.text.split("\n")[2:] == lines
    assert "New: rohini.new@example.org" in read_back.text
    assert bank.ledger.customer(holder.urn).email == "rohini.new@example.org"
    assert found == []
    chat.assert_clean()


def test_the_details_stand_nowhere_once_they_are_sent(
    open_chat: Open, server: Server, holder: Holder
) -> None:
    chat = verified(open_chat(server.url), holder)

    page = str(chat.tab.run(PAGE))
    own = " ".join(chat.texts("you"))

    born = holder.born
    for value in (holder.birthday, born.isoformat(), f"{born:%d%m%Y}", holder.slashed, f'"{holder.expiry}"'):
        assert value not in page
    assert holder.last_four not in own
    assert page.count(holder.last_four) == 1  # in "Card ending …"


def test_a_reload_in_the_middle_brings_the_secure_card_back(
    open_chat: Open, server: Server, holder: Holder
) -> None:
    chat = open_chat(server.url)
    chat.say("balance please")
    chat.wait_for_card(PATIENCE)
    chat.fill_card(holder.last_four, "", "", submit=False)

    chat.reload()
    chat.wait_for_card(PATIENCE)
    left = chat.tab.run("[...document.querySelectorAll('form.card input')].map(input => input.value)")
    cards = chat.tab.run("document.querySelectorAll('form.card').length")
    prove(chat, holder)
    chat.wait_for("₹", patience=PATIENCE)

    assert left == ["", "", ""]
    assert cards == 1
    chat.assert_clean()


def test_the_card_is_gone_when_the_details_were_typed_instead(
    open_chat: Open, server: Server, holder: Holder
) -> None:
    chat = open_chat(server.url)
    chat.say("change my email")
    chat.wait_for_card(PATIENCE)

    chat.say(f"{holder.last_four} {holder.slashed} {holder.birthday}")
    chat.wait_for("Which e-mail", patience=PATIENCE)

    chat.wait("document.querySelector('form.card') === null", "the card is closed")
    assert holder.birthday not in str(chat.tab.run(PAGE))


def test_the_card_stays_while_its_details_are_missing(
    open_chat: Open, server: Server, holder: Holder
) -> None:
    chat = open_chat(server.url)
    chat.say("balance")
    chat.wait_for_card(PATIENCE)

    chat.say("why do you need my date of birth?")
    chat.wait_for("nobody else can see your balance", patience=PATIENCE)
    said = len(chat.texts("bot"))
    chat.say("blah blah blub")
    wait_until(lambda: len(chat.texts("bot")) > said, "an answer to rubbish", PATIENCE)
    prove(chat, holder)

    chat.wait_for("₹", patience=PATIENCE)


def test_afterwards_the_talk_is_there_and_its_values_are_not(
    open_chat: Open, server: Server, holder: Holder
) -> None:
    chat = verified(open_chat(server.url), holder)
    before = chat.texts()

    def forgotten() -> bool:
        chat.wait("performance.now() > 2000", "the page says what it has shown")
        chat.reload()
        chat.wait_for("Anything else?", patience=PATIENCE)
        return "₹" not in chat.tab.run("document.body.textContent")

    wait_until(forgotten, "the values are forgotten", PATIENCE)

    after = chat.texts()
    balance = next(text for text in after if text.startswith("Card ending"))
    assert len(after) == len(before)
    assert after[:2] == before[:2]
    assert balance.count("[shown ") == 3  # ending, total, wallets
    assert holder.last_four not in chat.tab.run("document.body.textContent")
    picture(chat, "1280-6-after-reload")
    chat.assert_clean()


def test_two_tabs_are_one_talk_through_verification_to_its_end(
    open_chat: Open, server: Server, bank: Sandbox, holder: Holder
) -> None:
    one = open_chat(server.url)
    other = open_chat(server.url, beside=one)

    verified(one, holder)
    other.wait_for("₹", patience=PATIENCE)
    other.wait_for("Anything else?", patience=PATIENCE)
    other.say("What is my balance?")
    wait_until(lambda: sum("₹" in text for text in one.texts("bot")) == 2, "the second balance", PATIENCE)
    wait_until(lambda: one.texts("bot") == other.texts("bot"), "both tabs show the same", PATIENCE)
    one.press("End chat")
    one.tab.click("document.querySelector('[data-action=confirm-end]')")

    for page in (one, other):
        page.wait("document.querySelector('.ended').hidden === false", "the chat has ended", PATIENCE)
        assert "₹" not in page.tab.run("document.body.textContent")
    one.press("Start a new chat")
    one.wait_online()
    one.say("balance")
    one.wait_for_card(PATIENCE)  # a new talk knows nobody
    assert len(one.texts()) == 2
    one.assert_clean()


def test_ten_seconds_offline_lose_nothing(open_chat: Open, server: Server) -> None:
    chat = open_chat(server.url)
    other = open_chat(server.url, beside=chat)

    chat.tab.offline(True)
    chat.tab.run("window.since = performance.now()")
    chat.say("I lost my card")
    other.say("hello")
    other.wait_for("I can tell you your card balance", patience=PATIENCE)
    chat.wait("performance.now() - window.since > 10000", "ten seconds pass", 20)
    before = [(message.text, message.state) for message in chat.messages()]
    picture(chat, "1280-7-offline")
    chat.tab.offline(False)
    chat.wait_for("they will block the card at once", patience=PATIENCE)
    chat.wait_for("I can tell you your card balance", patience=PATIENCE)

    assert before == [("I lost my card", "waiting")]
    wait_until(lambda: chat.texts() == other.texts(), "both tabs show the same", PATIENCE)
    assert sorted(chat.texts("you")) == ["I lost my card", "hello"]
    chat.assert_clean(but=LOST_LINE)


def test_the_lost_card_line_can_be_called_from_the_answer(open_chat: Open, server: Server) -> None:
    chat = open_chat(server.url, **WIDTHS["390"])

    chat.press("I lost my card")
    chat.wait_for("block the card at once", patience=PATIENCE)

    assert chat.tab.run("document.querySelector('.log a').href") == "tel:18000000001"
    picture(chat, "390-6-lost-card")


def test_a_whole_card_number_never_leaves_the_browser(open_chat: Open, server: Server) -> None:
    chat = open_chat(server.url)

    chat.say("4111 1111 1111 1111")
    chat.wait("document.querySelector('#composer-note').textContent.includes('full card number')")

    assert chat.messages() == []
    assert not [url for url in chat.tab.requests() if url.endswith("/web/messages")]


def test_scripts_that_are_typed_or_stand_in_the_record_are_words(
    open_chat: Open, server: Server, bank: Sandbox
) -> None:
    script = "<script>window.hit=1</script>"
    image = "<img src=x onerror=window.hit=1>"
    person = new_holder(bank, name=[script, image])
    for purse in bank.ledger.customer(person.urn).cards[0].purses:
        purse.name = f"{purse.name} {image}"
    chat = verified(open_chat(server.url), person)

    for words in SCRIPTS[:6]:
        chat.say(words)
    wait_until(lambda: len(chat.texts("you")) == 8, "the scripts are taken", PATIENCE)
    chat.wait(
        "document.querySelectorAll('[data-from=you]:not([data-state=sent])').length === 0", None, PATIENCE
    )
    seen = chat.texts()
    chat.reload()
    chat.wait_for("Anything else?", patience=PATIENCE)

    assert any(image in text for text in seen if "₹" in text)
    markup = "script:not([src^='/static/']), iframe, img, svg:not(.icon, .demo-name svg, .demo-card), .log :is(style, form)"
    assert chat.tab.run(f'document.querySelectorAll("{markup}").length') == 0
    assert chat.tab.run("window.hit === undefined")
    chat.assert_clean()


def test_a_cardholder_who_reads_hindi_is_answered_in_hindi(
    open_chat: Open, server: Server, holder: Holder
) -> None:
    chat = open_chat(server.url, **WIDTHS["390"])

    chat.press("हिन्दी")
    chat.wait("document.querySelector('.banner.sandbox').textContent.includes('सैंडबॉक्स')", None, PATIENCE)
    chat.press("मेरा बैलेंस कितना है?")
    chat.wait_for_card(PATIENCE)
    picture(chat, "390-7-hindi-card")
    prove(chat, holder)
    balance = chat.wait_for("₹", patience=PATIENCE)
    chat.wait_for("और कुछ?", patience=PATIENCE)
    found = chat.axe()
    picture(chat, "390-8-hindi-balance")
    chat.reload()
    chat.wait_for("और कुछ?", patience=PATIENCE)

    assert "उपलब्ध" in balance.text
    assert chat.tab.run("document.documentElement.lang") == "hi"
    assert found == []
    chat.assert_clean()


def test_every_page_that_the_widget_links_to_is_there(open_chat: Open, server: Server) -> None:
    chat = open_chat(server.url)
    links = chat.tab.run("[...document.querySelectorAll('a[href^=http]')].map(a => a.href)")

    answers = [requests.get(link, timeout=10) for link in links]
    chat.tab.go(links[0])
    chat.wait("document.querySelector('h1')?.textContent.includes('protected')")

    assert [answer.status_code for answer in answers] == [200] * len(links)
    assert "text/html" in answers[0].headers["content-type"]
    assert chat.tab.complaints() == []


def test_the_banner_comes_in_the_language_that_was_asked_for(server: Server) -> None:
    def banner(body: object) -> tuple[str, str]:
        answer = requests.post(
            f"{server.url}/web/session", json=body, headers={"X-Cardbot": "1"}, timeout=10
        ).json()
        return answer["language"], answer["banner"]

    assert banner({"language": "hi"})[0] == "hi"
    assert "सैंडबॉक्स" in banner({"language": "hi"})[1]
    assert "nakli" in banner({"language": "hi-Latn"})[1]
    for odd in ({}, {"language": "xx"}, {"language": ["hi"]}, [], None):
        assert banner(odd)[0] == "en"
