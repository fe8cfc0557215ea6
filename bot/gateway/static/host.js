// What the bank's page around the frame says about its visitor: a signed token, handed on to the server and never kept.

import { isEmbedded, tellHost } from "./theme.js";

const LONGEST = 4096;
const PAUSE = 2000;
const TRIES = 5;

/** Hands tokens on through `server`, once there is a session; a page may send a fresh one at any time. */
export class Host {
  #server;
  #token = null;
  #isOpen = false;

  constructor(server) {
    this.#server = server;
    if (!isEmbedded()) return;
    addEventListener("message", (event) => {
      if (event.source !== window.parent || event.data?.cardbot !== "identity") return;
      const { token } = event.data;
      if (typeof token !== "string" || token.length > LONGEST) return;
      this.#token = token;
      this.#handOn();
    });
    tellHost("ready");
  }

  /** There is a session now, so that a token can be bound to it. */
  opened() {
    this.#isOpen = true;
    this.#handOn();
  }

  async #handOn() {
    const token = this.#token;
    if (!this.#isOpen || token === null) return;
    this.#token = null;
    for (let tries = 0; tries < TRIES && this.#token === null; tries += 1) {
      const response = await this.#server.identify(token);
      if (response !== null && response.status < 500) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
