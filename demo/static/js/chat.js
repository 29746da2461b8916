/* One person's chat with the bot. */

import { $, $$, avatar, clone, element, reconcile, span } from "./dom.js";
import { askContact, askLocation, pickFile, sendFiles } from "./asking.js";
import { messageNode } from "./message.js";
import { act, state } from "./server.js";
import { day, language, roles, t, translate } from "./texts.js";

const TROUBLES = { gone: "trouble_gone", "the message is gone": "trouble_gone", stopped: "trouble_stopped" };

export function chatPane(member) {
  const pane = clone("chat-template");
  const person = member.id;
  pane.person = person;
  pane.drawn = new Map();
  pane.toasts = null;
  avatar($(".head .avatar", pane), person, member.name);
  $("h2", pane).textContent = member.name;
  const report = (trouble) => toast(pane, t(TROUBLES[trouble] || "trouble_other", { why: trouble }));
  pane.report = report;
  pane.attempt = async (...what) => {
    const { trouble } = await act(person, ...what);
    if (trouble) report(trouble);
    return !trouble;
  };
  $(".code button", pane).onclick = (event) => pane.attempt("send", { text: event.currentTarget.textContent });
  $(".start", pane).onclick = async () => {
    const known = state.cast.find((one) => one.id === person);
    // The sample staff speak Russian until they say otherwise in the bot's settings.
    if (language() !== "ru" && known.roles.length) await speak(pane);
    else await pane.attempt("start");
  };
  $(".block", pane).onclick = () => pane.attempt(state.chats.get(person)?.blocked ? "unblock" : "block");
  prepareComposer(pane);
  prepareScrolling(pane);
  redress(pane, member);
  return pane;
}

/* The bot speaks to everybody in their own language: the page's one is pressed in its settings. */
export async function speak(pane, isNew = false) {
  pane.inert = true; // two hands on one screen would be in each other's way
  await pane.attempt("speak", { language: language(), is_new: isNew });
  pane.inert = false;
  document.dispatchEvent(new CustomEvent("spoken"));
}

/* What depends on the language and on who the person is by now. */
export function redress(pane, member) {
  translate(pane);
  pane.setAttribute("aria-label", t("chat_of", { name: member.name }));
  $(".head .roles", pane).textContent = roles(member.roles);
  if ($(".code button", pane).matches(":focus-visible") && !member.code) $("textarea", pane).focus();
  $(".code", pane).hidden = !member.code;
  if (member.code) $(".code button", pane).textContent = member.code;
}

function prepareComposer(pane) {
  const form = $(".composer", pane);
  const box = $("textarea", form);
  const picker = $("input[type=file]", form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (text && (await pane.attempt("send", { text }))) {
      box.value = "";
      form.classList.remove("typed");
    }
  };
  box.oninput = () => form.classList.toggle("typed", box.value.trim() !== "");
  box.onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  };
  picker.onchange = () => sendFiles(pane.person, picker, pane.report);
  const answered = async (sent) => {
    const { trouble } = await sent;
    if (trouble) pane.report(trouble);
  };
  const deeds = {
    photo: () => pickFile(picker, "photo", "image/*"), file: () => pickFile(picker, "document", ""),
    location: () => answered(askLocation(pane.person)), contact: () => answered(askContact(pane.person)),
    sticker: () => pane.attempt("sticker"), voice: () => pane.attempt("voice"),
  };
  for (const button of $$("[data-do]", form)) {
    button.onclick = () => {
      $(".attach summary", form).focus(); // where a dialog gives the focus back to, once the menu is closed
      deeds[button.dataset.do]();
    };
  }
}

function prepareScrolling(pane) {
  const list = $(".messages", pane);
  const latest = $(".latest", pane);
  list.onscroll = () => { latest.hidden = fromEnd(list) < 160; };
  latest.onclick = () => list.scrollTo({ top: list.scrollHeight, behavior: "smooth" });
  // Keep the end in sight when a keyboard opens, a picture loads or the window changes.
  pane.atEnd = true;
  list.addEventListener("scroll", () => { pane.atEnd = fromEnd(list) < 40; }, { passive: true });
  new ResizeObserver(() => { if (pane.atEnd) toEnd(pane); }).observe(list);
  list.addEventListener("load", () => { if (pane.atEnd) toEnd(pane); }, true);
}

const fromEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight;

export function toEnd(pane) {
  const list = $(".messages", pane);
  if (list) list.scrollTop = list.scrollHeight;
}

export function drawChat(pane, chat, before) {
  const list = $(".messages", pane);
  const wasAtEnd = pane.atEnd;
  drawMessages(pane, list, chat, before !== undefined);
  const newest = chat.messages.at(-1);
  const isNew = newest && newest.id !== before?.messages.at(-1)?.id;
  if (wasAtEnd || (isNew && newest.side === "me")) toEnd(pane);
  const isEmpty = chat.messages.length === 0;
  const start = $(".start", pane);
  const byKeyboard = start.matches(":focus-visible");
  $(".nothing", pane).hidden = !isEmpty;
  start.hidden = !isEmpty && !chat.blocked;
  $(".composer", pane).hidden = isEmpty || chat.blocked;
  if (byKeyboard && start.hidden) $("textarea", pane).focus();
  $(".block", pane).textContent = t(chat.blocked ? "unblock" : "block");
  drawKeyboard(pane, chat);
  drawCommands(pane, chat);
  drawToasts(pane, chat);
  drawTicks(pane);
  for (const node of $$(".pressed", list)) {
    if (chat.answered.includes(node.dataset.press)) node.classList.remove("pressed");
  }
}

function drawMessages(pane, list, chat, isLive) {
  const wanted = [];
  let last = null;
  for (const message of chat.messages) {
    if (message.day !== last) {
      last = message.day;
      const iso = last;
      const make = () => element("li", { className: "day" }, span("", day(iso)));
      wanted.push({ key: `day ${iso}`, json: t("messages"), make });
    }
    wanted.push({
      key: String(message.id),
      json: t("messages") + JSON.stringify(message),
      make: (isKnown) => {
        const node = messageNode(message, chat.id, pane.report);
        if (isLive) node.classList.add(isKnown ? "changed" : "fresh");
        return node;
      },
    });
  }
  reconcile(list, wanted, pane.drawn);
}

function drawKeyboard(pane, chat) {
  const node = $(".keyboard", pane);
  node.hidden = chat.keyboard.length === 0 || chat.blocked;
  node.replaceChildren(...chat.keyboard.map((row) => element("div", { className: "row" }, ...row.map((label) =>
    element("button", { type: "button", onclick: () => pane.attempt("tap", { label }) }, label)))));
}

function drawCommands(pane, chat) {
  $(".commands", pane).hidden = chat.commands.length === 0;
  $(".commands .items", pane).replaceChildren(...chat.commands.map(({ command, description }) => {
    const button = element("button", { type: "button" }, element("b", {}, `/${command}`), span("faint", description));
    button.onclick = () => pane.attempt("send", { text: `/${command}` });
    return button;
  }));
}

/* One tick: waits at Telegram; two: the bot has fetched it. */
export function drawTicks(pane) {
  const waiting = new Set(state.bot?.waiting || []);
  for (const node of $$(".message.me", pane)) {
    const waits = waiting.has(Number(node.dataset.id));
    const ticks = $(".ticks", node);
    ticks.classList.toggle("one", waits);
    ticks.title = t(waits ? "waits" : "fetched");
  }
}

function drawToasts(pane, chat) {
  const fresh = pane.toasts === null ? [] : chat.toasts.filter((answer) => !pane.toasts.has(answer.id));
  pane.toasts = new Set(chat.toasts.map((answer) => answer.id));
  for (const answer of fresh) {
    if (answer.alert) showAlert(answer.text);
    else toast(pane, answer.text);
  }
}

function showAlert(text) {
  $("#alert-text").textContent = text;
  if (!$("#alert").open) $("#alert").showModal();
}

function toast(pane, text) {
  const node = $(".toast", pane);
  node.textContent = text;
  node.hidden = false;
  clearTimeout(pane.toastTimer);
  pane.toastTimer = setTimeout(() => { node.hidden = true; }, 5000);
}
