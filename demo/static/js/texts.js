/* Every sentence of the page, Russian and English. */

import { $$ } from "./dom.js";
import { TEXTS } from "./sentences.js";

const KNOWN = ["ru", "en"];

function first() {
  const kept = localStorage.getItem("language");
  if (KNOWN.includes(kept)) return kept;
  const wanted = (navigator.languages || [navigator.language]).map((code) => code.slice(0, 2));
  return wanted.find((code) => KNOWN.includes(code)) || "en";
}

let current = first();

export const language = () => current;

/* {name} is filled from `values`; a missing sentence is a mistake and shows its key. */
export function t(key, values = {}) {
  const text = TEXTS[key]?.[KNOWN.indexOf(current)] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function setLanguage(code) {
  current = code;
  localStorage.setItem("language", code);
}

/* Fills in what stands in the HTML itself. */
export function translate(root = document) {
  document.documentElement.lang = current;
  for (const node of $$("[data-t]", root)) node.textContent = t(node.dataset.t);
  const labelled = $$("[data-t-label]", root);
  if (root.dataset?.tLabel) labelled.push(root);
  for (const node of labelled) {
    node.setAttribute("aria-label", t(node.dataset.tLabel));
    if (node.matches("button, summary, a")) node.title = t(node.dataset.tLabel);
  }
  for (const node of $$("[data-t-placeholder]", root)) node.placeholder = t(node.dataset.tPlaceholder);
}

/* The day as the server named it, YYYY-MM-DD; the browser's own clock and zone have no part in it. */
export function day(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  const at = new Date(Date.UTC(year, month - 1, date));
  return at.toLocaleDateString(current, { day: "numeric", month: "long", timeZone: "UTC" });
}

export function size(bytes) {
  const units = current === "ru" ? ["Б", "КБ", "МБ"] : ["B", "KB", "MB"];
  if (bytes < 1024) return `${bytes} ${units[0]}`;
  return bytes < 1048576 ? `${Math.round(bytes / 1024)} ${units[1]}` : `${(bytes / 1048576).toFixed(1)} ${units[2]}`;
}

export const roles = (held) => (held.length ? held.map((role) => t(`role_${role}`)).join(", ") : t("role_none"));
