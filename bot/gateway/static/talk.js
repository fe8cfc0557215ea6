// One talk with the server: the session, the events, the messages on their way, what has been seen.

import { Opening } from "./opening.js";
import { Outbox } from "./outbox.js";
import { Patience, Server, readJson, waitAsked } from "./server.js";
import { backoff, readEvents } from "./stream.js";

const SILENCE = 45000;
const ACK_PAUSE = 400;
const TALK = "cardbot.talk";
const GIVE_UP = 5;
const STEADY = 5000;
const SECOND_LOOK = 700;

/**
 * Tells its listener: session(answer), message(event), typing(on), link("connecting" | "online" | "offline"),
 * link("crowded", answer) while no new talk may begin, sent(entry, echo), changed(entry), fresh(), closed();
 * asks it for language(): "en", "hi" or null.
 */
export class Talk {
  #listener;
  #server = new Server();
  #patience = new Patience();
  #opening = new Opening(this.#server);
  #stores;
  #outbox;
  #lastId = null;
  #seen = 0;
  #acked = 0;
  #running = false;
  #life = null;
  #renewal = null;
  #generation = 0;
  #marker = null;
  #pumping = false;
  #line = null;
  #ackTimer = null;

  constructor(listener, stores) {
    this.#listener = listener;
    this.#stores = stores;
    this.#outbox = new Outbox(stores.session);
    addEventListener("online", () => this.#patience.rouse());
    addEventListener("offline", () => this.#drop());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.#patience.rouse();
      this.seen(this.#seen);
    });
  }

  /** Whether leaving the page now would lose something that the cardholder has sent. */
  get wouldLose() {
    return this.#outbox.holdsValues;
  }

  /** Opens or resumes the session and follows its events until `end` or the server's closing. */
  async start() {
    if (this.#running) return;
    this.#running = true;
    const life = (this.#life = new AbortController());
    this.#lastId = null;
    this.#seen = 0;
    this.#acked = 0;
    const waiting = this.#outbox.restore();
    let resumed = null;
    for (let failures = 0; resumed === null; failures += 1) {
      this.#listener.link(navigator.onLine ? "connecting" : "offline");
      resumed = await this.#renew(this.#generation);
      if (resumed === null && !life.signal.aborted) await this.#patience.pause(backoff(failures));
      if (life.signal.aborted) return;
    }
    if (resumed) for (const entry of waiting) this.#listener.changed(entry);
    else for (const entry of waiting) this.#outbox.remove(entry);
    this.#pump();
    await this.#follow();
  }

  /** What the server says about itself, or why it lets nobody in, once more: in another language now. */
  introduceAgain() {
    this.#opening.askNow();
    return this.#running ? this.#renew(this.#generation) : null;
  }

  send(body) {
    const entry = this.#outbox.add(body);
    this.#listener.changed(entry);
    this.#pump();
    return entry;
  }

  retry(entry) {
    entry.state = "waiting";
    entry.tries = 0;
    this.#listener.changed(entry);
    this.#pump();
  }

  discard(entry) {
    this.#outbox.remove(entry);
  }

  /** Notes that everything up to this id stands on the screen, and tells the server a moment later. */
  seen(id) {
    this.#seen = Math.max(this.#seen, id);
    if (this.#ackTimer !== null || this.#seen <= this.#acked || document.visibilityState !== "visible") return;
    this.#ackTimer = setTimeout(() => this.#acknowledge(), ACK_PAUSE);
  }

  /** Ends the talk here at once; true when the server ended it too. */
  async end() {
    this.#stop();
    this.#outbox.clear();
    const response = await this.#server.endSession();
    return response !== null && (response.ok || response.status === 401);
  }

  async #acknowledge() {
    this.#ackTimer = null;
    const last = this.#seen;
    const response = this.#running ? await this.#server.acknowledge(last) : null;
    if (response?.ok) this.#acked = Math.max(this.#acked, last);
  }

  #stop() {
    this.#running = false;
    this.#marker = null;
    this.#life?.abort();
    this.#line?.abort();
    this.#patience.rouse();
    this.#opening.askNow();
  }

  /** The first refusal is looked at twice: the server may just be giving this talk a new token. */
  async #follow() {
    const life = this.#life;
    let refusals = 0;
    for (let failures = 0; !life.signal.aborted; failures += 1) {
      await this.#renewal;
      const generation = this.#generation;
      const begun = performance.now();
      this.#noticeOtherTabs();
      const status = await this.#connect(life);
      if (life.signal.aborted) return;
      if (performance.now() - begun > STEADY) failures = 0;
      refusals = status === 401 ? refusals + 1 : 0;
      if (refusals > 1 && failures < GIVE_UP && (await this.#renew(generation)) !== null) continue;
      this.#listener.typing(false);
      if (status !== 200 && refusals !== 1 && this.#renewal === null) this.#listener.link(navigator.onLine ? "connecting" : "offline");
      await this.#patience.pause(refusals === 1 ? SECOND_LOOK : backoff(failures));
    }
  }

  async #connect(life) {
    this.#line = new AbortController();
    const lastId = this.#lastId;
    try {
      return await readEvents(this.#server.eventsAfter(lastId), {
        lastId,
        line: this.#line,
        silence: SILENCE,
        onOpen: () => {
          this.#listener.link("online");
          this.#patience.rouse();
          this.#pump();
        },
        onEvent: (event) => this.#receive(event, life),
      });
    } catch {
      return null;
    }
  }

  #receive(event, life) {
    if (life.signal.aborted) return;
    if (event.name === "closed") {
      this.#stop();
      this.#outbox.clear();
      this.#listener.closed();
      return;
    }
    const data = readJson(event.data);
    if (data === null) return;
    if (event.name === "typing") this.#listener.typing(Boolean(data.on));
    if (event.name !== "message") return;
    const id = Number(event.id ?? data.id);
    if (this.#lastId !== null && id <= this.#lastId) return;
    this.#lastId = id;
    this.#listener.message({ ...data, id });
  }

  /** One new session however many ask for it; resumed or not, null when the server cannot be reached. */
  #renew(generation) {
    if (generation !== this.#generation) return Promise.resolve(true);
    this.#renewal ??= this.#open().finally(() => { this.#renewal = null; });
    return this.#renewal;
  }

  async #open() {
    const session = await this.#opening.session({
      life: this.#life,
      language: () => this.#listener.language(),
      onCrowd: (answer) => this.#waitOutside(answer),
      onRetry: () => this.#line?.abort(),
    });
    if (session === null) return null;
    this.#generation += 1;
    if (session.resumed) this.#marker ??= this.#sharedMarker();
    else this.#beginAnew(`${Date.now()}.${Math.random()}`);
    this.#listener.session(session);
    return Boolean(session.resumed);
  }

  /** What was on its way stays here until there is a session for it. */
  #waitOutside(answer) {
    const entry = this.#outbox.first;
    if (entry?.state === "sending") this.#mark(entry, "waiting");
    this.#listener.link("crowded", answer);
  }

  #beginAnew(marker) {
    const later = this.#marker !== null;
    this.#marker = marker;
    this.#lastId = null;
    this.#seen = 0;
    this.#acked = 0;
    try {
      this.#stores.local.setItem(TALK, marker);
    } catch {
      // Without storage each tab finds the new talk by itself.
    }
    if (later) this.#listener.fresh();
  }

  #sharedMarker() {
    try {
      return this.#stores.local.getItem(TALK) ?? "";
    } catch {
      return "";
    }
  }

  /** Another tab may have begun a new talk with the same cookie: then ours starts from its beginning. */
  #noticeOtherTabs() {
    const shared = this.#sharedMarker();
    if (shared === "" || this.#marker === null || shared === this.#marker) return;
    this.#beginAnew(shared);
  }

  async #pump() {
    if (this.#pumping || this.#life === null) return;
    this.#pumping = true;
    const life = this.#life;
    try {
      for (let entry = this.#outbox.first; entry && !life.signal.aborted; entry = this.#outbox.first) {
        await this.#deliver(entry);
      }
    } finally {
      this.#pumping = false;
    }
  }

  async #deliver(entry) {
    const generation = this.#generation;
    const canSend = navigator.onLine && generation > 0;
    if (canSend) this.#mark(entry, "sending");
    const response = canSend ? await this.#server.send(entry.body) : null;
    if (!this.#running) return;
    if (response?.status === 401 && entry.tries < GIVE_UP) {
      entry.tries += 1;
      if ((await this.#renew(generation)) !== null) return;
    }
    const answer = response === null ? null : readJson(await response.text());
    if (response?.ok) {
      this.#outbox.remove(entry);
      this.#listener.sent(entry, answer?.echo ?? null);
    } else if (response?.status === 429 && entry.tries < GIVE_UP) {
      entry.tries += 1;
      this.#mark(entry, "soon", answer?.text);
      await this.#patience.pause(waitAsked(response));
    } else if (response === null || response.status >= 500 || response.status === 401) {
      entry.tries += 1;
      this.#mark(entry, "waiting");
      await this.#patience.pause(backoff(entry.tries));
    } else {
      this.#mark(entry, "failed", answer?.text ?? "");
    }
  }

  #mark(entry, state, reason = null) {
    entry.state = state;
    entry.reason = reason;
    this.#listener.changed(entry);
  }

  #drop() {
    this.#line?.abort();
    this.#listener.link("offline");
  }
}
