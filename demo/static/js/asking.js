/* What is attached to a message: a place from the little map, a contact, a file. */

import { $, element } from "./dom.js";
import { pin, sketch } from "./map.js";
import { act, state, upload } from "./server.js";
import { t } from "./texts.js";

const MAP = { lat: 55.69, lon: 37.63, degrees: 0.57, width: 460, height: 380 };
const FAR = [43.1155, 131.8855];

async function ask(id) {
  const dialog = document.getElementById(id);
  dialog.returnValue = "cancel";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  return dialog.returnValue === "ok" ? $("form", dialog).elements : null;
}

export async function askLocation(person) {
  prepareMap();
  const fields = await ask("location");
  const number = (field) => Number(field.value.replace(",", "."));
  return fields ? act(person, "location", { lat: number(fields.lat), lon: number(fields.lon) }) : {};
}

function prepareMap() {
  const { preset, lat, lon } = $("#location form").elements;
  const { drawing, project, unproject, dots } = sketch(MAP.lat, MAP.lon, MAP.degrees, MAP.width, MAP.height);
  let mark = null;
  const put = (latitude, longitude) => {
    [lat.value, lon.value] = [latitude, longitude];
    mark?.remove();
    mark = pin(...project(latitude, longitude));
    drawing.append(mark);
  };
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", t("map_about"));
  drawing.onclick = (event) => {
    const box = drawing.getBoundingClientRect();
    const [x, y] = [((event.clientX - box.left) / box.width) * MAP.width, ((event.clientY - box.top) / box.height) * MAP.height];
    put(...unproject(x, y).map((value) => Number(value.toFixed(5))));
    preset.value = "";
  };
  dots.forEach((dot, index) => {
    dot.onclick = (event) => {
      event.stopPropagation();
      preset.value = String(index);
      preset.onchange();
    };
  });
  const names = [...state.places.map(([name]) => name), t("far_away")];
  const points = [...state.places.map(([, a, b]) => [a, b]), FAR];
  preset.replaceChildren(element("option", { value: "" }, t("place_own")),
    ...names.map((name, index) => element("option", { value: String(index) }, name)));
  preset.onchange = () => { if (preset.value !== "") put(...points[preset.value]); };
  lat.onchange = lon.onchange = () => { preset.value = ""; };
  preset.value = "0";
  preset.onchange();
  $("#location .map").replaceChildren(drawing);
}

export async function askContact(person) {
  const fields = await ask("contact");
  return fields ? act(person, "contact", { phone: fields.phone.value, own: !fields.foreign.checked }) : {};
}

export function pickFile(picker, kind, accept) {
  Object.assign(picker, { accept });
  picker.dataset.kind = kind;
  picker.click();
}

export async function sendFiles(person, picker, report) {
  for (const file of picker.files) {
    const { trouble } = await upload(person, file, picker.dataset.kind);
    if (trouble) report(trouble);
  }
  picker.value = "";
}
