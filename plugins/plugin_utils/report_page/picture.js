// Copyright (c) 2026 the mqfleet.tls authors
// SPDX-License-Identifier: GPL-3.0-or-later
// The topology as a picture: hubs on an inner ring, who has one partner alone outside of its partner. The same fleet gives the same picture.
"use strict";

const DRAWING = document.getElementById("drawing").namespaceURI;
const NODE = 11; // radius
const GAP = 34; // between two nodes of a ring
const CROWDED = 14; // from so many nodes on a ring, labels stand along the radius
const LABEL = 24; // characters

function shape(tag, attributes, ...children) {
  const made = document.createElementNS(DRAWING, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function title(text) {
  return shape("title", {}, document.createTextNode(text));
}

// Names of the partners of each queue manager, each once.
function partners(names, links) {
  const found = new Map(names.map((name) => [name, new Set()]));
  for (const link of links) {
    if (link.from === link.to || !found.has(link.from) || !found.has(link.to)) continue;
    found.get(link.from).add(link.to);
    found.get(link.to).add(link.from);
  }
  return found;
}

// Whoever has two partners or more stands on the inner ring, next to those that it talks to; `centre`: who stands in the middle.
function rings(names, known, centre) {
  const inner = new Set(names.filter((name) => centre === null ? known.get(name).size !== 1 : name === centre));
  const leaves = new Map();
  for (const name of names) {
    if (inner.has(name)) continue;
    const [partner] = known.get(name);
    const hub = centre === null ? partner : centre;
    if (!inner.has(hub) && !leaves.has(name)) inner.add(hub); // two that know one another alone
    if (inner.has(name)) continue;
    leaves.set(hub, [...(leaves.get(hub) || []), name]);
  }
  const order = [];
  const waiting = new Set([...inner].sort((one, other) => known.get(other).size - known.get(one).size || byName(one, other)));
  const visit = (name) => {
    if (!waiting.delete(name)) return;
    order.push(name);
    [...known.get(name)].filter((partner) => waiting.has(partner)).sort(byName).forEach(visit);
  };
  [...waiting].forEach(visit);
  return order.map((name) => ({name, leaves: (leaves.get(name) || []).sort(byName)}));
}

// Place of each queue manager: x, y, the direction of its label, and the radius of all.
function layout(names, links, centre = null) {
  const places = new Map();
  if (names.length === 2) {
    places.set(names[0], {x: -130, y: 0, angle: Math.PI, crowded: false});
    places.set(names[1], {x: 130, y: 0, angle: 0, crowded: false});
    return {places, radius: 130};
  }
  const order = rings(names, partners(names, links), centre);
  const slots = order.reduce((sum, {leaves}) => sum + Math.max(1, leaves.length), 0);
  const alone = order.every(({leaves}) => !leaves.length);
  const outer = Math.max(150, slots * GAP / (2 * Math.PI), alone ? 0 : order.length * GAP * 1.4 / (2 * Math.PI * 0.55));
  const ring = alone ? outer : order.length === 1 ? 0 : outer * 0.55;
  const at = (slot, radius, crowded) => {
    const angle = (slot + 0.5) * 2 * Math.PI / slots - Math.PI / 2;
    return {x: radius * Math.cos(angle), y: radius * Math.sin(angle), angle, crowded};
  };
  let slot = 0;
  for (const {name, leaves} of order) {
    const width = Math.max(1, leaves.length);
    places.set(name, {...at(slot + width / 2 - 0.5, ring, alone && slots > CROWDED), below: !alone});
    leaves.forEach((leaf, index) => places.set(leaf, at(slot + index, outer, slots > CROWDED)));
    slot += width;
  }
  return {places, radius: outer};
}

function linkWords(link) {
  const state = link.why ? `${link.state}: ${link.why}` : link.state;
  return `${link.from} to ${link.to}, ${link.channel}, ${link.authentication.replace("_", "-")}, ${state}`;
}

// One link: a bent line, so that the two directions stand apart, and a head at the responder.
function drawLink(link, from, to, number) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const bend = Math.min(26, length * 0.09) + 14 * number;
  const middle = {x: (from.x + to.x) / 2 - dy / length * bend, y: (from.y + to.y) / 2 + dx / length * bend};
  const short = (place) => { // ends where the node begins
    const away = Math.hypot(middle.x - place.x, middle.y - place.y) || 1;
    return {x: place.x + (middle.x - place.x) / away * (NODE + 3), y: place.y + (middle.y - place.y) / away * (NODE + 3)};
  };
  const [begin, end] = [short(from), short(to)];
  const angle = Math.atan2(end.y - middle.y, end.x - middle.x);
  const barb = (turn) => `${(end.x - 10 * Math.cos(angle + turn)).toFixed(1)} ${(end.y - 10 * Math.sin(angle + turn)).toFixed(1)}`;
  const twoWay = link.authentication === "two_way";
  const group = shape("g", {class: `link ${twoWay ? "two-way" : "one-way"} state-${kind(link.state)}`},
    title(linkWords(link)),
    shape("path", {class: "line", d: `M${begin.x.toFixed(1)} ${begin.y.toFixed(1)}Q${middle.x.toFixed(1)} ${middle.y.toFixed(1)} ${end.x.toFixed(1)} ${end.y.toFixed(1)}`}),
    shape("path", {class: "head", d: `M${barb(0.38)}L${end.x.toFixed(1)} ${end.y.toFixed(1)}L${barb(-0.38)}${twoWay ? "Z" : ""}`}));
  if (link.state === "failed" || link.state === "unknown") {
    const text = shape("text", {class: "sign", x: ((begin.x + 2 * middle.x + end.x) / 4).toFixed(1), y: ((begin.y + 2 * middle.y + end.y) / 4).toFixed(1)});
    text.textContent = sign(link.state);
    group.append(text);
  }
  return group;
}

function drawNode(row, place, chosen, choose) {
  const short = row.queue_manager.length > LABEL ? `${row.queue_manager.slice(0, LABEL - 1)}\u2026` : row.queue_manager;
  const distance = NODE + 6;
  const label = shape("text", {class: "label"});
  label.textContent = short;
  if (place.below) {
    label.setAttribute("y", String(distance + 6));
    label.setAttribute("text-anchor", "middle");
  } else if (place.crowded) {
    const left = Math.cos(place.angle) < 0;
    const degrees = place.angle * 180 / Math.PI + (left ? 180 : 0);
    label.setAttribute("transform", `rotate(${degrees.toFixed(1)}) translate(${left ? -distance : distance} 0)`);
    label.setAttribute("text-anchor", left ? "end" : "start");
  } else {
    const across = Math.cos(place.angle);
    label.setAttribute("x", (distance * across).toFixed(1));
    label.setAttribute("y", (distance * 1.25 * Math.sin(place.angle)).toFixed(1));
    label.setAttribute("text-anchor", across > 0.3 ? "start" : across < -0.3 ? "end" : "middle");
  }
  const mark = shape("text", {class: "sign"});
  mark.textContent = sign(row.state);
  const words = `${row.queue_manager}: ${row.state}${row.why ? `, ${row.why}` : ""}`;
  const group = shape("g", {
    class: `node state-${kind(row.state)}${chosen ? " chosen" : ""}`, transform: `translate(${place.x.toFixed(1)} ${place.y.toFixed(1)})`,
    tabindex: "0", role: "button", "aria-label": words, "aria-pressed": String(chosen)},
  title(words), shape("circle", {r: NODE}), mark, label);
  group.addEventListener("click", () => choose(row.queue_manager));
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(row.queue_manager);
  });
  return group;
}

// What is wrong is drawn over what is not, and what is rare over what is common.
function byTrouble(one, other) {
  return RANK.get(other.state) - RANK.get(one.state) || (one.authentication === "one_way") - (other.authentication === "one_way");
}

// The picture of some queue managers (rows of the report) and the links between them; `chosen`: the one whose links stand out.
function drawPicture(rows, links, {chosen, centre, choose}) {
  const {places, radius} = layout(rows.map((row) => row.queue_manager), links, centre);
  const seen = new Map();
  const lines = links.filter((link) => places.has(link.from) && places.has(link.to)).sort(byTrouble).map((link) => {
    const pair = JSON.stringify([link.from, link.to]);
    seen.set(pair, (seen.get(pair) ?? -1) + 1);
    const line = drawLink(link, places.get(link.from), places.get(link.to), seen.get(pair));
    if (link.from === chosen || link.to === chosen) line.classList.add("chosen");
    return line;
  });
  const longest = Math.min(LABEL, Math.max(...rows.map((row) => row.queue_manager.length)));
  const margin = NODE + 16 + longest * 7.5;
  const width = 2 * (radius + margin);
  const height = rows.length === 2 ? 150 : 2 * (radius + (rows.length > CROWDED ? margin : 45));
  const picture = shape("svg", {
    viewBox: `${-width / 2} ${-height / 2} ${width} ${height}`, role: "group",
    "aria-label": `Picture of ${rows.length} queue managers and ${lines.length} links; the table of links says the same`},
  ...lines, ...rows.map((row) => drawNode(row, places.get(row.queue_manager), row.queue_manager === chosen, choose)));
  picture.style.maxWidth = `${Math.round(width * 1.6)}px`;
  if (chosen !== null && centre === null) picture.classList.add("choice");
  return picture;
}

function legend() {
  const sample = (authentication, state, words) => {
    const line = drawLink({from: "", to: "", channel: "", authentication, state, why: ""}, {x: -9, y: 0}, {x: 62, y: 0}, 0);
    line.querySelector("title").remove();
    return element("li", {}, shape("svg", {viewBox: "0 -2 52 16", "aria-hidden": "true"}, line), ` ${words}`);
  };
  return element("ul", {class: "legend"},
    sample("two_way", "ok", "two-way: both ends show a certificate (solid, filled head)"),
    sample("one_way", "ok", "one-way: only the responder does (dashed, open head)"),
    sample("two_way", "failed", "failed"), sample("two_way", "not running", "not running"), sample("two_way", "unknown", "unknown"),
    element("li", {}, "Arrows lead from the end that starts the channel to the end that answers."));
}
