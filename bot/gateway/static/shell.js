// The chat's frame: heading, banners, the scrolling room, the closing question, the words after the end.

import { el, icon, safeLink } from "./dom.js";
import { languageOf, put } from "./strings.js";

const SUGGESTIONS = ["suggestBalance", "suggestEmail", "suggestMobile", "suggestLost", "suggestHuman"];
const BANNER_PATIENCE = 1500;
const NEAR_END = 80;
const MARGIN = 12;

export class Shell {
  #bannerTimer = null;
  #sandbox;
  #status;
  #link;
  #notice;
  #welcome;
  #typing;
  #jump;
  #talk;
  #ended;
  #footer;
  #dialog;
  #confirmed;
  #isPinned = true;
  privacyAddress = null;

  /** `actions` answers to suggest(text), language(), minimise(), end(), startNew(), retryEnd(). */
  constructor(composer, actions, { canMinimise }) {
    this.log = put(el("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions" }), "conversation", "label");
    this.#confirmed = actions.end;
    this.#sandbox = el("p", { class: "banner sandbox", hidden: true });
    this.#link = el("p", { class: "banner link-state", role: "status" });
    this.#notice = el("p", { class: "notice", role: "status" });
    this.#welcome = buildWelcome(actions);
    this.#typing = buildTyping();
    this.#footer = el("p", { class: "small" }, put(el("span"), "neverShare"));
    this.#jump = el("button", { type: "button", class: "jump", hidden: true, onclick: () => this.toEnd() }, icon("down"), put(el("span"), "newMessages"));
    this.scroll = put(
      el("div", { class: "scroll", tabindex: "0", role: "region", onscroll: () => this.#scrolled() }, this.#welcome, this.#notice, this.log, this.#typing),
      "conversation",
      "label",
    );
    new ResizeObserver(() => this.#isPinned && this.toEnd()).observe(this.scroll);
    this.#talk = el("div", { class: "talk" }, this.scroll, this.#jump, composer.node);
    this.#ended = buildEnded(actions);
    this.#dialog = this.#buildDialog();
    this.node = put(
      el("section", { class: "cardbot" }, this.#heading(actions, canMinimise), this.#sandbox, this.#link, this.#talk, this.#ended, this.#footer, this.#dialog),
      "title",
      "label",
    );
  }

  /** What the server says about itself: whether all is pretence, whom to call, where privacy is explained. */
  introduce(session) {
    this.#sandbox.hidden = !(session.banner || session.sandbox);
    if (session.banner) {
      this.#sandbox.removeAttribute("data-words");
      this.#sandbox.textContent = session.banner;
    } else put(this.#sandbox, "unnamedSandbox");
    this.privacyAddress = session.privacy_url ? safeLink(session.privacy_url) : null;
    const number = String(session.support_phone ?? "").replace(/[^\d+]/g, "");
    this.#footer.replaceChildren(put(el("span"), "neverShare"));
    if (this.privacyAddress) {
      this.#footer.append(put(el("a", { href: this.privacyAddress, target: "_blank", rel: "noopener noreferrer" }), "privacy"));
    }
    if (number) this.#footer.append(put(el("a", { href: `tel:${number}` }), "call", "words", { phone: session.support_phone }));
  }

  /** Online, connecting, offline or crowded; a broken line is told after a moment, the rest at once, a crowd in these `words`. */
  link(state, words) {
    put(this.#status, state);
    this.node.dataset.link = state;
    for (const suggestion of this.#welcome.querySelectorAll("button")) suggestion.disabled = state === "crowded";
    clearTimeout(this.#bannerTimer);
    if (state === "online") this.#link.replaceChildren();
    else if (state === "crowded") this.#tellCrowd(words);
    else {
      const tell = () => this.#link.replaceChildren(put(el("span"), state === "offline" ? "offlineBanner" : "reconnecting"));
      this.#bannerTimer = setTimeout(tell, state === "offline" ? 0 : BANNER_PATIENCE);
    }
  }

  /** Said once however often it is heard, or a screen reader would say it at every try. */
  #tellCrowd(words) {
    const kind = words ? el("span", { lang: languageOf(words) }, words) : put(el("span"), "crowdedText");
    const told = el("span", {}, kind, " ", put(el("span"), "crowdedWait"));
    if (told.textContent !== this.#link.textContent) this.#link.replaceChildren(told);
  }

  typing(isOn) {
    const follow = this.isAtEnd();
    this.#typing.hidden = !isOn;
    if (follow) this.toEnd();
  }

  notice(key) {
    if (key) put(this.#notice, key);
    else {
      this.#notice.removeAttribute("data-words");
      this.#notice.textContent = "";
    }
  }

  welcome(isOpen) {
    this.#welcome.toggleAttribute("data-quiet", !isOpen);
  }

  /** Shows the talk, or the words after it with the outcome of ending it. */
  showEnded(isEnded, { didFail = false, isEnding = false } = {}) {
    this.#talk.hidden = isEnded;
    this.#ended.hidden = !isEnded;
    this.node.toggleAttribute("data-ended", isEnded);
    if (!isEnded) return;
    clearTimeout(this.#bannerTimer);
    this.#link.replaceChildren();
    put(this.#status, "ended");
    put(this.#ended.querySelector(".ended-text"), didFail ? "endFailed" : "endedText");
    this.#ended.querySelector(".retry-end").hidden = !didFail;
    this.#ended.querySelector(".start-new").hidden = didFail || isEnding;
    this.#ended.querySelector("h2").focus();
  }

  isAtEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR_END;
  }

  /** To the newest message: to its beginning when it is taller than the room. */
  toEnd() {
    const room = this.scroll.getBoundingClientRect();
    const newest = this.log.lastElementChild?.getBoundingClientRect();
    const isTall = newest !== undefined && newest.height > room.height;
    this.scroll.scrollTop = isTall ? this.scroll.scrollTop + newest.top - room.top - MARGIN : this.scroll.scrollHeight;
    this.#jump.hidden = true;
  }

  offerJump() {
    this.#jump.hidden = this.isAtEnd();
  }

  #scrolled() {
    this.#isPinned = this.isAtEnd();
    if (this.isAtEnd()) this.#jump.hidden = true;
  }

  #heading(actions, canMinimise) {
    this.#status = put(el("p", { class: "status" }), "connecting");
    const language = put(el("button", { type: "button", class: "quiet", "data-action": "language", onclick: actions.language }), "switchLanguage");
    const end = put(el("button", { type: "button", class: "quiet", "data-action": "end", onclick: () => this.#dialog.showModal() }), "endChat");
    const minimise = put(el("button", { type: "button", class: "quiet round", "data-action": "minimise", onclick: actions.minimise }, icon("minimise")), "minimise", "label");
    return el(
      "header",
      { class: "heading" },
      el("span", { class: "mark", "aria-hidden": "true" }, icon("chat")),
      el("div", { class: "heading-words" }, put(el("h2"), "title"), this.#status),
      el("div", { class: "heading-actions" }, language, end, canMinimise ? minimise : null),
    );
  }

  #buildDialog() {
    const close = () => this.#dialog.close();
    const confirm = () => {
      close();
      this.#confirmed();
    };
    return el(
      "dialog",
      { class: "confirm", "aria-labelledby": "end-title" },
      put(el("h2", { id: "end-title" }), "endTitle"),
      put(el("p"), "endText"),
      el(
        "div",
        { class: "confirm-actions" },
        put(el("button", { type: "button", class: "secondary", onclick: close }), "endNo"),
        put(el("button", { type: "button", class: "danger", "data-action": "confirm-end", onclick: confirm }), "endYes"),
      ),
    );
  }
}

function buildWelcome(actions) {
  const choices = SUGGESTIONS.map((key) =>
    put(el("button", { type: "button", onclick: (event) => actions.suggest(event.currentTarget.textContent) }), key),
  );
  return el(
    "div",
    { class: "welcome" },
    put(el("h2"), "welcomeTitle"),
    put(el("p"), "welcomeText"),
    el("div", { class: "choices" }, ...choices),
  );
}

function buildTyping() {
  const dots = el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  return el("div", { class: "typing", hidden: true }, put(el("span", { class: "unseen" }), "typing"), dots);
}

function buildEnded(actions) {
  return el(
    "div",
    { class: "ended", hidden: true },
    el("span", { class: "ended-mark", "aria-hidden": "true" }, icon("check")),
    put(el("h2", { tabindex: "-1" }), "endedTitle"),
    put(el("p", { class: "ended-text" }), "endedText"),
    put(el("button", { type: "button", class: "secondary retry-end", hidden: true, onclick: actions.retryEnd }), "endRetry"),
    put(el("button", { type: "button", class: "primary start-new", "data-action": "start-new", onclick: actions.startNew }), "startNew"),
  );
}
