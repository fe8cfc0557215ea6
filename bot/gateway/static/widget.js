// Puts the chat on the page and joins what the server says with what the cardholder does.

import { Composer } from "./composer.js";
import { el, icon } from "./dom.js";
import { Host } from "./host.js";
import { Messages } from "./messages.js";
import { Server } from "./server.js";
import { Shell } from "./shell.js";
import { currentLanguage, put, speak } from "./strings.js";
import { Talk } from "./talk.js";
import { linkPhones } from "./text.js";
import { applyTheme, isEmbedded, tellHost } from "./theme.js";

const LANGUAGE = "cardbot.language";
const QUIET = 250;
const TYPING_LONGEST = 30000;

class Chat {
  #place;
  #cards = new Map();
  #wished = null;
  #unread = 0;
  #busyTimer = null;
  #typingTimer = null;

  constructor(place) {
    this.#place = place;
    const isPanel = place.dataset.layout === "panel";
    const wishes = new URLSearchParams(location.search);
    applyTheme(wishes);
    this.#wished = wishes.get("language");
    speak(this.language() ?? "en");
    this.composer = new Composer((text) => this.messages.pressByName(text) || this.#send({ type: "text", text }));
    this.shell = new Shell(this.composer, this.#shellActions(), { canMinimise: isPanel || isEmbedded() });
    this.messages = new Messages(this.shell.log, this.#messageActions());
    this.launcher = this.#buildLauncher();
    this.host = new Host(new Server());
    this.talk = new Talk(this, { local: storage("localStorage"), session: storage("sessionStorage") });
    place.append(this.shell.node, ...(isPanel ? [this.launcher] : []));
    document.addEventListener("keydown", (event) => this.#escape(event));
    addEventListener("beforeunload", (event) => {
      if (this.talk.wouldLose) event.preventDefault();
    });
  }

  start() {
    this.shell.showEnded(false);
    this.talk.start();
  }

  language() {
    return chosenLanguage() ?? this.#wished;
  }

  session(session) {
    this.host.opened();
    if (this.language() === null) speak(session.language);
    linkPhones([session.support_phone, session.lost_card_phone]);
    this.composer.longest = session.max_length;
    this.shell.introduce(session);
    this.#settleSoon();
  }

  link(state, answer = null) {
    if (answer?.support_phone) this.shell.introduce(answer);
    this.shell.link(state, answer?.text);
    this.composer.pause(state === "crowded");
  }

  message(message) {
    const follow = message.from === "you" || this.shell.isAtEnd();
    if (message.history) this.#settleSoon();
    if (message.from !== "you") this.typing(false);
    if (!this.messages.show(message)) return;
    this.shell.welcome(false);
    if (follow) this.shell.toEnd();
    else this.shell.offerJump();
    if (message.from !== "you" && !message.history) this.#count();
    if (!this.#isMinimised()) requestAnimationFrame(() => this.talk.seen(message.id));
  }

  typing(isOn) {
    clearTimeout(this.#typingTimer);
    this.shell.typing(isOn);
    if (isOn) this.#typingTimer = setTimeout(() => this.shell.typing(false), TYPING_LONGEST);
  }

  changed(entry) {
    if (entry.state === "failed" && entry.body.type === "details") entry.body = { id: entry.id, type: "details" };
    this.messages.update(entry);
    this.shell.welcome(false);
    this.shell.toEnd();
  }

  sent(entry, echo) {
    this.messages.accept(entry, echo);
    this.#cards.delete(entry.id);
  }

  fresh() {
    this.#wipe();
    this.shell.notice("newTalk");
  }

  closed(how = {}) {
    this.#wipe();
    this.composer.clear();
    this.shell.showEnded(true, how);
  }

  #wipe() {
    this.messages.clear();
    this.#cards.clear();
    this.shell.notice(null);
    this.typing(false);
    this.shell.welcome(true);
  }

  #send(body) {
    const entry = this.talk.send(body);
    this.shell.toEnd();
    return entry;
  }

  #messageActions() {
    return {
      press: (button) => {
        this.#send({ type: "button", button: button.id, title: button.title });
        this.#returnFocus();
      },
      details: (values, card) => {
        const entry = this.#send({ type: "details", ...values });
        this.#cards.set(entry.id, card);
        this.#returnFocus();
      },
      skip: () => this.composer.focus(),
      privacyAddress: () => this.shell.privacyAddress,
      retry: (entry) => this.talk.retry(entry),
      edit: (entry) => {
        this.#forget(entry);
        this.composer.restore(entry.body.text);
      },
      enterAgain: (entry) => {
        const card = this.#cards.get(entry.id);
        this.#forget(entry);
        this.messages.askAgain(card);
        this.shell.toEnd();
      },
    };
  }

  #forget(entry) {
    this.talk.discard(entry);
    this.messages.remove(entry);
  }

  #shellActions() {
    return {
      suggest: (text) => {
        this.#send({ type: "text", text });
        this.#returnFocus();
      },
      language: () => {
        const next = currentLanguage() === "en" ? "hi" : "en";
        keepLanguage(next);
        speak(next);
        this.talk.introduceAgain();
      },
      minimise: () => this.#minimise(true),
      end: () => this.#end(),
      retryEnd: () => this.#end(),
      startNew: () => {
        this.start();
        this.composer.focus();
      },
    };
  }

  async #end() {
    this.closed({ isEnding: true });
    const isDone = await this.talk.end();
    this.shell.showEnded(true, { didFail: !isDone });
  }

  /** Focus goes to the message box, except where that would open a keyboard over the screen. */
  #returnFocus() {
    if (matchMedia("(pointer: fine)").matches) this.composer.focus();
    else this.shell.scroll.focus({ preventScroll: true });
  }

  /** While history comes in, screen readers wait; a moment of quiet ends that. */
  #settleSoon() {
    clearTimeout(this.#busyTimer);
    this.shell.log.setAttribute("aria-busy", "true");
    this.#busyTimer = setTimeout(() => {
      this.shell.log.removeAttribute("aria-busy");
      this.shell.toEnd();
    }, QUIET);
  }

  #isMinimised() {
    return this.#place.hasAttribute("data-minimised");
  }

  #minimise(isSmall) {
    if (isEmbedded()) return tellHost("minimise");
    this.#place.toggleAttribute("data-minimised", isSmall);
    this.#unread = 0;
    put(this.launcher, "open", "label");
    this.launcher.removeAttribute("data-unread");
    if (isSmall) return this.launcher.focus();
    this.shell.toEnd();
    this.talk.seen(this.messages.lastId);
    return this.composer.focus();
  }

  #count() {
    if (!this.#isMinimised()) return;
    this.#unread += 1;
    this.launcher.dataset.unread = String(this.#unread);
    put(this.launcher, "openUnread", "label", { n: this.#unread });
  }

  #buildLauncher() {
    const launcher = el("button", { type: "button", class: "launcher", onclick: () => this.#minimise(false) }, icon("chat"));
    return put(launcher, "open", "label");
  }

  #escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || this.shell.node.querySelector("dialog[open]")) return;
    if ((isEmbedded() || this.#place.dataset.layout === "panel") && this.shell.node.contains(document.activeElement)) this.#minimise(true);
  }
}

function storage(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}

function chosenLanguage() {
  try {
    return storage("localStorage").getItem(LANGUAGE);
  } catch {
    return null;
  }
}

function keepLanguage(code) {
  try {
    storage("localStorage").setItem(LANGUAGE, code);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

new Chat(document.getElementById("cardbot")).start();
