/* One message as a bubble with its buttons. */

import { button, element, icon, span } from "./dom.js";
import { formatted, link } from "./format.js";
import { pin, sketch } from "./map.js";
import { act } from "./server.js";
import { size, t } from "./texts.js";
import { view } from "./viewer.js";

export function messageNode(message, person, report) {
  const bubble = element("div", { className: "bubble" });
  if (message.photo) bubble.append(photoNode(message));
  if (message.document) bubble.append(fileNode(message.document));
  if (message.place) bubble.append(...placeNodes(message.place));
  if (message.contact) bubble.append(contactNode(message.contact));
  if (message.other) bubble.append(otherNode(message.other));
  if (message.text) bubble.append(formatted(message.text, message.entities, person));
  bubble.append(foot(message));
  const node = element("li", { className: `message ${message.side}` }, bubble);
  if (message.photo || message.place) bubble.classList.add("pictured");
  if (message.buttons.length) node.append(buttonsNode(message, person, report));
  node.dataset.id = message.id;
  return node;
}

function foot(message) {
  const said = message.edited ? t("edited", { time: message.time }) : message.time;
  const node = span("time", said);
  if (message.side === "me") node.append(span("ticks", icon("check"), icon("checks")));
  return node;
}

function photoNode(message) {
  const { photo } = message;
  const picture = element("img", { className: "photo", src: photo.url, alt: message.text || t("photo"), loading: "lazy" });
  const properties = { ariaLabel: t("open_file", { name: t("photo") }), onclick: () => view(photo, "image") };
  return button("bare", properties, picture);
}

const KINDS = { pdf: "frame", png: "image", jpg: "image", jpeg: "image", webp: "image", gif: "image", csv: "table", txt: "text" };

export const kindOf = (file) => KINDS[file.suffix];

/* What can be shown here opens here; anything can be downloaded. */
export function fileNode(file, open = view) {
  const kind = kindOf(file);
  const name = span("name", file.name);
  const badge = span("badge-file", file.suffix.slice(0, 4).toUpperCase() || "FILE");
  badge.dataset.kind = file.suffix;
  const about = span("about", name, span("size", size(file.size)));
  const link = { className: "tool", href: file.url, download: file.name, title: t("download") };
  const download = element("a", link, icon("download"));
  download.setAttribute("aria-label", `${t("download")} ${file.name}`);
  if (!kind) return element("div", { className: "file" }, badge, about, download);
  const properties = { ariaLabel: t("open_file", { name: file.name }), onclick: () => open(file, kind) };
  return element("div", { className: "file" }, button("bare open", properties, badge, about), download);
}

function placeNodes(place) {
  const { drawing, project } = sketch(place.lat, place.lon, 0.09, 280, 130);
  const [x, y] = project(place.lat, place.lon);
  drawing.append(pin(x, y));
  const url = `https://www.openstreetmap.org/?mlat=${place.lat}&mlon=${place.lon}#map=16/${place.lat}/${place.lon}`;
  const about = element("div", { className: "place" });
  if (place.title) about.append(element("b", {}, place.title));
  if (place.address) about.append(element("div", { className: "faint" }, place.address));
  about.append(element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, t("on_map")));
  if (!place.title) about.prepend(element("div", {}, `${place.lat}, ${place.lon}`));
  return [drawing, about];
}

function contactNode(contact) {
  return element("div", { className: "file" }, span("badge-file round", icon("person")),
    span("about", span("name", contact.name), span("size", contact.phone)));
}

function otherNode(kind) {
  if (kind === "sticker") return element("div", { className: "sticker", role: "img", ariaLabel: t("a_sticker") }, "👍");
  return element("div", { className: "file" }, span("badge-file round", icon("mic")), span("about", t("a_voice")));
}

function buttonsNode(message, person, report) {
  const rows = message.buttons.map((row) => element("div", { className: "row" }, ...row.map((one) => {
    if (one.url) return link(one.url, person, `${one.label} ↗\uFE0E`);
    const node = button("", {}, one.label);
    node.onclick = async () => {
      const { value, trouble } = await act(person, "press", { message_id: message.id, data: one.data });
      if (trouble) return report(trouble);
      // The little clock runs until the bot has answered the press.
      node.classList.add("pressed");
      node.dataset.press = value;
      setTimeout(() => node.classList.remove("pressed"), 15000);
    };
    return node;
  })));
  return element("div", { className: "buttons" }, ...rows);
}
