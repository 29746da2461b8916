/* What comes next in the story, by what the bot has in hand and what stands on the screens at this moment. */

import { state } from "./server.js";

const chatOf = (id) => state.chats.get(id)?.messages ?? [];
const isThere = (id) => chatOf(id).some((message) => message.side === "bot") && !state.chats.get(id).blocked;
const withRole = (role) => state.cast.filter((member) => member.roles.includes(role)).map((member) => member.id);
const lastOf = (id) => chatOf(id).at(-1)?.id ?? 0;
const labelsOf = (message) => message.buttons.flat().map((button) => button.label);
let joiner = null;

/* The newest message with buttons. */
const screenOf = (id) => chatOf(id).findLast((message) => message.buttons.length);

/* The newest message that has such a button. */
function labelled(id, pattern) {
  const message = chatOf(id).findLast((one) => labelsOf(one).some((label) => pattern.test(label)));
  return message ? { id, message: message.id, pattern } : null;
}

/* ---- the rep's side: a button to point at, and what else tells the screen; the first that fits ---- */

const CARD = /^✅ (Отправить на склад|Send to the warehouse)/;
const CART = /^🛒 (Корзина|Cart) · /;
const lacks = (line) => (message, has) => has(CARD) && !line.test(message.text);
const among = (pattern) => (message, has) => has(pattern);
const says = (pattern) => (message) => pattern.test(message.text);

const ORDER = [
  [/^➕ (Товары|Goods)/, "hint_goods", lacks(/^\d+\. /m)],
  [/^📍 /, "hint_address", lacks(/^(📍|🏬) /m)],
  [/^📅 /, "hint_date", lacks(/^📅 /m)],
  [CARD, "hint_send"],
  [/^✅ /, "hint_yes"],
  [/^(Без пометки|Without a note)/, "hint_note"],
  [/(осталось мест|places left)/, "hint_window"],
  [/^\d+$/, "hint_day", says(/(День доставки|День самовывоза|Delivery day|Pick-up day)/)],
  [/^▶$/, "hint_month", says(/(День доставки|День самовывоза|Delivery day|Pick-up day)/)],
  [/^📍 /, "hint_where", among(/^🏬 /)],
  [/^(Дальше|Go on)/, "hint_next"],
  [/^(🛒 Корзина|🛒 Cart) · [1-9]/, "hint_cart"],
  [/^• /, "hint_quantity", among(CART), "5 кор"],
  [/^Гречка/, "hint_product", among(CART)],
  [/^Крупы/, "hint_subshelf", among(CART)],
  [/^Бакалея/, "hint_shelf", among(CART)],
  [CART, "hint_search", () => true, "греч"],
  [/Ромашка/, "hint_customer", says(/^(Для кого|For whom)/)],
  [/^🛒 (Новый заказ|New order)/, "hint_menu"],
];

/* ---- the warehouse's side ---- */

const LOADING = [
  [/^✅ (Да, загружено|Yes, loaded)/, "hint_loaded"],
  [/^✅ (Подтвердить загрузку|Confirm the load)/, "hint_load"],
];
const PLACED = [[/^🙋 /, "hint_claim"]];
const QUEUE = [
  [/№\d+ · /, "hint_queued", says(/^(К загрузке|To load)/)],
  [/^📥 (К загрузке|To load)/, "hint_queue"],
];
/* Whoever went elsewhere is led back. */
const BACK = [
  [/^📋 (Заказ|Order)$/, "hint_back"],
  [/^↩️ (Назад|Back|К заказу|To the order|К позициям|To the lines|К категориям|To the shelves|Другой день|Another day)$/, "hint_back"],
  [/^🏠 /, "hint_home"],
];

function stepOn(id, ways, step) {
  const message = screenOf(id);
  const has = (pattern) => message && labelsOf(message).some((label) => pattern.test(label));
  const found = [...ways, ...BACK].find(([pattern, , fits]) => has(pattern) && (!fits || fits(message, has)));
  if (!found) return { text: "hint_again", typed: "/start", step, at: id };
  const [pattern, text, , typed] = found;
  // What is typed needs no button to be pointed at.
  const target = typed === undefined || text === "hint_quantity" ? { id, message: message.id, pattern } : null;
  return { text, typed, step, at: id, target };
}

function orderStep(reps) {
  const busy = reps.toSorted((one, other) => lastOf(other) - lastOf(one))[0];
  return isThere(busy) ? stepOn(busy, ORDER, 4) : begin("hint_start_rep", 2, busy);
}

function warehouseStep(ways, keepers, step) {
  const there = keepers.filter(isThere);
  if (!there.length) return begin("hint_start_keeper", 3, keepers[0]);
  for (const [pattern, text] of ways) {
    const target = there.map((id) => labelled(id, pattern)).find(Boolean);
    if (target) return { text, step, at: target.id, target };
  }
  return stepOn(there[0], QUEUE, step);
}

function begin(text, step, at) {
  const name = state.cast.find((member) => member.id === at)?.name;
  return { text, step, at, values: { name }, target: { selector: ".start" } };
}

/* ---- all of it ---- */

/* The hint for this moment, or null; `seen` tells what of the end a newcomer has done already. */
export function next(seen) {
  joiner ??= state.cast.find((member) => member.code)?.id ?? null;
  const hands = state.counts?.hands ?? {};
  const rep = withRole("sales_rep").find((id) => id !== joiner) ?? joiner;
  const keepers = withRole("storekeeper");
  // An order's confirmation may come by mail, too: it is the letter with papers that ends the story.
  if (state.mail.some((letter) => letter.files.length)) return afterMail(seen);
  if (rep === null || !keepers.length) return null;
  if (hands.loading) return warehouseStep(LOADING, hands.loading, 6);
  if (hands.placed) return warehouseStep(PLACED, keepers, 5);
  if (hands.loaded || hands.delivered) return waitForMail();
  if (hands.draft) return orderStep([...hands.draft, rep]);
  return opening(rep, keepers.slice(0, 2));
}

function opening(rep, keepers) {
  const code = state.cast.some((member) => member.id === joiner && member.code);
  if (code && !isThere(rep)) {
    if (!isThere(joiner)) return begin("hint_start_joiner", 1, joiner);
    return { text: "hint_code", step: 1, at: joiner, target: { selector: ".code button" } };
  }
  if (!isThere(rep)) return begin("hint_start_rep", 2, rep);
  const silent = keepers.find((id) => !isThere(id));
  return silent === undefined ? orderStep([rep]) : begin("hint_start_keeper", 3, silent);
}

function waitForMail() {
  const broken = Object.keys(state.faults).find((name) => name.startsWith("smtp-") && state.faults[name]);
  if (!broken) return { text: "hint_wait", step: 7, at: "mail" };
  return { text: "hint_mail_broken", step: 7, at: "trouble", target: { selector: `[data-name="${broken}"]` } };
}

function afterMail(seen) {
  if (!seen.has("invoice")) return { text: "hint_mail", step: 7, at: "mail", target: { selector: ".attachments .open" } };
  if (!seen.has("trouble")) return { text: "hint_trouble", step: 8, at: "trouble", target: { selector: ".kill" } };
  return { text: "hint_end", step: 8, at: null };
}
