/* What to press next, from the access code to the invoice; it follows what really happened. */

import { $, $$, button, element, icon, span } from "./dom.js";
import { isShown, panes, railButtonOf, recent, show } from "./layout.js";
import { act, state } from "./server.js";
import { t } from "./texts.js";

const ALL = 8;
let isOn = localStorage.getItem("tour") !== "off";
let joiner = null;
let opened = false;
let troubled = false;

document.addEventListener("invoice-opened", () => { opened = true; drawTour(); });
document.addEventListener("spoken", () => drawTour());

/* ---- what is known ---- */

const chatOf = (id) => state.chats.get(id)?.messages ?? [];
const talks = (id) => chatOf(id).some((message) => message.side === "bot");
const withRole = (role) => state.cast.filter((member) => member.roles.includes(role)).map((member) => member.id);

/* The newest message with buttons; on a storekeeper's side the newest with such a button. */
function screen(id) {
  return chatOf(id).findLast((message) => message.buttons.length);
}

function labelled(id, pattern) {
  const message = chatOf(id).findLast((one) => one.buttons.flat().some((button) => pattern.test(button.label)));
  return message ? { id, message: message.id, pattern } : null;
}

/* ---- the order, by what the rep's screen offers: the first that fits ---- */

const ORDER = [
  [/Отправить на склад|Send to the warehouse/, "hint_send"],
  [/^Без пометки|^Without a note/, "hint_note"],
  [/осталось мест|places left/, "hint_window"],
  [/^\d+$/, "hint_day"],
  [/^📍/, "hint_where"],
  [/^Дальше|^Go on/, "hint_next"],
  [/^(🛒 Корзина|🛒 Cart) · [1-9]/, "hint_cart"],
  [/^• /, "hint_quantity", "5 кор"],
  [/^Гречка/, "hint_product"],
  [/^Крупы/, "hint_subshelf"],
  [/^Бакалея/, "hint_shelf"],
  [/Ромашка/, "hint_customer"],
  [/Новый заказ|New order/, "hint_menu"],
];

function orderStep(rep) {
  const message = screen(rep);
  const labels = message?.buttons.flat().map((button) => button.label) ?? [];
  for (const [pattern, text, typed] of ORDER) {
    if (labels.some((label) => pattern.test(label))) {
      return { text, typed, step: 4, at: rep, target: { id: rep, message: message.id, pattern } };
    }
  }
  return { text: "hint_order_any", step: 4, at: rep };
}

function loadStep() {
  const keepers = withRole("storekeeper");
  const find = (pattern) => keepers.map((id) => labelled(id, pattern)).find(Boolean);
  const steps = [
    [/Да, загружено|Yes, loaded/, "hint_loaded", 6],
    [/Подтвердить загрузку|Confirm the load/, "hint_load", 6],
    [/Взять в работу|Take it/, "hint_claim", 5],
  ];
  for (const [pattern, text, step] of steps) {
    const target = find(pattern);
    if (target) return { text, step, at: target.id, target };
  }
  return { text: "hint_wait", step: 7, at: "mail" };
}

function begin(text, step, at) {
  const { name } = state.cast.find((member) => member.id === at);
  return { text, step, at, values: { name }, target: { selector: ".start" } };
}

function next() {
  const rep = withRole("sales_rep").find((id) => id !== joiner) ?? joiner;
  const keepers = withRole("storekeeper").slice(0, 2);
  if (state.mail.length) return afterMail();
  if (joiner !== null && !talks(joiner)) return begin("hint_start_joiner", 1, joiner);
  if (state.cast.some((member) => member.id === joiner && member.code)) {
    return { text: "hint_code", step: 1, at: joiner, target: { selector: ".code button" } };
  }
  if (rep === undefined || !keepers.length) return null;
  if (!talks(rep)) return begin("hint_start_rep", 2, rep);
  const silent = keepers.find((id) => !talks(id));
  if (silent !== undefined) return begin("hint_start_keeper", 3, silent);
  return state.counts?.seen.orders ? loadStep() : orderStep(rep);
}

function afterMail() {
  if (!opened) return { text: "hint_mail", step: 7, at: "mail", target: { selector: ".attachments .open" } };
  if (!troubled) return { text: "hint_trouble", step: 8, at: "trouble", target: { selector: ".kill" } };
  return { text: "hint_end", step: 8, at: null };
}

/* ---- showing it ---- */

export function drawTour() {
  joiner ??= state.cast.find((member) => member.code)?.id ?? null;
  troubled ||= state.bot?.kills > 0 || Object.values(state.faults).some(Boolean);
  $("#tour-button").setAttribute("aria-pressed", String(isOn));
  for (const node of $$(".pointed")) node.classList.remove("pointed");
  const hint = isOn && state.cast.length ? next() : null;
  const host = hint && (panes.get(hint.at && isShown(hint.at) ? hint.at : recent()) ?? null);
  const old = $(".hint");
  if (!hint || !host || panes.get(hint.at)?.inert) return old?.remove();
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
