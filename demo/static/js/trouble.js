/* Faults on a switch, the kill button, and what both sides count. */

import { $, button, clone, element, icon, span } from "./dom.js";
import { state, tell } from "./server.js";
import { t, translate } from "./texts.js";

const ROWS = ["orders", "invoices", "letters"];

export function troublePane() {
  const pane = clone("trouble-template");
  $(".kill", pane).onclick = () => tell("/bot/kill");
  pane.lives = [];
  return pane;
}

export function drawTrouble(pane) {
  translate(pane);
  drawSwitches(pane);
  drawProcess(pane);
  drawCounters(pane);
}

export function drawSwitches(pane) {
  const groups = new Map();
  for (const [name, on] of Object.entries(state.faults)) {
    const group = name.split("-")[0];
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(switchNode(name, on));
  }
  const box = $(".switches", pane);
  const focused = document.activeElement?.dataset?.name;
  box.replaceChildren(...[...groups].map(([group, nodes]) =>
    element("section", { className: "card" }, element("h3", {}, t(`group_${group}`)), ...nodes)));
  if (focused) $(`[data-name="${focused}"]`, box)?.focus();
}

function switchNode(name, on) {
  const about = span("about", element("b", {}, t(name)), span("faint", t(`${name}-about`)));
  const node = button("bare switch", {}, about, span("knob"));
  node.setAttribute("role", "switch");
  node.setAttribute("aria-checked", String(on));
  node.setAttribute("aria-label", `${t(`group_${name.split("-")[0]}`)}: ${t(name)}`);
  node.dataset.name = name;
  node.onclick = () => tell(`/faults/${name}`, { on: node.getAttribute("aria-checked") !== "true" });
  return node;
}

/* Writes the lives of the process down as they are seen to end and begin. */
export function noteLife(pane, bot, before) {
  if (!before || bot.kills === null) return;
  if (bot.kills > before.kills) pane.lives.push(["life_killed", before.pid ?? pane.lastPid]);
  if (bot.pid && bot.pid !== pane.lastPid && pane.lastPid) pane.lives.push(["life_begun", bot.pid]);
  if (bot.pid) pane.lastPid = bot.pid;
}

export function drawProcess(pane) {
  const { bot } = state;
  $(".process", pane).hidden = bot.kills === null || bot.kills === undefined;
  if (bot.pid) pane.lastPid ??= bot.pid;
  const alive = $(".alive", pane);
  alive.textContent = bot.pid ? t("process_on", { pid: bot.pid }) : t("process_off");
  alive.classList.toggle("on", Boolean(bot.pid));
  $(".kill", pane).ariaDisabled = String(!bot.pid); // a disabled one would lose the focus
  const list = $(".lives", pane);
  list.replaceChildren(...pane.lives.slice(-6).map(([key, pid]) => element("li", { className: key }, t(key, { pid }))));
}

export function drawCounters(pane) {
  const { counts } = state;
  $(".counters", pane).hidden = !counts;
  drawTally(counts);
  if (!counts) return;
  const columns = ["in_database", "seen"].map((name) => element("th", { scope: "col" }, t(name)));
  const head = element("tr", {}, element("td"), ...columns, element("td"));
  const rows = ROWS.map((name) => {
    const [ours, seen] = [counts.bot[name] ?? 0, counts.seen[name]];
    const word = ours === seen ? "equal" : "unequal";
    const mark = element("td", { className: word, title: t(word) }, ours === seen ? "✓" : "…");
    const numbers = [ours, seen].map((number) => element("td", {}, String(number)));
    return element("tr", {}, element("th", { scope: "row" }, t(name)), ...numbers, mark);
  });
  $("table", pane).replaceChildren(head, ...rows);
  $(".queue", pane).textContent = t("queue", { telegram: counts.bot.to_send ?? 0, mail: counts.bot.to_mail ?? 0 });
}

/* The same in the page's head, short. */
function drawTally(counts) {
  const node = $("#tally");
  node.hidden = !counts;
  if (!counts) return;
  node.replaceChildren(...ROWS.map((name) => {
    const [ours, seen] = [counts.bot[name] ?? 0, counts.seen[name]];
    const value = element("dd", {}, `${ours} : ${seen}`);
    const title = t("tally", { name: t(name), bot: ours, seen });
    const pair = element("div", { className: ours === seen ? "equal" : "unequal", title }, element("dt", {}, t(name)), value);
    pair.append(ours === seen ? icon("check") : element("span", {}, "…"));
    return pair;
  }));
}
