// Building elements: text goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  send: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  minimise: "M6 9.5l6 6 6-6",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  chat: "M4 5h16v11H10l-4.5 4V16H4z",
  down: "M12 5v14M5.5 12.5 12 19l6.5-6.5",
  alert: "M12 4 2.8 20h18.4zM12 10v4.5M12 17.2v.3",
};

/** An element with attributes, listeners (keys "onclick", …) and children; strings become text nodes. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A decorative line icon in the colour of its text. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** The address if it is an ordinary web address or a path of this site, else null. */
export function safeLink(address) {
  try {
    const url = new URL(address, location.href);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}
