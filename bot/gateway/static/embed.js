// Puts Cardbot on a bank's page: <script src="https://HOST/static/embed.js" data-accent="#0f5a4b" defer></script>
// data-theme (light, dark), data-accent and the other colours of theme.js, data-language, data-label, data-side (left, right).
// Who is logged in on the page: data-identity with a token that the bank signed (docs/possession.md), or later Cardbot.identify(token).

(() => {
  const script = document.currentScript;
  const { label = "Chat with us", side = "right", open, identity, ...wishes } = script.dataset;
  const address = new URL("../widget", script.src);
  for (const [name, value] of Object.entries(wishes)) {
    address.searchParams.set(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value);
  }

  const frame = document.createElement("iframe");
  frame.title = label;
  frame.hidden = true;
  const launcher = document.createElement("button");
  launcher.type = "button";
  launcher.textContent = label;
  launcher.setAttribute("aria-expanded", "false");

  const place = { position: "fixed", [side === "left" ? "left" : "right"]: "24px", bottom: "24px", zIndex: "2147483000" };
  const accent = /^#?[0-9a-f]{3,6}$/i.test(wishes.accent ?? "") ? `#${wishes.accent.replace("#", "")}` : "#0f5a4b";
  Object.assign(launcher.style, place, {
    minHeight: "52px",
    padding: "0 24px",
    border: "0",
    borderRadius: "26px",
    background: accent,
    color: wishes.onAccent ?? "#ffffff",
    font: "600 16px/1.2 system-ui, sans-serif",
    boxShadow: "0 12px 32px -8px rgb(0 0 0 / 35%)",
    cursor: "pointer",
  });

  function fit() {
    const isWide = matchMedia("(min-width: 720px) and (min-height: 500px)").matches;
    const panel = { width: "420px", height: "min(760px, calc(100dvh - 48px))", borderRadius: "20px" };
    const whole = { inset: "0", width: "100%", height: "100%", borderRadius: "0" };
    frame.style.cssText = "";
    Object.assign(frame.style, place, isWide ? panel : whole, {
      border: "0",
      colorScheme: "normal",
      boxShadow: "0 24px 64px -16px rgb(0 0 0 / 35%)",
    });
  }

  function show(isOpen) {
    if (isOpen && !frame.src) frame.src = address.href;
    frame.hidden = !isOpen;
    frame.style.display = isOpen ? "block" : "none";
    launcher.style.display = isOpen ? "none" : "block";
    launcher.setAttribute("aria-expanded", String(isOpen));
    (isOpen ? frame : launcher).focus();
  }

  let token = identity ?? null;
  let isReady = false;

  /** The token goes to the frame's own address alone, and out of this page's reach once it is there. */
  function handOn() {
    if (!isReady || token === null) return;
    frame.contentWindow.postMessage({ cardbot: "identity", token }, address.origin);
    token = null;
  }

  window.Cardbot = Object.freeze({
    identify(fresh) {
      token = String(fresh);
      handOn();
    },
  });

  fit();
  frame.style.display = "none";
  addEventListener("resize", () => {
    const { display } = frame.style;
    fit();
    frame.style.display = display;
  });
  launcher.addEventListener("click", () => show(true));
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== address.origin) return;
    if (event.data?.cardbot === "minimise") show(false);
    if (event.data?.cardbot === "ready") {
      isReady = true;
      handOn();
    }
  });
  document.body.append(frame, launcher);
  if (open !== undefined) show(true);
})();
