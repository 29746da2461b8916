/* Documents and pictures opened on the page itself. */

import { $, element } from "./dom.js";

const dialog = $("#viewer");

$(".close", dialog).onclick = () => dialog.close();
dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
dialog.onclose = () => $(".shown", dialog).replaceChildren();

export async function view(file, kind) {
  $("#viewer-title").textContent = file.name;
  Object.assign($("header a", dialog), { href: file.url, download: file.name });
  dialog.dataset.kind = kind;
  $(".shown", dialog).replaceChildren(await content(file, kind));
  if (!dialog.open) dialog.showModal();
}

async function content(file, kind) {
  if (kind === "frame") return frame(file, 1);
  if (kind === "image") return element("img", { src: file.url, alt: file.name });
  const text = await (await fetch(file.url)).text();
  return kind === "table" ? table(text) : element("pre", {}, text);
}

/* Bare under a letter, where the page's own buttons are; with the browser's tools when it fills the page. */
export function frame(file, tools = 0) {
  return element("iframe", { className: "pdf", src: `${file.url}#view=FitH&navpanes=0&toolbar=${tools}`, title: file.name });
}

function table(text) {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/).filter(Boolean).slice(0, 500);
  const mark = [";", "\t", ","].find((one) => lines[0]?.includes(one)) || ";";
  const cells = (line, tag) => element("tr", {}, ...line.split(mark).map((cell) => element(tag, {}, cell.replace(/^"|"$/g, ""))));
  return element("table", {}, ...lines.map((line, index) => cells(line, index ? "td" : "th")));
}
