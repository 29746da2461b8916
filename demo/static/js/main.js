/* The page draws what the server tells by events. */

import { $, icon } from "./dom.js";
import { chatPane, drawChat, drawTicks, redress, speak as speakTo } from "./chat.js";
import { countUnread, draw, hide, narrow, openAtFirst, panes, use } from "./layout.js";
import { drawMail, mailPane } from "./mail.js";
import { listen, state } from "./server.js";
import { language, setLanguage, t, translate } from "./texts.js";
import { drawTour, isTourOn, turnTour } from "./tour.js";
import { drawCounters, drawProcess, drawSwitches, drawTrouble, noteLife, troublePane } from "./trouble.js";

/* ---- what happened ---- */

const reactions = {
  cast(cast, before) {
    if (JSON.stringify(cast) === JSON.stringify(before) && panes.size > 2) return;
    const isFirst = !cast.every((member) => panes.has(member.id));
    if (isFirst) buildPanes(cast);
    for (const member of cast) redress(panes.get(member.id), member);
    for (const member of cast) {
      const earlier = before.find((one) => one.id === member.id);
      if (earlier && !earlier.roles.length && member.roles.length && language() !== "ru") speakTo(panes.get(member.id), true);
    }
    if (isFirst) openAtFirst();
    else draw();
  },
  chat(chat, before) {
    const pane = panes.get(chat.id);
    if (!pane) return;
    drawChat(pane, chat, before);
    const last = before?.messages.at(-1)?.id ?? 0;
    if (before) countUnread(chat.id, chat.messages.filter((message) => message.side === "bot" && message.id > last).length);
  },
  mail(mail, before) {
    drawMail(panes.get("mail"));
    countUnread("mail", mail.length - before.length);
  },
  bot(bot, before) {
    if (before.pid !== undefined || before.kills !== undefined) noteLife(panes.get("trouble"), bot, before);
    showBot();
    drawProcess(panes.get("trouble"));
    for (const member of state.cast) drawTicks(panes.get(member.id));
  },
  faults() {
    drawSwitches(panes.get("trouble"));
    draw();
  },
  counts() { drawCounters(panes.get("trouble")); },
  lost() {
    state.bot = { ...state.bot, online: false, isLost: true };
    showBot();
  },
};

/* As the story goes: who is new, reps, storekeepers, administrators. */
function inOrder(cast) {
  const roles = ["sales_rep", "storekeeper", "admin"];
  const rank = (member) => (member.code ? -1 : roles.findIndex((role) => member.roles.includes(role)));
  return cast.toSorted((one, other) => rank(one) - rank(other));
}

function buildPanes(cast) {
  for (const pane of panes.values()) pane.remove();
  panes.clear();
  for (const member of inOrder(cast)) panes.set(member.id, chatPane(member));
  panes.set("mail", mailPane());
  panes.set("trouble", troublePane());
  for (const [key, pane] of panes) {
    pane.hidden = true;
    // A hint is a guest in the pane it stands in.
    const used = (event) => { if (!event.target.closest(".hint")) use(key); };
    pane.addEventListener("pointerdown", used);
    pane.addEventListener("focusin", used);
    const hiding = $(".hide", pane);
    if (hiding) hiding.onclick = () => hide(key);
  }
  $("#panes").replaceChildren(...panes.values());
  for (const [id, chat] of state.chats) if (panes.has(id)) drawChat(panes.get(id), chat);
  drawMail(panes.get("mail"));
  drawTrouble(panes.get("trouble"));
}

let wasOnline = false;

function showBot() {
  const { bot } = state;
  const node = $("#bot");
  wasOnline ||= Boolean(bot.online);
  const word = bot.isLost ? "lost" : bot.online ? "bot_on" : wasOnline ? "bot_down" : "bot_starting";
  // Said aloud by screen readers at every change, so changed only when it is one.
  if (node.textContent !== t(word)) node.textContent = t(word);
  node.className = `presence ${word}`;
}

/* ---- theme and language ---- */

const THEMES = { auto: "auto", light: "sun", dark: "moon" };

function showTheme() {
  const theme = document.documentElement.dataset.theme;
  const button = $("#theme");
  button.replaceChildren(icon(THEMES[theme]));
  button.ariaLabel = button.title = t(`theme_${theme}`);
}

$("#theme").onclick = () => {
  const names = Object.keys(THEMES);
  const following = names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length];
  document.documentElement.dataset.theme = following;
  localStorage.setItem("theme", following);
  showTheme();
};

function speak() {
  translate();
  document.title = t("title");
  $("#language").textContent = language() === "ru" ? "EN" : "РУС";
  showTheme();
  showBot();
  if (!panes.size) return;
  for (const member of state.cast) {
    redress(panes.get(member.id), member);
    const chat = state.chats.get(member.id);
    if (chat) drawChat(panes.get(member.id), chat);
  }
  drawMail(panes.get("mail"));
  drawTrouble(panes.get("trouble"));
  draw();
}

$("#language").onclick = () => {
  setLanguage(language() === "ru" ? "en" : "ru");
  speak();
  drawTour();
  for (const member of state.cast) {
    if (member.roles.length && state.chats.get(member.id)?.messages.length) speakTo(panes.get(member.id));
  }
};
$("#tour-button").onclick = () => turnTour(!isTourOn());
narrow.addEventListener("change", () => drawTour());
document.addEventListener("click", () => queueMicrotask(drawTour));

const places = fetch("/places").then((answer) => answer.json());
places.then((known) => { state.places = known; });

speak();
await places;
let tourTimer = 0;
listen((name, data, before) => {
  if (name !== "cast" && name !== "lost" && !panes.size) return;
  reactions[name](data, before);
  // Several events belong to one happening: the hint looks at them when all are there.
  clearTimeout(tourTimer);
  tourTimer = setTimeout(drawTour, 60);
});
