// The secure card: three labelled fields whose values leave the page once and stand nowhere afterwards.

import { checkDateOfBirth, checkExpiry, checkLastFour, plainDigits, shapeDate, shapeExpiry } from "./details.js";
import { el, icon } from "./dom.js";
import { put } from "./strings.js";

const FIELDS = {
  last_four: { label: "lastFour", hint: "lastFourHint", check: checkLastFour, shape: shapeLastFour, longest: 23 },
  card_expiry: { label: "expiry", hint: "expiryHint", check: checkExpiry, shape: shapeExpiry, longest: 9 },
  date_of_birth: { label: "dob", hint: "dobHint", check: checkDateOfBirth, shape: shapeDate, longest: 14 },
};

let made = 0;

function shapeLastFour(text) {
  return plainDigits(text).replace(/\D/g, "");
}

/** A form for the fields that the server asks; `actions.details(values)` sends, `actions.skip()` leaves. */
export function buildCard(card, actions) {
  made += 1;
  const title = put(el("h3", { id: `card-${made}-title` }), "cardTitle");
  const fields = card.fields.filter((name) => Object.hasOwn(FIELDS, name)).map((name) => new Field(name, made));
  const form = el("form", { class: "card", novalidate: true, autocomplete: "off", "aria-labelledby": title.id });
  const send = (event) => {
    event.preventDefault();
    const wrong = fields.filter((field) => !field.isFine());
    if (wrong.length > 0) return wrong[0].focus();
    const values = Object.fromEntries(fields.map((field) => [field.name, field.value]));
    fields.forEach((field) => field.forget());
    form.remove();
    return actions.details(values, card);
  };
  const skip = put(el("button", { type: "button", class: "link", onclick: () => actions.skip() }), "detailsSkip");
  form.addEventListener("submit", send);
  form.append(
    el("div", { class: "card-head" }, icon("lock"), title),
    el("p", { class: "why" }, put(el("span"), "cardWhy"), privacyLink(actions.privacyAddress())),
    el("div", { class: "fields" }, ...fields.map((field) => field.node)),
    el("div", { class: "card-foot" }, put(el("button", { type: "submit", class: "primary" }), "detailsSend"), skip),
  );
  return form;
}

function privacyLink(address) {
  if (address === null) return null;
  const link = el("a", { href: address, target: "_blank", rel: "noopener noreferrer" });
  return el("span", { class: "more" }, " ", put(link, "privacyMore"));
}

class Field {
  #kind;
  #input;
  #problem;

  constructor(name, number) {
    const id = `card-${number}-${name}`;
    this.name = name;
    this.#kind = FIELDS[name];
    this.#problem = el("p", { class: "problem", id: `${id}-problem`, role: "alert" });
    this.#input = el("input", {
      id,
      "data-field": name,
      type: "text",
      inputmode: "numeric",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      maxlength: this.#kind.longest,
      "aria-required": "true",
      "aria-describedby": `${id}-hint ${id}-problem`,
      oninput: (event) => this.#typed(event),
      onblur: () => this.#input.value !== "" && this.isFine(),
    });
    this.node = el(
      "div",
      { class: `field ${name}` },
      el(
        "div",
        { class: "field-head" },
        put(el("label", { for: id }), this.#kind.label),
        put(el("span", { class: "field-hint", id: `${id}-hint` }), this.#kind.hint),
      ),
      this.#input,
      this.#problem,
    );
  }

  get value() {
    return this.#kind.check(this.#input.value).value;
  }

  isFine() {
    const { problem } = this.#kind.check(this.#input.value);
    this.#tell(problem ?? null);
    return problem === undefined;
  }

  focus() {
    this.#input.focus();
  }

  forget() {
    this.#input.value = "";
  }

  #typed(event) {
    const input = this.#input;
    const atEnd = input.selectionStart === input.value.length;
    const deleting = event.inputType?.startsWith("delete");
    if (atEnd && !deleting) {
      const shaped = this.#kind.shape(input.value);
      if (shaped !== input.value) input.value = shaped;
    }
    if (this.name === "last_four" && input.value.length > 11) {
      input.value = input.value.slice(-4);
      this.#tell("lastFourKept", false);
    } else if (input.getAttribute("aria-invalid") === "true") {
      this.isFine();
    } else {
      this.#tell(null);
    }
  }

  #tell(key, isWrong = key !== null) {
    this.#input.setAttribute("aria-invalid", String(isWrong));
    this.#problem.toggleAttribute("data-note", key !== null && !isWrong);
    if (key === null) {
      this.#problem.removeAttribute("data-words");
      this.#problem.textContent = "";
    } else {
      put(this.#problem, key);
    }
  }
}
