/* The clients' mailbox: a list of letters and the one that is read. */

import { $, avatar, clone, element, reconcile, span } from "./dom.js";
import { fileNode } from "./message.js";
import { state } from "./server.js";
import { day, t, translate } from "./texts.js";
import { frame, view } from "./viewer.js";

export function mailPane() {
  const pane = clone("mail-template");
  pane.drawn = new Map();
  pane.read = new Set();
  pane.chosen = null;
  translate(pane);
  return pane;
}

export function drawMail(pane) {
  const letters = [...state.mail].reverse();
  $(".empty", pane).hidden = letters.length > 0;
  $(".letters", pane).hidden = letters.length === 0;
  // The newest is opened by itself until somebody chooses.
  const newest = letters[0]?.number ?? null;
  const shown = letters.find((letter) => letter.number === (pane.chosen ?? newest));
  if (shown) pane.read.add(shown.number);
  reconcile($(".letters", pane), letters.map((letter) => ({
    key: String(letter.number),
    json: JSON.stringify([letter.number === shown?.number, pane.read.has(letter.number), t("to")]),
    make: () => rowNode(pane, letter, letter.number === shown?.number),
  })), pane.drawn);
  drawLetter(pane, shown);
}

function nameOf(address) {
  return address.replace(/<[^>]*>/, "").replace(/"/g, "").trim() || address;
}

function rowNode(pane, letter, isShown) {
  const face = avatar(span("avatar small"), letter.to.length * 3 + letter.to.charCodeAt(0), letter.to.toUpperCase());
  face.ariaHidden = "true";
  const top = span("line", element("b", {}, letter.to), span("faint", letter.time));
  const clip = letter.files.length ? span("faint", "📎") : null;
  const bottom = span("line", span("subject", letter.subject || t("no_subject")), clip);
  const row = element("button", { type: "button", className: "bare" }, face, span("about", top, bottom));
  row.ariaCurrent = String(isShown);
  row.classList.toggle("unread", !pane.read.has(letter.number));
  row.onclick = () => {
    pane.chosen = letter.number;
    drawMail(pane);
  };
  return element("li", {}, row);
}

function drawLetter(pane, letter) {
  const node = $(".letter", pane);
  node.hidden = !letter;
  const key = letter ? `${letter.number} ${t("to")}` : "";
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.dataset.number = letter?.number ?? "";
  if (!letter) return node.replaceChildren();
  const addresses = element("dl", {}, element("dt", {}, t("from")), element("dd", { title: letter.from }, nameOf(letter.from)),
    element("dt", {}, t("to")), element("dd", {}, letter.to));
  node.replaceChildren(
    element("h3", {}, letter.subject || t("no_subject")),
    element("div", { className: "envelope" }, addresses, span("faint", `${day(letter.day)}, ${letter.time}`)),
    letter.html ? letterFrame(letter) : element("pre", { className: "plain" }, letter.text),
    attachments(letter),
    folded(t("headers"), letter.headers.join("\n")),
  );
  if (letter.html && letter.text) node.append(folded(t("plain_part"), letter.text));
  node.scrollTop = 0;
}

function folded(title, text) {
  return element("details", { className: "more" }, element("summary", {}, title), element("pre", {}, text));
}

/* As high as what is in it. Of this origin only so that it can be measured: it runs nothing and loads nothing. */
function letterFrame(letter) {
  const frame = element("iframe", { className: "body", title: t("letter", { subject: letter.subject }) });
  frame.setAttribute("sandbox", "allow-same-origin");
  frame.src = `/mail/${letter.number}/html`;
  frame.onload = () => {
    const content = frame.contentDocument?.documentElement;
    if (!content) return;
    const fit = () => {
      const borders = frame.offsetHeight - frame.clientHeight;
      frame.style.height = `${Math.ceil(content.getBoundingClientRect().height) + borders}px`;
    };
    new ResizeObserver(fit).observe(content);
  };
  return frame;
}

function unfold(node, paper) {
  node.after(paper);
  const letter = node.closest(".letter");
  letter.scrollTop += node.getBoundingClientRect().top - letter.getBoundingClientRect().top - 8;
}

/* A PDF unfolds under its name; other files open over the page. */
function attachments(letter) {
  const box = element("div", { className: "attachments" });
  if (letter.files.length) box.ariaLabel = t("attachments");
  for (const file of letter.files) {
    const node = fileNode(file, (one, kind) => {
      if (kind !== "frame") return view(one, kind);
      const shown = node.nextElementSibling?.matches("iframe") ? node.nextElementSibling : null;
      if (shown) shown.remove();
      else unfold(node, frame(one));
      const button = $(".open", node);
      button.ariaExpanded = String(!shown);
      button.ariaLabel = t(shown ? "open_file" : "close_file", { name: one.name });
      document.dispatchEvent(new CustomEvent("invoice-opened"));
      return undefined;
    });
    box.append(node);
  }
  return box;
}
