// Server-sent events over fetch, so that a status, a silence and a lost line are all seen.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30000;

/** How long to wait before try number `failures` + 1: doubling, the upper half of it random. */
export function backoff(failures, random = Math.random) {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures);
  return pause / 2 + (pause / 2) * random();
}

/** Cuts a stream of text into events; comments and half events are kept back. */
export class EventReader {
  #rest = "";

  read(text) {
    this.#rest += text.replaceAll("\r", "");
    const blocks = this.#rest.split("\n\n");
    this.#rest = blocks.pop();
    return blocks.map(parseBlock).filter((event) => event.data !== null || event.name !== null);
  }
}

function parseBlock(block) {
  const event = { id: null, name: null, data: null };
  for (const line of block.split("\n")) {
    const at = line.indexOf(":");
    if (at === 0) continue;
    const field = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
    if (field === "id") event.id = value;
    else if (field === "event") event.name = value;
    else if (field === "data") event.data = event.data === null ? value : `${event.data}\n${value}`;
  }
  return event;
}

/**
 * Reads one connection to its end. Calls `onOpen` once the server has answered and `onEvent` for each event;
 * ends with the status, or with an error when the line is lost, silent too long or aborted by its controller.
 */
export async function readEvents(url, { lastId, line, silence, onOpen, onEvent }) {
  let timer = setTimeout(() => line.abort(), silence);
  try {
    const headers = { Accept: "text/event-stream" };
    if (lastId !== null) headers["Last-Event-ID"] = String(lastId);
    const { signal } = line;
    const response = await fetch(url, { headers, signal, cache: "no-store", credentials: "same-origin" });
    if (!response.ok) return response.status;
    onOpen();
    const reader = new EventReader();
    const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await chunks.read();
      if (done) return 200;
      clearTimeout(timer);
      timer = setTimeout(() => line.abort(), silence);
      for (const event of reader.read(value)) onEvent(event);
    }
  } finally {
    clearTimeout(timer);
  }
}
