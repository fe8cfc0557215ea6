// A message's text as lines on the screen: amounts in a column, values that were shown before as quiet marks.

import { el } from "./dom.js";
import { languageOf } from "./strings.js";

const AMOUNT = /^(.*\S.*?(?:[:：]|\s[-–—]|\s{2,})\s*)([-−]?\s?₹\s?[\d,]+(?:\.\d{1,2})?|\[[^\]]{0,20}\d\d:\d\d\])$/;
const SHOWN = /(\[[^\]\n]{0,20}\d\d:\d\d\])/;

/** One element per line, in order; the lines' text joined by line breaks is the text itself. */
export function linesOf(text) {
  return text.split("\n").map((line) => {
    const amount = AMOUNT.exec(line.trimEnd());
    if (amount === null) return el("span", { class: "line", lang: languageOf(line) }, ...marked(line));
    return el(
      "span",
      { class: "line row", lang: languageOf(line) },
      el("span", {}, amount[1]),
      el("span", { class: "amount" }, ...marked(amount[2])),
    );
  });
}

function marked(line) {
  return line
    .split(SHOWN)
    .filter(Boolean)
    .map((part) => (SHOWN.test(part) ? el("span", { class: "shown" }, part) : part));
}

/** The time of day a server's time stamp says, with the day when it is not the stamp's own today. */
export function timeElement(at, today, language) {
  const [, day, clock] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(at) ?? [];
  if (day === undefined) return null;
  const words = day === today ? clock : `${shortDay(day, language)}, ${clock}`;
  return el("time", { class: "time", datetime: at }, words);
}

function shortDay(day, language) {
  const date = new Date(`${day}T12:00:00Z`);
  return new Intl.DateTimeFormat(`${language}-IN`, { day: "numeric", month: "short", timeZone: "UTC" }).format(date);
}
