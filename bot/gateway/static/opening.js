// Asking for a session, and waiting while too many others at this address do the same.

import { Patience, readJson, waitAsked } from "./server.js";

export class Opening {
  #server;
  #patience = new Patience();

  constructor(server) {
    this.#server = server;
    // A new network is another address.
    addEventListener("online", () => this.askNow());
  }

  /** Whoever waits asks at once: something has changed. */
  askNow() {
    this.#patience.rouse();
  }

  /**
   * A session of the server, or null when there is none to be had or `life` is over. Before each wait it calls
   * `onCrowd(answer)` with what the server said, after it `onRetry()`; `language()` is asked anew each time.
   */
  async session({ life, language, onCrowd, onRetry }) {
    for (;;) {
      const response = await this.#server.openSession(language());
      const answer = readJson(await response?.text().catch(() => ""));
      if (life.signal.aborted) return null;
      if (response?.status !== 429) return response?.ok ? answer : null;
      onCrowd(answer);
      await this.#patience.pause(waitAsked(response));
      if (life.signal.aborted) return null;
      onRetry();
    }
  }
}
