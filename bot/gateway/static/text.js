// A message's text as lines on the screen: amounts in a column, values that were shown before as quiet marks.

import { el, icon } from "./dom.js";
import { languageOf, put } from "./strings.js";

const AMOUNT = /^(.*\S.*?(?:[:：]|\s[-–—]|\s{2,})\s*)([-−]?\s?₹\s?[\d,]+(?:\.\d{1,2})?|\[[^\]]{0,20}\d\d:\d\d\])$/;
const SHOWN = /(\[[^\]\n]{0,20}\d\d:\d\d\])/;
const PHONE = /^\+?\d[\d ()-]{2,18}\d$/;
const REFERENCE = /(\bCB-[0-9A-Z]{4}-[0-9A-Z]{2}\b)/;
const SEALED = /\[([A-Za-z][A-Za-z -]{1,20})\]/;
const SEALED_WORDS = {
  "four digits": "sealedFour",
  "month and year": "sealedExpiry",
  date: "sealedDate",
  "phone number": "sealedPhone",
  "e-mail": "sealedEmail",
  number: "sealedNumber",
  details: "sealedDetails",
  button: "oldButton",
};

let phones = null;

/** The operator's own numbers: they may be called from the text; no other number may. */
export function linkPhones(numbers) {
  const known = numbers.filter((number) => PHONE.test(number)).map((number) => number.replace(/\D/g, "\\$&"));
  phones = known.length > 0 ? new RegExp(`(${known.join("|")})(?!\\d)`) : null;
}

/** One element per line, in order; of one's `own` lines the values that the server took away are marked. */
export function linesOf(text, { own = false } = {}) {
  return text.split("\n").map((line) => {
    const amount = AMOUNT.exec(line.trimEnd());
    if (amount === null) return el("span", { class: "line", lang: languageOf(line) }, ...marked(line, own));
    return el(
      "span",
      { class: "line row", lang: languageOf(line) },
      el("span", {}, amount[1]),
      el("span", { class: "amount" }, ...marked(amount[2], own)),
    );
  });
}

function marked(line, own) {
  const shown = (words) => el("span", { class: "shown" }, words);
  const sealed = (words) => {
    const named = Object.hasOwn(SEALED_WORDS, words) ? put(el("span"), SEALED_WORDS[words]) : words;
    return el("span", { class: "sealed" }, words === "button" ? null : icon("lock"), named);
  };
  const reference = (words) => el("strong", { class: "reference" }, words);
  const call = (words) => el("a", { class: "phone", href: `tel:${words.replace(/[^\d+]/g, "")}` }, words);
  const marks = own ? [[SHOWN, shown], [SEALED, sealed]] : [[SHOWN, shown], [REFERENCE, reference], [phones, call]];
  return marks
    .filter(([pattern]) => pattern !== null)
    .reduce((parts, [pattern, make]) => parts.flatMap((part) => split(part, pattern, make)), [line])
    .filter((part) => part !== "");
}

function split(part, pattern, make) {
  if (typeof part !== "string") return [part];
  return part.split(pattern).map((piece, place) => (place % 2 === 1 ? make(piece) : piece));
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
