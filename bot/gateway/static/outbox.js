// Messages that the server has not accepted yet, in order, each with the id it keeps through every retry.

const STORE = "cardbot.outbox";

/** A random id; crypto.randomUUID exists on secure pages only. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether a message may rest in the tab's store: words and buttons only, never anything that may be a value. */
function mayRest(entry) {
  return entry.body.type === "button" || (entry.body.type === "text" && !/[\p{Nd}@]/u.test(entry.body.text));
}

export class Outbox {
  #entries = [];
  #store;

  constructor(store) {
    this.#store = store;
  }

  get first() {
    return this.#entries.find((entry) => entry.state !== "failed") ?? null;
  }

  /** Whether something waits here that must not rest in the store, and so lives in this page alone. */
  get holdsValues() {
    return this.#entries.some((entry) => entry.state !== "failed" && !mayRest(entry));
  }

  add(body) {
    const entry = { id: body.id ?? newId(), body, state: "waiting", tries: 0, reason: null };
    entry.body.id = entry.id;
    this.#entries.push(entry);
    this.#save();
    return entry;
  }

  remove(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#save();
  }

  clear() {
    this.#entries = [];
    this.#save();
  }

  /** The messages that an earlier life of this tab could not send; a private value is never among them. */
  restore() {
    let bodies = [];
    try {
      bodies = JSON.parse(this.#store.getItem(STORE) ?? "[]");
    } catch {
      bodies = [];
    }
    return bodies.map((body) => this.add(body));
  }

  #save() {
    try {
      const bodies = this.#entries.filter(mayRest).map((entry) => entry.body);
      if (bodies.length > 0) this.#store.setItem(STORE, JSON.stringify(bodies));
      else this.#store.removeItem(STORE);
    } catch {
      // A page without storage works; only an unsent message does not survive its reload.
    }
  }
}
