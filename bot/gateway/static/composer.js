// Where the cardholder writes: Enter sends, Shift+Enter makes a line, a whole card number stays here.

import { holdsCardNumber } from "./details.js";
import { el, icon } from "./dom.js";
import { put } from "./strings.js";

const NEAR = 200;
const TALLEST = 132;

export class Composer {
  #area;
  #note;
  #send;
  #onSend;
  #longest = 4096;

  /** `onSend(text)` is called with a text that may go. */
  constructor(onSend) {
    this.#onSend = onSend;
    this.#note = el("p", { class: "composer-note", id: "composer-note", role: "status" });
    this.#area = el("textarea", {
      id: "message",
      rows: 1,
      autocomplete: "off",
      enterkeyhint: "send",
      "aria-describedby": "composer-note",
      oninput: () => this.#changed(),
      onkeydown: (event) => this.#pressed(event),
    });
    put(this.#area, "messageHint", "hint");
    put(this.#area, "messageLabel", "label");
    this.#send = put(el("button", { type: "submit", class: "send" }, icon("send")), "send", "label");
    this.node = el(
      "form",
      { class: "composer", novalidate: true, onsubmit: (event) => this.#submit(event) },
      this.#note,
      el("div", { class: "composer-line" }, this.#area, this.#send),
    );
    this.#changed();
  }

  set longest(length) {
    if (Number.isInteger(length) && length > 0) this.#longest = length;
  }

  /** While nothing can be sent, the box keeps its words and can be reached, and says what it waits for. */
  pause(isPaused) {
    if (this.#area.readOnly === isPaused) return;
    this.#area.readOnly = isPaused;
    this.#area.setAttribute("aria-disabled", String(isPaused));
    this.#send.disabled = isPaused;
    this.#changed();
  }

  get isEmpty() {
    return this.#area.value.trim() === "";
  }

  focus() {
    this.#area.focus();
  }

  /** Puts a text back for another try, before whatever has been written since. */
  restore(text) {
    this.#area.value = this.isEmpty ? text : `${text}\n${this.#area.value}`;
    this.#changed();
    this.focus();
  }

  clear() {
    this.#area.value = "";
    this.#changed();
  }

  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.node.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    if (this.#area.readOnly) return this.focus();
    const text = this.#area.value.trim();
    const over = [...text].length - this.#longest;
    if (text === "") return this.focus();
    if (holdsCardNumber(text)) return this.#refuse("wholeCard");
    if (over > 0) return this.#refuse("tooLong", { n: over });
    this.clear();
    return this.#onSend(text);
  }

  #refuse(key, values) {
    this.#area.setAttribute("aria-invalid", "true");
    this.#note.dataset.kind = "problem";
    put(this.#note, key, "words", values);
    this.focus();
    if (key === "wholeCard") this.#area.select();
  }

  #changed() {
    const left = this.#longest - [...this.#area.value].length;
    this.#area.removeAttribute("aria-invalid");
    this.#note.removeAttribute("data-kind");
    if (this.#area.readOnly) put(this.#note, "messageLater");
    else if (left < NEAR) {
      put(this.#note, left < 0 ? "tooLong" : "left", "words", { n: Math.abs(left) });
    } else {
      this.#note.removeAttribute("data-words");
      this.#note.textContent = "";
    }
    this.#send.toggleAttribute("data-ready", !this.isEmpty);
    this.#area.style.height = "auto";
    const borders = this.#area.offsetHeight - this.#area.clientHeight;
    const whole = this.#area.scrollHeight + borders;
    this.#area.style.height = `${Math.min(TALLEST, whole)}px`;
    this.#area.style.overflowY = whole > TALLEST ? "auto" : "hidden";
  }
}
