/* Small helpers. Text from people becomes text nodes, never markup. */

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const span = (className, ...children) => element("span", { className }, ...children);

export function button(className, properties, ...children) {
  return element("button", { type: "button", className, ...properties }, ...children);
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const icon = (name) => svg("svg", { "aria-hidden": "true" }, svg("use", { href: `/static/icons.svg#${name}` }));

export const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/* Telegram's seven colours, by the person's id. */
export function avatar(node, id, name) {
  node.textContent = [...name][0] || "?";
  node.dataset.tint = String(Math.abs(id) % 7);
  return node;
}

/* Puts keyed nodes into a list, keeping those whose content did not change. */
export function reconcile(list, wanted, drawn) {
  const keys = new Set(wanted.map((one) => one.key));
  for (const [key, one] of drawn) {
    if (!keys.has(key)) {
      one.node.remove();
      drawn.delete(key);
    }
  }
  let place = list.firstChild;
  for (const { key, json, make } of wanted) {
    const known = drawn.get(key);
    let node = known?.node;
    if (known?.json !== json) {
      node = make(known !== undefined);
      if (known) {
        if (place === known.node) place = node;
        replaceKeepingFocus(known.node, node);
      }
      drawn.set(key, { json, node });
    }
    if (node === place) place = place.nextSibling;
    else list.insertBefore(node, place);
  }
}

function replaceKeepingFocus(old, fresh) {
  const index = $$("button", old).indexOf(document.activeElement);
  old.replaceWith(fresh);
  if (index >= 0) $$("button", fresh)[index]?.focus({ preventScroll: true });
}

/* A menu made of <details> closes like one: by Escape, a click elsewhere, a choice. */
document.addEventListener("click", (event) => {
  for (const menu of $$("details.menu[open]")) {
    if (!menu.contains(event.target) || event.target.closest(".items button")) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of $$("details.menu[open]")) {
    menu.open = false;
    $("summary", menu).focus();
  }
});
