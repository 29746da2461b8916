/* What to press next, from the access code to the invoice; it follows what really happened. */

import { $, $$, button, element, icon, span } from "./dom.js";
import { isShown, panes, railButtonOf, recent, show } from "./layout.js";
import { act, state } from "./server.js";
import { next } from "./story.js";
import { t } from "./texts.js";

const ALL = 8;
let isOn = localStorage.getItem("tour") !== "off";
// What a newcomer has seen; gone with the letters, when the demo starts afresh.
const seen = new Set(JSON.parse(localStorage.getItem("seen") ?? "[]"));

document.addEventListener("invoice-opened", () => { note("invoice"); drawTour(); });
document.addEventListener("spoken", () => drawTour());

function note(what) {
  if (!seen.has(what)) localStorage.setItem("seen", JSON.stringify([...seen.add(what)]));
}

function look() {
  if (state.bot?.kills > 0 || Object.values(state.faults).some(Boolean)) note("trouble");
  if (state.mail.length || state.counts?.bot.letters !== 0) return;
  seen.clear();
  localStorage.removeItem("seen");
}

/* ---- showing it ---- */

export function drawTour() {
  look();
  $("#tour-button").setAttribute("aria-pressed", String(isOn));
  for (const node of $$(".pointed")) node.classList.remove("pointed");
  const hint = isOn && state.cast.length ? next(seen) : null;
  const host = hint && (panes.get(hint.at && isShown(hint.at) ? hint.at : recent()) ?? null);
  const old = $(".hint");
  if (!hint || !host || host.inert || panes.get(hint.at)?.inert) return old?.remove();
  const targets = find(hint);
  for (const target of targets) target.classList.add("pointed");
  const key = JSON.stringify([hint.text, hint.at, host.getAttribute("aria-label"), t("tour")]);
  if (old?.dataset.key === key && host.contains(old)) return undefined;
  old?.remove();
  place(host, hintNode(hint, key));
  return undefined;
}

function find(hint) {
  if (hint.at === null) return [];
  if (!isShown(hint.at)) return [railButtonOf(hint.at)].filter(Boolean);
  const pane = panes.get(hint.at);
  if (hint.target?.selector) return $$(hint.target.selector, pane).slice(0, 1);
  if (!hint.target) return [];
  const message = $(`.message[data-id="${hint.target.message}"]`, pane);
  const found = message ? $$(".buttons button", message).filter((node) => hint.target.pattern.test(node.textContent)) : [];
  return found.slice(0, 1);
}

function place(host, node) {
  $(".start, .letters, .troubles", host).before(node);
}

function hintNode(hint, key) {
  const name = t("hint_close");
  const close = button("tool", { ariaLabel: name, title: name, onclick: () => turnTour(false) }, icon("cross"));
  const step = span("step", t("hint_step", { n: hint.step, all: ALL }));
  const node = element("aside", { className: "hint" }, step, close, element("p", {}, t(hint.text, hint.values)));
  if (hint.at !== null && !isShown(hint.at)) {
    node.append(button("primary", { onclick: () => show(hint.at) }, t("hint_go")));
  } else if (hint.typed) {
    const type = () => act(hint.at, "send", { text: hint.typed });
    node.append(button("primary", { onclick: type }, t("hint_type", { text: hint.typed })));
  }
  node.setAttribute("role", "note");
  node.dataset.key = key;
  return node;
}

export function turnTour(on) {
  isOn = on;
  localStorage.setItem("tour", on ? "on" : "off");
  drawTour();
}

export const isTourOn = () => isOn;
