"use strict";
/* The page draws what the server tells by events. Text from people becomes text nodes, never markup. */

const $ = (selector, root = document) => root.querySelector(selector);
const narrow = matchMedia("(max-width: 700px)");
const places = [
  ["Склад: Дубнинская улица, 83", 55.8887, 37.5519],
  ["Ленинский проспект, 12", 55.7233, 37.6017],
  ["Химки, Московская улица, 14", 55.889, 37.445],
  ["Подольск, улица Кирова, 15", 55.4325, 37.547],
  ["Владивосток (слишком далеко)", 43.1155, 131.8855],
];
const state = { cast: [], bot: {}, chats: new Map(), mail: [], panes: new Map(), open: new Set(), current: null };

/* ---- small helpers ---- */

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children.filter((child) => child !== null));
  return node;
}

const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString("ru", { hour: "2-digit", minute: "2-digit" });

function size(bytes) {
  return bytes < 1024 ? `${bytes} Б` : bytes < 1048576 ? `${Math.round(bytes / 1024)} КБ` : `${(bytes / 1048576).toFixed(1)} МБ`;
}

async function act(person, action, body = {}) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return answered(person, fetch(`/people/${person}/${action}`, request));
}

async function upload(person, file, kind) {
  const headers = { "X-File-Name": encodeURIComponent(file.name), "X-File-Kind": kind, "Content-Type": "application/octet-stream" };
  return answered(person, fetch(`/people/${person}/upload`, { method: "POST", headers, body: file }));
}

async function answered(person, request) {
  try {
    const response = await request;
    if (!response.ok) toast(person, `Не получилось: ${(await response.text()) || response.status}`);
    return response.ok;
  } catch {
    toast(person, "Демонстрация остановлена: сервер не отвечает");
    return false;
  }
}

/* ---- formatted text ---- */

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

/* Entities nest and are sorted by offset, the longer first; offsets are UTF-16 units, as in JavaScript. */
function formatted(text, entities, person) {
  const queue = [...entities];
  const build = (parent, from, to) => {
    let position = from;
    while (queue.length && queue[0].offset < to) {
      const entity = queue.shift();
      const start = Math.max(entity.offset, position);
      const end = Math.min(entity.offset + entity.length, to);
      parent.append(text.slice(position, start));
      const node = entityNode(entity, text.slice(start, end), person);
      build(node, start, end);
      parent.append(node);
      // A block begins a new line by itself.
      position = ["PRE", "BLOCKQUOTE"].includes(node.tagName) && text[end] === "\n" ? end + 1 : end;
    }
    parent.append(text.slice(position, to));
    return parent;
  };
  return build(element("div", { className: "text" }), 0, text.length);
}

function entityNode(entity, text, person) {
  if (entity.type === "text_link") return link(entity.url, person);
  if (entity.type === "spoiler") return element("span", { className: "spoiler", tabIndex: 0 });
  if (entity.type === "bot_command") {
    return element("button", { type: "button", className: "link", onclick: () => act(person, "send", { text }) });
  }
  return element(TAGS[entity.type] || "span");
}

/* A link to the bot itself stays here: it is the «Start» button with a payload. */
function link(url, person, label = "") {
  let target = null;
  try { target = new URL(url); } catch { return element("span", {}, label); }
  if (!["http:", "https:"].includes(target.protocol)) return element("span", {}, label);
  const node = element("a", { href: target.href, target: "_blank", rel: "noopener noreferrer" }, label);
  if (target.host === "t.me" && target.pathname === `/${state.bot.username}`) {
    node.onclick = (event) => {
      event.preventDefault();
      act(person, "start", { payload: target.searchParams.get("start") || "" });
    };
  }
  return node;
}

/* ---- one message ---- */

function messageNode(message, person) {
  const bubble = element("div", { className: "bubble" });
  if (message.photo) bubble.append(element("img", { className: "photo", src: message.photo.url, alt: message.text || "Фотография" }));
  if (message.document) bubble.append(fileNode(message.document));
  if (message.place) bubble.append(placeNode(message.place));
  if (message.contact) bubble.append(element("div", {}, `👤 ${message.contact}`));
  if (message.other) bubble.append(element("div", {}, message.other === "sticker" ? "👍 стикер" : "🎤 голосовое, 3 с"));
  if (message.text) bubble.append(formatted(message.text, message.entities, person));
  bubble.append(element("div", { className: "time" }, (message.edited ? "изменено " : "") + clock(message.at)));
  const node = element("li", { className: `message ${message.side}` }, bubble);
  if (message.buttons.length) node.append(buttonsNode(message, person));
  node.dataset.id = message.id;
  return node;
}

function buttonsNode(message, person) {
  const rows = message.buttons.map((row, r) => element("div", { className: "row" }, ...row.map((button, c) => {
    if (button.url) return link(button.url, person, `${button.label} ↗`);
    const node = element("button", { type: "button" }, button.label);
    node.onclick = async () => {
      node.disabled = true;
      await act(person, "press", { message_id: message.id, row: r, column: c });
      node.disabled = false;
    };
    return node;
  })));
  return element("div", { className: "buttons" }, ...rows);
}

function fileNode(file) {
  const node = element("div", {}, element("div", { className: "file" },
    element("a", { href: file.url, download: file.name }, `📎 ${file.name}`),
    element("span", { className: "size" }, size(file.size))));
  if (file.pdf) addViewer(node, file);
  return node;
}

function addViewer(node, file) {
  const toggle = element("button", { type: "button", className: "link", ariaExpanded: "false" }, "Открыть здесь");
  toggle.onclick = () => {
    const shown = $("iframe.pdf", node);
    if (shown) shown.remove();
    else node.append(element("iframe", { className: "pdf", src: file.url, title: file.name }));
    toggle.textContent = shown ? "Открыть здесь" : "Закрыть";
    toggle.ariaExpanded = String(!shown);
  };
  $(".file", node).append(toggle);
}

function placeNode(place) {
  const map = `https://www.openstreetmap.org/?mlat=${place.lat}&mlon=${place.lon}#map=16/${place.lat}/${place.lon}`;
  const label = `📍 ${place.title || `${place.lat}, ${place.lon}`}`;
  return element("div", { className: "place" }, element("a", { href: map, target: "_blank", rel: "noopener noreferrer" }, label));
}

/* ---- a person's column ---- */

function chatPane(member) {
  const pane = clone("chat-template");
  const person = member.id;
  pane.setAttribute("aria-label", `Чат: ${member.name}`);
  $("h2", pane).textContent = member.name;
  $(".roles", pane).textContent = member.roles;
  pane.drawn = new Map();
  pane.toasts = null;
  if (member.code) {
    $(".code", pane).hidden = false;
    $(".code button", pane).textContent = member.code;
    $(".code button", pane).onclick = () => act(person, "send", { text: member.code });
  }
  $(".start", pane).onclick = () => act(person, "start");
  $(".block", pane).onclick = () => act(person, state.chats.get(person)?.blocked ? "unblock" : "block");
  composer(pane, person);
  return pane;
}

function composer(pane, person) {
  const form = $(".composer", pane);
  const box = $("textarea", form);
  const picker = $("input[type=file]", form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (text && (await act(person, "send", { text }))) box.value = "";
  };
  box.onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  };
  picker.onchange = async () => {
    for (const file of picker.files) await upload(person, file, picker.dataset.kind);
    picker.value = "";
  };
  const deeds = {
    file: () => pick(picker, "document", ""), photo: () => pick(picker, "photo", "image/*"),
    location: () => askLocation(person), contact: () => askContact(person),
    sticker: () => act(person, "sticker"), voice: () => act(person, "voice"),
  };
  for (const button of form.querySelectorAll("[data-do]")) {
    button.onclick = () => {
      $(".menu", form).open = false;
      deeds[button.dataset.do]();
    };
  }
}

function pick(picker, kind, accept) {
  Object.assign(picker, { accept });
  picker.dataset.kind = kind;
  picker.click();
}

async function ask(id) {
  const dialog = document.getElementById(id);
  dialog.returnValue = "cancel";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  return dialog.returnValue === "ok" ? $("form", dialog).elements : null;
}

async function askLocation(person) {
  const fields = await ask("location");
  const number = (field) => Number(field.value.replace(",", "."));
  if (fields) act(person, "location", { lat: number(fields.lat), lon: number(fields.lon) });
}

async function askContact(person) {
  const fields = await ask("contact");
  if (fields) act(person, "contact", { phone: fields.phone.value, own: !fields.foreign.checked });
}

/* Only what changed is drawn anew, so that an opened PDF or a focused button stays. */
function drawChat(chat) {
  const pane = state.panes.get(chat.id);
  if (!pane) return;
  const list = $(".messages", pane);
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const newest = list.lastElementChild?.dataset.id;
  drawMessages(pane, list, chat);
  const last = chat.messages.at(-1);
  if (atEnd || (last && String(last.id) !== newest && last.side === "me")) list.scrollTop = list.scrollHeight;
  $(".start", pane).hidden = chat.messages.length > 0 && !chat.blocked;
  $(".composer", pane).hidden = chat.blocked;
  $(".block", pane).textContent = chat.blocked ? "Разблокировать бота" : "Заблокировать бота";
  drawKeyboard($(".keyboard", pane), chat);
  drawCommands($(".commands", pane), chat);
  drawToasts(pane, chat);
}

function drawMessages(pane, list, chat) {
  const kept = new Set(chat.messages.map((message) => String(message.id)));
  for (const node of [...list.children]) {
    if (!kept.has(node.dataset.id)) {
      node.remove();
      pane.drawn.delete(node.dataset.id);
    }
  }
  for (const message of chat.messages) {
    const id = String(message.id);
    const now = JSON.stringify(message);
    const drawn = pane.drawn.get(id);
    if (drawn?.json === now) continue;
    const node = messageNode(message, chat.id);
    if (drawn) replaceKeepingFocus(drawn.node, node);
    else list.append(node);
    pane.drawn.set(id, { json: now, node });
  }
}

function replaceKeepingFocus(old, fresh) {
  const index = [...old.querySelectorAll("button")].indexOf(document.activeElement);
  old.replaceWith(fresh);
  if (index >= 0) fresh.querySelectorAll("button")[index]?.focus({ preventScroll: true });
}

function drawKeyboard(node, chat) {
  node.hidden = chat.keyboard.length === 0;
  node.replaceChildren(...chat.keyboard.map((row) => element("div", { className: "row" }, ...row.map((label) =>
    element("button", { type: "button", onclick: () => act(chat.id, "tap", { label }) }, label)))));
}

function drawCommands(node, chat) {
  node.replaceChildren(...chat.commands.map(({ command, description }) => {
    const button = element("button", { type: "button" }, `/${command} `, element("small", {}, description));
    button.onclick = () => {
      button.closest("details").open = false;
      act(chat.id, "send", { text: `/${command}` });
    };
    return button;
  }));
}

function drawToasts(pane, chat) {
  const fresh = pane.toasts === null ? [] : chat.toasts.filter((answer) => !pane.toasts.has(answer.id));
  pane.toasts = new Set(chat.toasts.map((answer) => answer.id));
  for (const answer of fresh) {
    if (answer.alert) showAlert(answer.text);
    else toast(chat.id, answer.text);
  }
}

function showAlert(text) {
  $("#alert-text").textContent = text;
  if (!$("#alert").open) $("#alert").showModal();
}

function toast(person, text) {
  const node = $(".toast", state.panes.get(person));
  node.textContent = text;
  node.hidden = false;
  clearTimeout(node.timer);
  node.timer = setTimeout(() => { node.hidden = true; }, 5000);
}

/* ---- the mailbox ---- */

function drawMail() {
  const pane = state.panes.get("mail");
  const list = $(".letters", pane);
  $(".empty", pane).hidden = state.mail.length > 0;
  if (list.childElementCount > state.mail.length) list.replaceChildren();
  for (const letter of state.mail) {
    if (!$(`[data-number="${letter.number}"]`, list)) list.prepend(letterNode(letter));
  }
}

function letterNode(letter) {
  const node = element("article", { className: "letter" }, element("h3", {}, letter.subject || "(без темы)"),
    element("dl", {}, element("dt", {}, "От"), element("dd", {}, letter.from), element("dt", {}, "Кому"), element("dd", {}, letter.to)));
  node.dataset.number = letter.number;
  node.append(letter.html ? letterFrame(letter) : element("pre", {}, letter.text));
  letter.files.forEach((file, index) => {
    const pdf = file.name.toLowerCase().endsWith(".pdf");
    node.append(fileNode({ ...file, pdf, url: `/mail/${letter.number}/files/${index}` }));
  });
  node.append(element("details", {}, element("summary", {}, "Заголовки"), element("pre", {}, letter.headers.join("\n"))));
  if (letter.html && letter.text) {
    node.append(element("details", {}, element("summary", {}, "Текстовая часть"), element("pre", {}, letter.text)));
  }
  return node;
}

function letterFrame(letter) {
  const frame = element("iframe", { className: "body", title: `Письмо: ${letter.subject}` });
  frame.setAttribute("sandbox", "");
  frame.src = `/mail/${letter.number}/html`;
  return frame;
}

/* ---- tabs ---- */

function drawCast(cast) {
  // A reconnected browser is told the same again: leave what is open open.
  if (JSON.stringify(cast) === JSON.stringify(state.cast) && state.panes.size) return;
  state.cast = cast;
  for (const pane of state.panes.values()) pane.remove();
  state.panes.clear();
  for (const member of cast) state.panes.set(member.id, chatPane(member));
  state.panes.set("mail", clone("mail-template"));
  $("#columns").append(...state.panes.values());
  if (!state.panes.has(state.current)) openAtFirst(cast);
  drawTabs();
}

function openAtFirst(cast) {
  const withRole = (role) => cast.find((member) => member.roles.includes(role))?.id;
  const first = [withRole("представитель") ?? cast[0]?.id, withRole("кладовщик"), "mail"];
  state.open = new Set(first.filter((key) => key !== undefined));
  state.current = first[0] ?? "mail";
}

function drawTabs() {
  const tabs = [...state.panes.keys()].map((key) => {
    const name = key === "mail" ? "✉️ Почта" : state.cast.find((member) => member.id === key).name;
    const pane = state.panes.get(key);
    const shown = narrow.matches ? key === state.current : state.open.has(key);
    pane.hidden = !narrow.matches && !shown;
    pane.classList.toggle("current", key === state.current);
    if (shown) pane.unread = 0;
    const tab = element("button", { type: "button", ariaPressed: String(shown), onclick: () => choose(key) }, name);
    if (pane.unread) tab.append(element("span", { className: "badge", ariaLabel: `непрочитанных: ${pane.unread}` }, String(pane.unread)));
    return tab;
  });
  const focused = [...$("#tabs").children].indexOf(document.activeElement);
  $("#tabs").replaceChildren(...tabs);
  if (focused >= 0) tabs[focused]?.focus();
}

function choose(key) {
  if (!narrow.matches && state.open.has(key) && state.open.size > 1) state.open.delete(key);
  else state.open.add(key);
  if (state.open.has(key)) state.current = key;
  drawTabs();
  const list = $(".messages", state.panes.get(key));
  if (list) list.scrollTop = list.scrollHeight;
}

function countUnread(key, seen, now) {
  const pane = state.panes.get(key);
  if (!pane || pane.offsetParent !== null || now <= seen) return;
  pane.unread = (pane.unread || 0) + now - seen;
  drawTabs();
}

/* ---- news from the server ---- */

const fromBot = (chat) => chat ? chat.messages.filter((message) => message.side === "bot").length : 0;

function listen() {
  const source = new EventSource("/events");
  const on = (name, react) => source.addEventListener(name, (event) => react(JSON.parse(event.data)));
  on("cast", drawCast);
  on("chat", (chat) => {
    const before = state.chats.get(chat.id);
    state.chats.set(chat.id, chat);
    drawChat(chat);
    if (before) countUnread(chat.id, fromBot(before), fromBot(chat));
  });
  on("mail", (mail) => {
    const before = state.mail.length;
    state.mail = mail;
    drawMail();
    countUnread("mail", before, mail.length);
  });
  on("bot", (bot) => {
    state.bot = bot;
    showBot(bot.online ? "Бот на связи" : "Бот запускается…", bot.online);
  });
  source.onerror = () => showBot("Нет связи с демонстрацией", false);
}

function showBot(text, online) {
  const node = $("#bot");
  if (node.textContent !== text) node.textContent = text;
  node.classList.toggle("online", online);
}

function preparePlaces() {
  const { preset, lat, lon } = $("#location form").elements;
  preset.append(...places.map(([name], index) => element("option", { value: String(index) }, name)));
  preset.onchange = () => { [, lat.value, lon.value] = places[preset.value]; };
  preset.onchange();
}

preparePlaces();
narrow.addEventListener("change", drawTabs);
listen();
