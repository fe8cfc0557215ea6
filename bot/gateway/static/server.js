// The five requests of the web channel, and waiting that can be cut short.

const POST_TIME = 20000;
const USUAL_WAIT = 5000;
const SHORTEST_WAIT = 500;
const LONGEST_WAIT = 120000;

/** Each request answers with the response, or with null when the server could not be reached in time. */
export class Server {
  #base;

  constructor(base = "/web") {
    this.#base = base;
  }

  eventsAfter(lastId) {
    return `${this.#base}/events${lastId === null ? "" : `?after=${lastId}`}`;
  }

  /** `language` (en, hi) is what the cardholder chose to read, or null. */
  openSession(language) {
    return this.#request("POST", "/session", language === null ? {} : { language });
  }

  send(message) {
    return this.#request("POST", "/messages", message);
  }

  acknowledge(last) {
    return this.#request("POST", "/acks", { last });
  }

  /** A token of the page around the frame, which says who its visitor is. */
  identify(token) {
    return this.#request("POST", "/identity", { token });
  }

  endSession() {
    return this.#request("DELETE", "/session");
  }

  async #request(method, path, body) {
    try {
      return await fetch(this.#base + path, {
        method,
        headers: { "Content-Type": "application/json", "X-Cardbot": "1" },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(POST_TIME),
        credentials: "same-origin",
        cache: "no-store",
        keepalive: true,
      });
    } catch {
      return null;
    }
  }
}

/** Pauses that all end at once when something has changed. */
export class Patience {
  #waiting = new Set();

  pause(milliseconds) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#waiting.add(done);
    });
  }

  rouse() {
    for (const done of [...this.#waiting]) done();
  }
}

/** How long a server that refused asks to wait, and up to a quarter more, so that not all who wait come back at once. */
export function waitAsked(response, random = Math.random) {
  const asked = 1000 * Number.parseFloat(response.headers.get("Retry-After") ?? "");
  const wait = Number.isNaN(asked) ? USUAL_WAIT : Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, asked));
  return wait + (wait / 4) * random();
}

/** The value of a JSON text, or null when it is none. */
export function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
