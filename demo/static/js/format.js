/* A message's text with its formatting, as DOM nodes. */

import { element } from "./dom.js";
import { act, state } from "./server.js";

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

/* Entities nest and are sorted by offset, the longer first; offsets are UTF-16 units, as in JavaScript. */
export function formatted(text, entities, person) {
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
export function link(url, person, label = "") {
  let target = null;
  try { target = new URL(url); } catch { return element("span", {}, label); }
  if (!["http:", "https:"].includes(target.protocol)) return element("span", {}, label);
  const node = element("a", { href: target.href, target: "_blank", rel: "noopener noreferrer" }, label);
  node.onclick = (event) => {
    if (target.host !== "t.me" || target.pathname !== `/${state.bot.username}`) return;
    event.preventDefault();
    act(person, "start", { payload: target.searchParams.get("start") || "" });
  };
  return node;
}
