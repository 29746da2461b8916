/* Who stands beside whom: the rail of people, as many panes as fit, one on a phone. */

import { $, $$, avatar, button, element, icon, span } from "./dom.js";
import { toEnd } from "./chat.js";
import { state } from "./server.js";
import { roles, t } from "./texts.js";

export const narrow = matchMedia("(max-width: 700px)");
const WIDTH = 300;
export const panes = new Map();
// Newest use last: what was looked at longest ago makes room.
let open = [];
const extra = new Set();

const room = () => (narrow.matches ? 1 : Math.max(1, Math.floor((innerWidth - 76) / WIDTH)));
const visible = () => open.slice(-room());
export const recent = () => visible().at(-1);
export const isShown = (key) => visible().includes(key);

/* Those on the rail at once: whoever holds a code, a rep, the storekeepers, an administrator. */
function onRail() {
  const withRole = (role) => state.cast.filter((member) => member.roles.includes(role));
  const joiner = state.cast.find((member) => member.code || !member.roles.length);
  const keepers = withRole("storekeeper").slice(0, 2);
  const first = [joiner, withRole("sales_rep")[0], ...keepers, withRole("admin")[0]];
  const chosen = new Set(first.filter(Boolean).map((member) => member.id));
  if (!chosen.size) state.cast.forEach((member) => chosen.add(member.id));
  keptOnRail ??= chosen;
  const seen = state.cast.filter((member) => keptOnRail.has(member.id) || extra.has(member.id));
  const place = [...panes.keys()];
  return seen.toSorted((one, other) => place.indexOf(one.id) - place.indexOf(other.id));
}
// Who is there at the beginning stays there, whatever roles change.
let keptOnRail = null;

export function openAtFirst() {
  const withRole = (role) => onRail().filter((member) => member.roles.includes(role)).map((member) => member.id);
  const joiner = state.cast.find((member) => member.code)?.id;
  const [rep] = withRole("sales_rep");
  const [keeper, second] = withRole("storekeeper");
  const [admin] = withRole("admin");
  // The most important last: that is who stays where there is little room.
  const order = [joiner, rep, keeper, "mail", second, admin];
  open = [...new Set(order.filter((key) => key !== undefined))].reverse();
  draw();
}

export function show(key) {
  // The mail is what it all leads to: beside others it stays.
  const stays = room() > 2 && isShown("mail") ? ["mail"] : [];
  open = [...open.filter((one) => one !== key && !stays.includes(one)), ...stays, key];
  draw();
  toEnd(panes.get(key));
}

export function hide(key) {
  if (visible().length < 2) return;
  // Nothing takes the place: who hides a chat wants the room.
  open = visible().filter((one) => one !== key);
  draw();
}

function toggle(key) {
  if (!narrow.matches && isShown(key)) hide(key);
  else show(key);
}

/* A pane that is worked in is not the next to go. */
export function use(key) {
  if (open.at(-1) !== key && isShown(key)) open = [...open.filter((one) => one !== key), key];
}

export function draw() {
  const shown = visible();
  for (const [key, pane] of panes) {
    const wasHidden = pane.hidden;
    pane.hidden = !shown.includes(key);
    if (!pane.hidden) pane.unread = 0;
    if (wasHidden && !pane.hidden) toEnd(pane);
  }
  drawRail(shown);
}

function drawRail(shown) {
  const rail = $("#rail");
  const focused = document.activeElement?.closest("#rail button")?.dataset.key;
  const people = onRail().map((member) => {
    const face = avatar(span("avatar"), member.id, member.name);
    return railButton(member.id, member.name, face, shown);
  });
  const rest = state.cast.filter((member) => !onRail().includes(member));
  const plus = span("avatar plain", icon("plus"));
  const more = button("rail-button more", { ariaLabel: t("others") }, plus, span("label", t("more")));
  more.setAttribute("popovertarget", "others");
  more.dataset.key = "others";
  more.hidden = rest.length === 0;
  const unread = rest.reduce((sum, member) => sum + (panes.get(member.id)?.unread || 0), 0);
  if (unread) $(".avatar", more).append(badge(unread));
  drawOthers(rest);
  const mail = railButton("mail", t("mailbox"), span("avatar mail-avatar", icon("mail")), shown);
  const trouble = railButton("trouble", t("trouble"), span("avatar trouble-avatar", icon("bolt")), shown);
  trouble.classList.toggle("on-fire", Object.values(state.faults).some(Boolean));
  rail.replaceChildren(...people, more, span("space"), mail, trouble);
  if (focused) $(`[data-key="${focused}"]`, rail)?.focus();
}

const badge = (n) => element("span", { className: "badge", ariaLabel: t("unread", { n }) }, String(n));

function railButton(key, name, face, shown) {
  const pane = panes.get(key);
  const properties = { ariaPressed: String(shown.includes(key)), onclick: () => toggle(key) };
  const node = button("rail-button", properties, face, span("label", name));
  node.dataset.key = key;
  if (pane?.unread) face.append(badge(pane.unread));
  return node;
}

function drawOthers(rest) {
  const menu = $("#others");
  menu.replaceChildren(...rest.map((member) => {
    const face = avatar(span("avatar small"), member.id, member.name);
    const about = span("about", element("b", {}, member.name), span("faint", roles(member.roles)));
    const node = button("bare", {}, face, about);
    const unread = panes.get(member.id)?.unread;
    if (unread) node.append(badge(unread));
    node.onclick = () => {
      extra.add(member.id);
      menu.hidePopover();
      show(member.id);
    };
    return node;
  }));
}

export function countUnread(key, fresh) {
  const pane = panes.get(key);
  if (!pane || isShown(key) || !fresh) return;
  pane.unread = (pane.unread || 0) + fresh;
  drawRail(visible());
}

export function railButtonOf(key) {
  return $$("#rail button").find((node) => node.dataset.key === String(key)) ?? null;
}

$("#others").addEventListener("beforetoggle", () => {
  const plus = railButtonOf("others").getBoundingClientRect();
  $("#others").style.top = narrow.matches ? "" : `${plus.top}px`;
});
addEventListener("resize", () => draw());
