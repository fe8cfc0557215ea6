"""What a cardholder sees and does in the widget: questions, the secure card, keys, languages, widths."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.widget.browser import ChatPage
from tests.widget.chromium import wait_until
from tests.widget.fake_server import FakeServer, Fault

pytestmark = pytest.mark.browser
Open = Callable[..., ChatPage]

SCRIPTS = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg onload=window.hit=1>",
    '"><script src=//evil.example/x.js></script>',
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<a href=javascript:window.hit=1>click</a>",
    "javascript:window.hit=1",
    "{{constructor.constructor('window.hit=1')()}}",
    "${window.hit=1}",
    "</div></body><script>window.hit=1</script>",
    "<style>*{display:none}</style>",
    "<form action=//evil.example><input name=pin></form>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>",
    "&lt;b&gt; &amp; &#60;script&#62;",
    "\u202egnp.exe\u2066",
    "<details open ontoggle=window.hit=1>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<template><script>window.hit=1</script></template>",
    "*bold* _it_ [link](javascript:window.hit=1)",
]


def with_card(open_chat: Open, server: FakeServer, **more: object) -> ChatPage:
    chat = open_chat(server.url, **more)
    server.ask_details("First, let us make sure it is you.")
    chat.wait_for_card()
    chat.wait_idle()
    return chat


def last_details(server: FakeServer) -> dict[str, object]:
    wait_until(lambda: server.received, "the details arrive")
    return {key: value for key, value in server.received[-1].items() if key != "id"}


def problem_of(chat: ChatPage, field: str) -> str:
    return str(chat.tab.run(f"""document.querySelector('[id$="{field}-problem"]').textContent"""))


def test_details_go_out_as_details_and_stand_nowhere_afterwards(open_chat: Open, server: FakeServer) -> None:
    chat = with_card(open_chat, server)

    chat.fill_card("8305", "0827", "11071993")
    chat.wait_for("Details sent securely", sender="you")
    chat.wait("document.querySelector('[data-kind=details]').dataset.state === 'sent'")
    page = chat.tab.run("document.documentElement.outerHTML + [...document.querySelectorAll('input')].map(i => i.value)")
    stored = chat.tab.run("JSON.stringify({...localStorage, ...sessionStorage})")

    assert last_details(server) == {
        "type": "details",
        "last_four": "8305",
        "card_expiry": "0827",
        "date_of_birth": "1993-07-11",
    }
    for value in ("8305", "0827", "08/27", "11-07-1993", "1993-07-11"):
        assert value not in page + stored
    assert not chat.messages()[0].card
    chat.assert_clean()


def test_slashes_and_dashes_appear_by_themselves(open_chat: Open, server: FakeServer) -> None:
    chat = with_card(open_chat, server)

    chat.fill_card("8305", "827", "11071993", submit=False)

    typed = chat.tab.run("[...document.querySelectorAll('form.card input')].map(input => input.value)")
    assert typed == ["8305", "08/27", "11-07-1993"]


def test_an_impossible_detail_is_told_beside_its_field(open_chat: Open, server: FakeServer) -> None:
    chat = with_card(open_chat, server)

    chat.fill_card("83", "1327", "31021993")
    chat.wait("document.activeElement.dataset.field === 'last_four'")
    described = chat.tab.run(
        "document.activeElement.getAttribute('aria-invalid') + "
        "document.getElementById(document.activeElement.getAttribute('aria-describedby').split(' ')[1]).textContent"
    )

    assert described == "trueWe need four digits: the last ones on your card."
    assert "between 01 and 12" in problem_of(chat, "card_expiry")
    assert "calendar" in problem_of(chat, "date_of_birth")
    assert server.received == []


def test_a_whole_number_in_the_card_keeps_its_last_four_alone(open_chat: Open, server: FakeServer) -> None:
    chat = with_card(open_chat, server)

    chat.tab.click("document.querySelector('[data-field=last_four]')")
    chat.tab.paste("4111 1111 1111 1111")

    assert chat.tab.run("document.querySelector('[data-field=last_four]').value") == "1111"
    assert "just those" in problem_of(chat, "last_four")


def test_details_that_the_server_refuses_can_be_entered_again(open_chat: Open, server: FakeServer) -> None:
    chat = with_card(open_chat, server)
    server.faults = [Fault(422, "Please check the date.")]

    chat.fill_card("8305", "0827", "11071993")
    chat.wait("document.querySelector('[data-state=failed] .state')?.textContent.includes('check the date')")
    chat.press("Enter again")
    chat.fill_card("8305", "0827", "12071993")

    assert last_details(server)["date_of_birth"] == "1993-07-12"


def test_the_card_can_be_left_for_the_message_box(open_chat: Open, server: FakeServer) -> None:
    chat = with_card(open_chat, server)

    chat.press("Type in the chat instead")

    chat.wait("document.activeElement.id === 'message'")
    assert chat.tab.run("document.querySelector('form.card a').textContent") == "How we protect your details"


def test_a_card_number_in_the_message_box_is_not_sent(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)

    chat.say("my card is 4111 1111 1111 1111")
    chat.wait("document.querySelector('.composer-note').textContent.includes('full card number')")

    assert server.received == []
    assert chat.tab.run("document.querySelector('#message').value") == "my card is 4111 1111 1111 1111"


def test_a_message_over_the_limit_is_kept_back(open_chat: Open, server: FakeServer) -> None:
    server.session["max_length"] = 20
    chat = open_chat(server.url)

    chat.say("a" * 25)
    chat.wait("document.querySelector('.composer-note').textContent.includes('5 characters too long')")

    assert server.received == []


def test_a_quick_reply_is_pressed_once(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)
    server.ask("Which one?", "Balance", "E-mail")
    chat.wait_for("Which one?")

    chat.press("Balance")
    chat.wait_for("Balance", sender="you")
    wait_until(lambda: server.received, "the press arrives")

    assert server.received[0]["button"] == "b-Balance"
    assert chat.messages()[0].buttons == []


def test_a_newer_question_closes_the_older_ones(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)
    server.ask("Which one?", "Balance")
    server.ask_details("Who is it?")
    chat.wait_for_card()
    server.ask("Sure?", "Yes", "No")
    chat.wait_for("Sure?")

    assert [(m.text, m.buttons, m.card) for m in chat.messages()] == [
        ("Which one?", [], False),
        ("Who is it?", [], False),
        ("Sure?", ["Yes", "No"], False),
    ]


def test_an_open_card_is_there_again_after_a_reload(open_chat: Open, server: FakeServer) -> None:
    chat = with_card(open_chat, server)

    chat.reload()
    chat.wait_for_card()

    chat.fill_card("8305", "0827", "11071993")
    assert last_details(server)["last_four"] == "8305"


def test_typing_shows_until_the_answer_comes(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)

    server.typing(True)
    chat.wait("!document.querySelector('.typing').hidden")
    server.say("Here you are.")
    chat.wait_for("Here you are.")

    assert chat.tab.run("document.querySelector('.typing').hidden")


def test_lines_and_amounts_read_well(open_chat: Open, server: FakeServer) -> None:
    text = "Your cards:\n\nMain wallet: ₹1,00,000.00\nMeal wallet (default): ₹250.50\nThat is all."
    chat = open_chat(server.url)

    server.say(text)
    chat.wait_for("That is all.")
    edges = chat.tab.run("[...document.querySelectorAll('.amount')].map(a => Math.round(a.getBoundingClientRect().right))")

    assert chat.texts() == [text]
    assert len(set(edges)) == 1
    assert len(edges) == 2


@pytest.mark.parametrize("seat", ["text", "title", "banner"])
def test_markup_is_words_wherever_it_stands(open_chat: Open, server: FakeServer, seat: str) -> None:
    if seat == "banner":
        server.session |= {"banner": SCRIPTS[0], "privacy_url": "javascript:window.hit=1", "support_phone": SCRIPTS[1]}
    chat = open_chat(server.url)
    for script in SCRIPTS:
        server.say(script) if seat != "title" else server.ask("Choose", script)
    server.say("end")
    chat.wait_for("end")

    seen = chat.texts() + chat.tab.run("[...document.querySelectorAll('.choices button')].map(b => b.textContent)")
    foreign = "script:not([src^='/static/']), iframe, img, .log a, .log style, .log form, a[href^='javascript']"
    assert chat.tab.run(f"document.querySelectorAll({json.dumps(foreign)}).length") == 0
    assert chat.tab.run("window.hit === undefined")
    if seat != "banner":
        assert [script for script in SCRIPTS if script not in seen] == []
    chat.assert_clean()


def test_the_interface_speaks_hindi_and_remembers_it(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)

    chat.press("हिन्दी")
    chat.wait("document.documentElement.lang === 'hi'")
    words = chat.tab.run("document.querySelector('.welcome h2').textContent")
    chat.reload()

    assert words == "आपके कार्ड के बारे में क्या मदद करें?"
    assert chat.tab.run("document.querySelector('#message').placeholder") == "संदेश लिखें…"


def test_both_languages_say_everything_with_the_same_places(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)

    source = chat.tab.run("fetch('/static/strings.js').then(r => r.text())")
    english, hindi = source.split("const HINDI")

    def entries(part: str) -> dict[str, list[str]]:
        lines = [line.strip().split(": ", 1) for line in part.split("};")[0].splitlines() if line.startswith("  ")]
        return {key: sorted(words.split("{")[1:]) and [w.split("}")[0] for w in words.split("{")[1:]] for key, words in lines}

    assert entries(english.split("const ENGLISH")[1]) == entries(hindi)


def test_shift_enter_makes_a_line_and_enter_sends(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)

    chat.write("one")
    chat.tab.key("Enter", shift=True)
    chat.tab.type("two")
    chat.tab.key("Enter")
    chat.wait_for("one\ntwo", sender="you")

    assert server.texts == ["one\ntwo"]


def test_escape_leaves_the_question_first_and_the_chat_second(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)

    chat.press("End chat")
    chat.wait("document.querySelector('dialog').open")
    chat.tab.key("Escape")
    chat.wait("!document.querySelector('dialog').open")
    still_open = chat.tab.run("document.querySelector('.cardbot').checkVisibility()")
    chat.tab.key("Escape")
    chat.wait("document.activeElement.classList.contains('launcher')")
    chat.press("Chat with us")

    assert still_open
    chat.wait("document.activeElement.id === 'message'")


def test_a_suggestion_begins_the_talk(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)

    chat.press("What’s my balance?")
    chat.wait_for("What’s my balance?", sender="you")

    assert server.texts == ["What’s my balance?"]
    assert not chat.tab.run("document.querySelector('.welcome .choices').checkVisibility()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (320, 256), (640, 400)])
def test_every_width_has_no_side_scroll_and_axe_finds_nothing(
    open_chat: Open, server: FakeServer, scheme: str, width: int, height: int
) -> None:
    chat = open_chat(server.url, width=width, height=height, prefers_color_scheme=scheme)
    start = chat.axe()
    server.ask("Choose\nMain wallet: ₹1,00,000.00", "One", "Two")
    chat.wait_for("Choose")
    chat.press("One")
    server.say("[shown 10:42] is what it was", sender="agent")
    server.ask_details("Who is it?")
    chat.wait_for_card()
    chat.tab.click("document.querySelector('form.card [type=submit]')")
    talk = chat.axe()
    narrow = chat.tab.run("document.documentElement.scrollWidth <= innerWidth && "
                          "document.querySelector('.scroll').scrollWidth <= document.querySelector('.scroll').clientWidth")
    chat.press("End chat")
    question = chat.axe()
    chat.tab.click("document.querySelector('[data-action=confirm-end]')")
    chat.wait("document.querySelector('.ended').hidden === false")
    end = chat.axe()

    assert (start, talk, question, end) == ([], [], [], [])
    assert narrow


def test_values_that_the_server_took_away_are_marked_in_ones_own_words_only(
    open_chat: Open, server: FakeServer
) -> None:
    chat = open_chat(server.url)

    server.say("my card ends with [four digits], [card number]", sender="you")
    server.say("please read [four digits] or [shown 10:42]")
    chat.wait_for("please read")

    marked = chat.tab.run("[...document.querySelectorAll('.log .sealed, .log .shown')].map(mark => mark.textContent)")
    assert marked == ["4 digits", "card number", "[shown 10:42]"]


def test_only_the_operators_own_numbers_can_be_called(open_chat: Open, server: FakeServer) -> None:
    server.session |= {"support_phone": "1800 000 000", "lost_card_phone": "+91 22 0000 0001"}
    chat = open_chat(server.url)

    server.say("Call +91 22 0000 0001 or 1800 000 000; your number is 98765 43210, your reference CB-WNMF-96.")
    chat.wait_for("your reference")

    links = chat.tab.run("[...document.querySelectorAll('.log a')].map(link => link.href)")
    assert links == ["tel:+912200000001", "tel:1800000000"]
    assert chat.tab.run("document.querySelector('.log .reference').textContent") == "CB-WNMF-96"


def test_the_words_of_an_open_button_typed_press_it(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)
    server.ask("Again?", "Try again", "Talk to a person")
    chat.wait_for("Again?")

    chat.say("try again")
    wait_until(lambda: server.received, "the press arrives")
    chat.say("try again")
    wait_until(lambda: len(server.received) == 2, "the words arrive")

    assert [message["type"] for message in server.received] == ["button", "text"]
    assert server.received[0]["button"] == "b-Try again"


def test_an_answer_given_in_another_tab_or_before_a_reload_reads_as_chosen(
    open_chat: Open, server: FakeServer
) -> None:
    chat = open_chat(server.url)
    server.ask("Shall I?", "Yes", "No")
    chat.wait_for("Shall I?")

    server.say("No", sender="you", message_id="from-another-tab")
    chat.wait_for("No", sender="you")

    assert chat.messages()[0].buttons == []
    assert chat.tab.run("[...document.querySelectorAll('[data-chosen]')].map(b => b.textContent)") == ["No"]


def test_the_card_closes_when_the_server_no_longer_asks_and_stays_while_it_does(
    open_chat: Open, server: FakeServer
) -> None:
    chat = with_card(open_chat, server)

    server.ask("Sorry?", "Balance", asks_details=True)
    chat.wait_for("Sorry?")
    is_open = chat.tab.run("document.querySelector('form.card') !== null")
    server.say("Thank you.", asks_details=False)
    chat.wait_for("Thank you.")

    assert is_open
    assert chat.tab.run("document.querySelector('form.card')") is None


def test_the_server_hears_which_language_is_read(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url, path="/?language=hi")

    chat.press("English")
    wait_until(lambda: len(server.languages) == 2, "the page introduces itself again")

    assert server.languages == ["hi", "en"]


def test_whatever_can_be_pressed_is_large_enough_for_a_thumb(open_chat: Open, server: FakeServer) -> None:
    chat = with_card(open_chat, server, width=390, height=844, phone=True)

    small = chat.tab.run(
        "[...document.querySelectorAll('#cardbot :is(button, input, textarea, .small a)')].filter(n => n.checkVisibility())"
        ".filter(n => n.getBoundingClientRect().height < 43.9 || n.getBoundingClientRect().width < 40)"
        ".map(n => n.outerHTML)"
    )

    assert small == []


def test_one_script_tag_puts_the_chat_on_a_banks_page(open_chat: Open, server: FakeServer) -> None:
    bank = FakeServer(now=lambda: "2026-11-22T10:42:07+05:30")
    server.framed_by = bank.url
    bank.pages["/bank"] = (
        "<!doctype html><html lang=en><title>Bank</title><link rel=icon href=data:,><main><h1>Bank</h1></main>"
        f"<script src='{server.url}/static/embed.js' data-accent='#1d3fb8' data-theme=light data-language=hi defer></script>"
    )
    tab = open_chat(server.url).tab
    opened = server.sessions_opened

    tab.go(f"{bank.url}/bank")
    tab.click("document.querySelector('body > button')")
    wait_until(lambda: server.sessions_opened == opened + 1 and len(server.streams_opened) == 2, "the frame is connected")
    box = "document.querySelector('iframe').getBoundingClientRect()"
    x, y = tab.run(f"[{box}.x + 150, {box}.bottom - 75]")
    for kind in ("mousePressed", "mouseReleased"):
        tab.target.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    tab.paste("from the bank's page")
    tab.key("Enter")
    wait_until(lambda: server.texts == ["from the bank's page"], "the message arrives")
    tab.key("Escape")
    wait_until(lambda: tab.run("document.querySelector('iframe').style.display === 'none'"), "the frame closes")

    assert tab.complaints() == []
    bank.close()
