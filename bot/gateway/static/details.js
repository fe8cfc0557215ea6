// What the three card details look like: pure checks that return a value or the key of a kind message.

const DEVANAGARI_ZERO = 0x0966;
const OLDEST = 120;

/** The text with Devanagari and full-width digits as ASCII ones. */
export function plainDigits(text) {
  return text
    .normalize("NFKC")
    .replace(/[०-९]/g, (digit) => String(digit.charCodeAt(0) - DEVANAGARI_ZERO));
}

function digitsOf(text) {
  return plainDigits(text).replace(/\D/g, "");
}

export function checkLastFour(text) {
  const digits = digitsOf(text);
  if (digits === "") return { problem: "lastFourNeeded" };
  if (digits.length < 4) return { problem: "lastFourShort" };
  if (digits.length > 4) return { problem: "lastFourLong" };
  return { value: digits };
}

export function checkExpiry(text) {
  const [month, year] = plainDigits(text).split(/\D+/).filter(Boolean);
  if (month === undefined) return { problem: "expiryNeeded" };
  const pair = year === undefined ? [month.slice(0, 2), month.slice(2)] : [month, year];
  if (!/^\d{1,2}$/.test(pair[0]) || !/^(\d\d|20\d\d)$/.test(pair[1])) return { problem: "expiryShort" };
  if (Number(pair[0]) < 1 || Number(pair[0]) > 12) return { problem: "expiryMonth" };
  return { value: pair[0].padStart(2, "0") + pair[1].slice(-2) };
}

export function checkDateOfBirth(text, today = new Date()) {
  let parts = plainDigits(text).split(/\D+/).filter(Boolean);
  if (parts.length === 0) return { problem: "dobNeeded" };
  if (parts.length === 1) parts = [parts[0].slice(0, 2), parts[0].slice(2, 4), parts[0].slice(4)];
  if (parts.length === 3 && parts[0].length === 4) parts.reverse();
  if (parts.length !== 3 || !/^\d{4}$/.test(parts[2]) || parts[0].length > 2) return { problem: "dobShort" };
  const [day, month, year] = parts.map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || month < 1) return { problem: "dobDate" };
  if (date > today) return { problem: "dobFuture" };
  if (today.getUTCFullYear() - year > OLDEST) return { problem: "dobYear" };
  return { value: date.toISOString().slice(0, 10) };
}

/** MM/YY while it is typed. */
export function shapeExpiry(text) {
  const digits = typedDigits(text);
  const month = digits !== "" && digits[0] > "1" ? `0${digits}` : digits;
  const year = month.slice(2, month.slice(2, 4) === "20" ? 6 : 4);
  return [month.slice(0, 2), year].filter(Boolean).join("/");
}

/** DD-MM-YYYY while it is typed, or pasted with the year first. */
export function shapeDate(text) {
  const digits = typedDigits(text);
  return [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4, 8)].filter(Boolean).join("-");
}

/** The digits in order, a single one before a separator led by a zero. */
function typedDigits(text) {
  const parts = plainDigits(text).trim().split(/\D+/).filter((part, place) => part || place > 0);
  if (parts.length === 3 && parts[0].length === 4) parts.reverse();
  return parts.map((part, place) => (place < parts.length - 1 ? part.padStart(2, "0") : part)).join("");
}

/**
 * Whether a text holds 13 to 19 digits, grouped as on a card or not at all, that pass the check digit of a card number.
 * Last four, expiry and date of birth in one breath have as many digits; their groups tell them apart.
 */
export function holdsCardNumber(text) {
  const runs = plainDigits(text).match(/\d(?:[\s.\-_/]{0,3}\d){12,}/g) ?? [];
  return runs.some((run) => candidates(run.split(/\D+/)).some(passesLuhn));
}

function candidates(groups) {
  const windows = groups.flatMap((_, from) => groups.slice(from).map((_, more) => groups.slice(from, from + more + 1)));
  return windows.filter(areOfACard).flatMap((window) => {
    const digits = window.join("");
    if (digits.length > 19) return Array.from({ length: digits.length - 15 }, (_, at) => digits.slice(at, at + 16));
    return digits.length >= 13 ? [digits] : [];
  });
}

function areOfACard(groups) {
  const sizes = groups.map((group) => group.length);
  return sizes.every((size) => size === sizes[0]) || sizes.every((size) => size >= 3 && size <= 6);
}

function passesLuhn(digits) {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = digit * 2;
    sum += place % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && /[1-9]/.test(digits);
}
