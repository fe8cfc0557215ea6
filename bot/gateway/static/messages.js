// The conversation on the screen: bubbles in the order of their ids, each shown once, and their open questions.

import { el, icon } from "./dom.js";
import { buildCard } from "./card.js";
import { currentLanguage, put, say } from "./strings.js";
import { linesOf, timeElement } from "./text.js";

const SPEAKERS = { bot: "botsaid", you: "yousaid", agent: "agentsaid" };

export class Messages {
  #log;
  #actions;
  #byId = new Map();
  #mine = new Map();

  /** `actions` answers to press(button), details(values), skip(), retry(entry), edit(entry), discard(entry). */
  constructor(log, actions) {
    this.#log = log;
    this.#actions = actions;
  }

  get isEmpty() {
    return this.#byId.size === 0 && this.#mine.size === 0;
  }

  get lastId() {
    return Math.max(0, ...this.#byId.keys());
  }

  clear() {
    this.#byId.clear();
    this.#mine.clear();
    this.#log.querySelectorAll(".message").forEach((node) => node.remove());
  }

  /** Shows what the server says; false when it stood there before. */
  show(message) {
    if (this.#byId.has(message.id)) return false;
    const own = message.from === "you" ? this.#ownBubble(message) : null;
    if (message.from === "you") this.#markChosen(message.text);
    else this.#closeWhatIsOver(message);
    const node = own ?? this.#build(message);
    // History stands there at once; only what is said now arrives.
    node.toggleAttribute("data-fresh", !this.#log.hasAttribute("aria-busy"));
    node.dataset.id = message.id;
    this.#byId.set(message.id, node);
    this.#place(node, message.id);
    if (own) this.#settle(own, message);
    return true;
  }

  /** The bubble of a message on its way, as it stands now. */
  update(entry) {
    let node = this.#mine.get(entry.id);
    if (!node) {
      node = this.#bubble({ from: "you", text: textOf(entry.body), isTyped: true });
      node.dataset.fresh = "";
      this.#mine.set(entry.id, node);
      this.#log.append(node);
    }
    node.dataset.state = entry.state;
    if (entry.state === "sending") node.dataset.after ??= String(this.lastId);
    const state = node.querySelector(".state");
    state.replaceChildren(...this.#stateOf(entry));
  }

  /** The server has taken a message: it reads from now on as the server says. */
  accept(entry, echo) {
    const node = this.#mine.get(entry.id);
    if (!node) return;
    node.dataset.state = "sent";
    node.dataset.text = echo ?? textOf(entry.body);
    node.querySelector(".state").replaceChildren();
    if (echo !== null && entry.body.type === "text") node.querySelector(".text").replaceChildren(...linesOf(echo, { own: true }));
    if (node.dataset.id) this.#mine.delete(entry.id);
  }

  remove(entry) {
    this.#mine.get(entry.id)?.remove();
    this.#mine.delete(entry.id);
  }

  /** Presses the button that reads so, if it is still open: its words typed are the same answer. */
  pressByName(words) {
    const name = words.toLocaleLowerCase();
    const open = [...this.#log.querySelectorAll(".choices button:not(:disabled)")];
    const named = open.find((button) => button.textContent.toLocaleLowerCase() === name);
    named?.click();
    return named !== undefined;
  }

  /** The card once more, after details that the server could not take. */
  askAgain(card) {
    const last = [...this.#log.querySelectorAll('.message[data-from="bot"]')].at(-1);
    if (card && last) last.append(buildCard(card, this.#actions));
  }

  /** Older questions stay readable, but nothing in them can be pressed; a card stays open while its details are asked for. */
  #closeWhatIsOver({ buttons, card, asks_details: isAsking }) {
    const asks = buttons?.length > 0 || Boolean(card);
    if (asks) {
      for (const button of this.#log.querySelectorAll(".choices button:not(:disabled)")) button.disabled = true;
    }
    if (card || isAsking === false || (asks && !isAsking)) {
      for (const form of this.#log.querySelectorAll("form.card")) form.replaceWith(closedCard());
    }
  }

  /** The answer that was chosen reads so after a reload, and in the other tabs. */
  #markChosen(title) {
    const group = [...this.#log.querySelectorAll(".choices")].at(-1);
    const chosen = [...(group?.children ?? [])].find((button) => button.textContent === title);
    if (!chosen || group.querySelector("[data-chosen]")) return;
    chosen.dataset.chosen = "";
    for (const button of group.children) button.disabled = true;
  }

  #ownBubble(message) {
    if (message.message_id !== undefined) return this.#mine.get(message.message_id) ?? null;
    if (message.history) return null;
    for (const node of this.#mine.values()) {
      const words = node.dataset.text ?? node.querySelector(".text").textContent;
      if (!node.dataset.id && (words === message.text || node.dataset.kind === "details")) return node;
    }
    return null;
  }

  #settle(node, message) {
    const time = timeElement(message.at, indianDay(), currentLanguage());
    if (time) node.querySelector(".foot").append(time);
    for (const [id, other] of this.#mine) {
      if (other === node && node.dataset.state === "sent") this.#mine.delete(id);
    }
  }

  /** Bubbles stand by id; an own one without id follows what stood there when it left, or is the newest. */
  #place(node, id) {
    let before = null;
    for (let next = this.#log.lastElementChild; next; next = next.previousElementSibling) {
      if (next === node || !next.classList.contains("message")) continue;
      if (placeOf(next) < id) break;
      before = next;
    }
    if (node.parentNode === this.#log && node.nextElementSibling === before) return;
    this.#log.insertBefore(node, before);
  }

  #build(message) {
    const node = this.#bubble(message);
    const time = timeElement(message.at, indianDay(), currentLanguage());
    if (time) node.querySelector(".foot").append(time);
    if (message.card) node.append(buildCard(message.card, this.#actions));
    if (message.buttons?.length > 0) node.append(this.#choices(message.buttons));
    return node;
  }

  #bubble({ from, text, kind, isTyped = false }) {
    const speaker = SPEAKERS[from] ? from : "bot";
    const isDetails = text === null || kind === "details";
    const words = el("div", { class: "text" }, ...(isDetails ? [] : linesOf(text, { own: speaker === "you" && !isTyped })));
    if (isDetails) words.append(icon("lock"), put(el("span", { class: "line" }), "detailsSent"));
    return el(
      "div",
      { class: "message", "data-from": speaker, "data-kind": isDetails ? "details" : null },
      el(
        "div",
        { class: "bubble" },
        put(el("span", { class: "unseen" }), SPEAKERS[speaker]),
        speaker === "agent" ? put(el("span", { class: "who" }), "agent") : null,
        words,
      ),
      el("div", { class: "foot" }, el("span", { class: "state" })),
    );
  }

  #choices(buttons) {
    const group = put(el("div", { class: "choices", role: "group" }), "choices", "label");
    for (const button of buttons) {
      const press = (event) => {
        event.currentTarget.dataset.chosen = "";
        for (const other of group.querySelectorAll("button")) other.disabled = true;
        this.#actions.press(button);
      };
      group.append(el("button", { type: "button", onclick: press }, String(button.title)));
    }
    return group;
  }

  #stateOf(entry) {
    if (entry.state === "sending") return [put(el("span"), "sending")];
    if (entry.state === "waiting") return [put(el("span"), "waiting")];
    if (entry.state === "soon") return [entry.reason ? el("span", {}, entry.reason) : put(el("span"), "soon")];
    const act = (key, action) =>
      put(el("button", { type: "button", class: "link", onclick: () => action(entry) }), key);
    return [
      put(el("strong"), "notSent"),
      el("span", {}, ` ${entry.reason || say("failedText")} `),
      entry.body.type === "text" ? act("edit", this.#actions.edit) : null,
      entry.body.type === "details" ? act("enterAgain", this.#actions.enterAgain) : act("tryAgain", this.#actions.retry),
    ].filter(Boolean);
  }
}

function placeOf(node) {
  const { id, after } = node.dataset;
  if (id !== undefined) return Number(id);
  return after === undefined ? Infinity : Number(after) + 0.5;
}

function textOf(body) {
  if (body.type === "details") return null;
  return body.type === "button" ? body.title : body.text;
}

function closedCard() {
  return el("p", { class: "closed" }, icon("lock"), put(el("span"), "detailsUsed"));
}

function indianDay() {
  return new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Kolkata" }).format(new Date());
}
