// A bank's own colours and language, given in the page's address by embed.js, and the way back to the host page.

const COLOURS = ["accent", "accent-strong", "on-accent", "surface", "bubble", "ink", "muted", "line", "tint"];
const COLOUR = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i;
const SCHEMES = { light: "not all", dark: "all" };

export function isEmbedded() {
  return window.parent !== window;
}

/** Sets the --cb- variables and the scheme that the address names; anything that is no plain colour is passed over. */
export function applyTheme(wishes) {
  const root = document.documentElement;
  for (const name of COLOURS) {
    const colour = COLOUR.exec(wishes.get(name) ?? "");
    if (colour !== null) root.style.setProperty(`--cb-${name}`, `#${colour[1]}`);
  }
  const scheme = wishes.get("theme") ?? "";
  if (!Object.hasOwn(SCHEMES, scheme)) return;
  document.getElementById("cardbot-dark").media = SCHEMES[scheme];
  root.style.colorScheme = scheme;
}

/** Says a word to the page around the frame; it carries nothing of the talk, so that any host may hear it. */
export function tellHost(word) {
  window.parent.postMessage({ cardbot: word }, "*");
}
