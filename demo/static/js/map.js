/* A sketch of Moscow, drawn from a few coordinates: no tiles, nothing from outside. */

import { svg } from "./dom.js";
import { state } from "./server.js";

const RINGS = [[0.169, 0.2365], [0.046, 0.078], [0.021, 0.034]];
const CENTRE = [55.7445, 37.6055];
const RIVER = [
  [55.86, 37.36], [55.825, 37.4], [55.8, 37.43], [55.785, 37.47], [55.757, 37.46], [55.75, 37.51], [55.752, 37.55],
  [55.735, 37.545], [55.716, 37.55], [55.716, 37.582], [55.74, 37.603], [55.749, 37.62], [55.742, 37.65],
  [55.72, 37.655], [55.698, 37.652], [55.688, 37.69], [55.67, 37.7], [55.655, 37.74], [55.63, 37.8], [55.59, 37.86],
];
const ROADS = [
  [[55.76, 37.6], [55.95, 37.4]], [[55.77, 37.61], [55.93, 37.55]], [[55.77, 37.64], [55.96, 37.84]],
  [[55.75, 37.66], [55.8, 38.1]], [[55.73, 37.66], [55.64, 38.0]], [[55.72, 37.62], [55.4, 37.6]],
  [[55.71, 37.6], [55.53, 37.36]], [[55.74, 37.56], [55.67, 37.2]],
];
/* A degree of longitude is shorter here than one of latitude. */
const SQUEEZE = Math.cos((CENTRE[0] * Math.PI) / 180);

/* A drawing `degrees` of latitude high around a point; `project` and `unproject` turn coordinates into units. */
export function sketch(latitude, longitude, degrees, width, height) {
  const scale = height / degrees;
  const project = (lat, lon) => [width / 2 + (lon - longitude) * SQUEEZE * scale, height / 2 - (lat - latitude) * scale];
  const unproject = (x, y) => [latitude - (y - height / 2) / scale, longitude + (x - width / 2) / SQUEEZE / scale];
  const line = (points, name) => {
    const drawn = points.map(([lat, lon]) => project(lat, lon).join(",")).join(" ");
    return svg("polyline", { class: name, points: drawn });
  };
  const rings = RINGS.map(([lat, lon]) => {
    const [cx, cy] = project(...CENTRE);
    return svg("ellipse", { class: "ring", cx, cy, rx: lon * SQUEEZE * scale, ry: lat * scale });
  });
  const dots = state.places.map(([, lat, lon]) => {
    const [cx, cy] = project(lat, lon);
    return svg("circle", { class: "dot", cx, cy, r: 3 });
  });
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "sketch" },
    svg("rect", { class: "ground", width, height }), line(RIVER, "river"),
    ...ROADS.map((road) => line(road, "road")), ...rings, ...dots);
  return { drawing, project, unproject, dots };
}

export function pin(x, y) {
  const drop = "M0 0C-3-6-9-11-9-18a9 9 0 0 1 18 0C9-11 3-6 0 0zM0-21.5a3.5 3.5 0 1 0 .01 0z";
  return svg("path", { class: "pin", transform: `translate(${x} ${y})`, d: drop });
}
