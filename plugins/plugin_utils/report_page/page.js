// Copyright (c) 2026 the mqfleet.tls authors
// SPDX-License-Identifier: GPL-3.0-or-later
// The page itself: what is wrong first, then the topology, then the tables. One queue manager can be chosen everywhere.
"use strict";

performance.mark("report-begin");
const PICTURE = 60; // so many queue managers fit into one picture
const report = records(JSON.parse(document.getElementById("report").textContent));
const tables = [];
let chosen = null;

// The tables travel without the names of their columns in each row.
function records(data) {
  for (const [name, {columns, rows}] of Object.entries(data.tables)) {
    data[name] = rows.map((values) => {
      const row = {};
      for (let index = 0; index < columns.length; index += 1) row[columns[index]] = values[index];
      return row;
    });
  }
  return data;
}

function section(name) {
  return document.getElementById(name);
}

function addTable(name, options) {
  tables.push(new Table(section(name), report[name], {choose, ...options}));
}

// Choosing the chosen one again takes the choice back.
function choose(queueManager) {
  chosen = queueManager === chosen ? null : queueManager;
  for (const table of tables) table.chooseOnly(chosen);
  showChosen();
  topology.show();
}

function showChosen() {
  const place = section("chosen");
  place.replaceChildren();
  if (chosen === null) return;
  const row = report.queue_managers.find((one) => one.queue_manager === chosen);
  place.append(element("strong", {}, chosen));
  if (row) {
    const known = [row.host && row.host !== chosen ? `host ${row.host}` : "", row.version ? `IBM MQ ${row.version}` : "", `${number(row.links)} ${row.links === 1 ? "link" : "links"}`,
      row.days_left === null ? "" : `certificate: ${daysLeft(row.days_left)}${row.days_left < 0 ? "" : " left"}`];
    place.append(stateText(row.state), element("span", {}, known.filter(Boolean).join(", ")), element("span", {}, row.why));
  }
  place.append(element("button", {type: "button", onclick: () => choose(chosen)}, "Show all again"));
}

// The picture and the matrix, the one or the other.
class Topology {
  constructor(place) {
    this.place = place;
    this.large = report.queue_managers.length > PICTURE;
    this.asMatrix = this.large;
    this.troubled = false;
    this.canvas = element("div", {class: "picture"});
    this.said = element("p", {class: "note reading", role: "status"});
    if (!report.links.length) {
      place.append(element("p", {class: "note"}, "No links are described."));
      return;
    }
    this.buttons = [[false, "Picture"], [true, "Matrix"]].map(([asMatrix, words]) => {
      const button = element("button", {type: "button", onclick: () => { this.asMatrix = asMatrix; this.show(); }}, words);
      button.asMatrix = asMatrix;
      return button;
    });
    const only = element("input", {type: "checkbox", onchange: () => { this.troubled = only.checked; this.show(); }});
    const names = element("datalist", {id: "names"}, ...report.queue_managers.map((row) => element("option", {value: row.queue_manager})));
    const known = new Set(report.queue_managers.map((row) => row.queue_manager));
    const search = element("input", {type: "search", list: "names", placeholder: "Choose a queue manager", "aria-label": "Choose a queue manager",
      onchange: () => { if (known.has(search.value) && search.value !== chosen) choose(search.value); }});
    place.append(
      element("div", {class: "controls"}, ...this.buttons, search, names, element("label", {}, only, " only those with trouble")),
      this.canvas, this.said, legend());
    this.show();
  }

  show() {
    if (!this.buttons) return;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.asMatrix === this.asMatrix));
    this.canvas.classList.toggle("matrix", this.asMatrix);
    const [rows, links] = this.part();
    if (!rows.length) {
      this.canvas.replaceChildren();
      this.say("No queue manager has trouble.");
    } else if (this.asMatrix) {
      const width = Math.max(240, Math.min(this.place.clientWidth - 4, 1400));
      this.canvas.replaceChildren(new Matrix(rows, links, {choose, say: (text) => this.say(text), width}).canvas);
      this.say("");
    } else {
      this.showPicture(rows, links);
    }
  }

  // All queue managers, or those with trouble and their partners in it.
  part() {
    if (!this.troubled) return [report.queue_managers, report.links];
    const links = report.links.filter((link) => link.state === "failed" || link.state === "unknown");
    const ends = new Set(links.flatMap((link) => [link.from, link.to]));
    const rows = report.queue_managers.filter((row) => ends.has(row.queue_manager) || row.state === "failed" || row.state === "unknown");
    return [rows, links];
  }

  showPicture(rows, links) {
    if (rows.length <= PICTURE) {
      this.canvas.replaceChildren(drawPicture(rows, links, {chosen, centre: null, choose}));
      this.say("");
      return;
    }
    // rows begin with those in trouble
    const centre = rows.some((row) => row.queue_manager === chosen) ? chosen : rows[0].queue_manager;
    const own = links.filter((link) => link.from === centre || link.to === centre);
    const worst = new Map();
    for (const link of own) {
      const partner = link.from === centre ? link.to : link.from;
      worst.set(partner, Math.min(worst.get(partner) ?? Infinity, RANK.get(link.state)));
    }
    const near = rows.filter((row) => worst.has(row.queue_manager) && row.queue_manager !== centre)
      .sort((one, other) => worst.get(one.queue_manager) - worst.get(other.queue_manager));
    const shown = [rows.find((row) => row.queue_manager === centre), ...near.slice(0, PICTURE - 1)];
    this.canvas.replaceChildren(drawPicture(shown, own, {chosen: centre, centre, choose}));
    const left = near.length - shown.length + 1;
    this.say(`${centre} and ${left ? `${PICTURE - 1} of ` : ""}its ${number(near.length)} partners${left ? ", failed links first; the table of links has all" : ""}.`);
  }

  say(text) {
    this.said.textContent = text || (this.asMatrix ? "Rows start the channel, columns answer; half a cell is one-way. Point at a cell to read it, click to choose the queue manager of its row." : "Click a queue manager to see its rows alone.");
  }
}

function showCounts() {
  const {counts, state, text} = report.summary;
  section("verdict").append(stateText(state), ` ${text}`);
  section("generated").textContent = `Read on ${moment(report.generated)}`;
  const named = [["findings", "Findings"], ["queue_managers", "Queue managers"], ["links", "Links"], ["certificates", "Certificates"]];
  for (const [name, words] of named) {
    const parts = Object.entries(counts[name]).sort(([one], [other]) => RANK.get(one) - RANK.get(other));
    const total = parts.reduce((sum, [, count]) => sum + count, 0);
    section("counts").append(element("a", {href: `#${name}`}, words, element("b", {}, number(total)),
      ...parts.map(([part, count]) => stateText(part, `${number(count)} ${part}${name === "findings" && count > 1 ? "s" : ""}`))));
  }
}

showCounts();
addTable("findings", {of: ["queue_manager"], state: "severity", empty: "Nothing.", columns: [
  {key: "severity", title: "Severity", kind: "state"}, {key: "queue_manager", title: "Queue manager", kind: "name"},
  {key: "object", title: "Object"}, {key: "text", title: "What was found", kind: "sentence"}, {key: "source", title: "By", kind: "short"}]});
const topology = new Topology(section("topology"));
addTable("certificates", {of: ["queue_manager"], state: "state", empty: "No certificate was read.", columns: [
  {key: "days_left", title: "Days left", kind: "days"}, {key: "queue_manager", title: "Queue manager", kind: "name"},
  {key: "use", title: "Use", kind: "short"}, {key: "label", title: "Label"}, {key: "subject", title: "Subject"}, {key: "issuer", title: "Issuer"},
  {key: "not_after", title: "Not after", kind: "moment"}, {key: "held_by", title: "Held by", kind: "number"}]});
addTable("links", {of: ["from", "to"], state: "state", empty: "No links are described.", columns: [
  {key: "state", title: "State", kind: "state"}, {key: "from", title: "From", kind: "name"}, {key: "to", title: "To", kind: "name"},
  {key: "channel", title: "Channel", kind: "short"}, {key: "authentication", title: "Authentication", kind: "short"}, {key: "cipher_spec", title: "CipherSpec"},
  {key: "protocol", title: "Protocol", kind: "short"}, {key: "cipher_spec_in_use", title: "In use"}, {key: "why", title: "Why", kind: "sentence"}]});
addTable("queue_managers", {of: ["queue_manager"], state: "state", empty: "None.", columns: [
  {key: "state", title: "State", kind: "state"}, {key: "queue_manager", title: "Queue manager", kind: "name"}, {key: "host", title: "Host"},
  {key: "version", title: "Version"}, {key: "links", title: "Links", kind: "number"}, {key: "links_failed", title: "Failed", kind: "number"},
  {key: "certificate_ends", title: "Certificate ends", kind: "moment"}, {key: "why", title: "Why", kind: "sentence"}]});
addTable("channels", {of: ["queue_manager"], empty: "No channel was read.", columns: [
  {key: "queue_manager", title: "Queue manager", kind: "name"}, {key: "channel", title: "Channel", kind: "short"}, {key: "type", title: "Type", kind: "short"},
  {key: "status", title: "Status", kind: "short"}, {key: "instances", title: "Instances", kind: "number"}, {key: "conname", title: "CONNAME"},
  {key: "cipher_spec", title: "SSLCIPH"}, {key: "client_authentication", title: "SSLCAUTH"}, {key: "peer_name", title: "SSLPEER"},
  {key: "protocol", title: "Protocol"}, {key: "cipher_spec_in_use", title: "In use"}, {key: "partner_certificate", title: "Partner shows"}]});

performance.mark("report-end");
performance.measure("report", "report-begin", "report-end");
// Two frames later the page has been laid out and painted.
requestAnimationFrame(() => requestAnimationFrame(() => {
  performance.mark("report-painted");
  document.documentElement.setAttribute("data-ready", "");
}));
