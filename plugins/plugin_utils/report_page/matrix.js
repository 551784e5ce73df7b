// Copyright (c) 2026 the mqfleet.tls authors
// SPDX-License-Identifier: GPL-3.0-or-later
// From whom to whom, a cell for each ordered pair: rows start the channel, columns answer. For fleets that no picture can hold.
"use strict";

// Between light and dark, so that both backgrounds and paper show them.
const INK = {ok: "#1f9d88", failed: "#e0433a", unknown: "#a368d6", idle: "#8794a3", attention: "#c98a00", rule: "rgba(128, 140, 155, .35)",
  text: "#74818f"};
const READABLE = 15; // pixels of a cell from which names fit beside it
const NEAR = 4; // pixels within which a cell too small to be hit is found
const LEAST = {failed: 7, unknown: 5}; // pixels of a link that must not be overlooked

class Matrix {
  constructor(rows, links, {choose, say, width}) {
    this.names = rows.map((row) => row.queue_manager).sort(byName);
    this.index = new Map(this.names.map((name, index) => [name, index]));
    this.links = links.filter((link) => this.index.has(link.from) && this.index.has(link.to));
    this.cells = new Map();
    for (const link of this.links) {
      const key = this.key(this.index.get(link.from), this.index.get(link.to));
      this.cells.set(key, [...(this.cells.get(key) || []), link]);
    }
    const longest = Math.min(LABEL, Math.max(...this.names.map((name) => name.length)));
    const room = Math.floor((width - longest * 7.5) / this.names.length);
    this.cell = room >= READABLE ? Math.min(room, 26) : Math.max(1, Math.floor(width / this.names.length));
    this.margin = this.cell >= READABLE ? Math.ceil(longest * 7.5) + 8 : 0;
    this.size = this.margin + this.cell * this.names.length + 1;
    this.canvas = element("canvas", {role: "img", "aria-label":
      `From/to matrix of ${this.names.length} queue managers and ${this.links.length} links; the table of links says the same`});
    this.canvas.addEventListener("mousemove", (event) => say(this.words(event)));
    this.canvas.addEventListener("mouseleave", () => say(""));
    this.canvas.addEventListener("click", (event) => {
      const found = this.under(event);
      if (found) choose(this.names[found.from]);
    });
    this.draw();
  }

  key(from, to) {
    return from * this.names.length + to;
  }

  // The cell under the pointer; where cells are tiny, that of the worst link near it.
  under(event) {
    const place = (offset) => Math.floor((offset - this.margin) / this.cell);
    const [from, to] = [place(event.offsetY), place(event.offsetX)];
    const count = this.names.length;
    if (from < 0 || from >= count || to < 0 || to >= count) return null;
    const reach = Math.floor(NEAR / this.cell);
    let best = {from, to, rank: Infinity, away: Infinity};
    for (let row = from - reach; row <= from + reach; row += 1) {
      for (let column = to - reach; column <= to + reach; column += 1) {
        const links = row >= 0 && column >= 0 && row < count && column < count && this.cells.get(this.key(row, column));
        if (!links) continue;
        const rank = Math.min(...links.map((link) => RANK.get(link.state)));
        const away = Math.abs(row - from) + Math.abs(column - to);
        if (rank < best.rank || (rank === best.rank && away < best.away)) best = {from: row, to: column, rank, away};
      }
    }
    return best;
  }

  words(event) {
    const found = this.under(event);
    if (!found) return "";
    const links = this.cells.get(this.key(found.from, found.to));
    return links ? links.map(linkWords).join("; ") : `${this.names[found.from]} to ${this.names[found.to]}: no link`;
  }

  draw() {
    const scale = this.size > 1200 ? 1 : window.devicePixelRatio || 1;
    this.canvas.width = this.canvas.height = Math.round(this.size * scale);
    this.canvas.style.width = this.canvas.style.height = `${this.size}px`;
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    this.drawRules(pen);
    for (const link of [...this.links].sort(byTrouble)) this.drawCell(pen, link);
  }

  drawRules(pen) {
    const {cell, margin, size, names} = this;
    pen.strokeStyle = INK.rule;
    const every = cell >= READABLE ? 1 : 100;
    pen.beginPath();
    for (let index = 0; index <= names.length; index += every) {
      const place = margin + index * cell + 0.5;
      pen.moveTo(margin, place); pen.lineTo(size, place);
      pen.moveTo(place, margin); pen.lineTo(place, size);
    }
    pen.stroke();
    if (!margin) return;
    pen.fillStyle = INK.text;
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    names.forEach((name, index) => {
      const short = name.length > LABEL ? `${name.slice(0, LABEL - 1)}\u2026` : name;
      const place = margin + (index + 0.5) * cell;
      pen.textAlign = "right";
      pen.fillText(short, margin - 6, place);
      pen.save();
      pen.translate(place, margin - 6);
      pen.rotate(-Math.PI / 2);
      pen.textAlign = "left";
      pen.fillText(short, 0, 0);
      pen.restore();
    });
  }

  drawCell(pen, link) {
    const readable = this.cell >= READABLE;
    const size = readable ? this.cell - 2 : Math.max(this.cell, LEAST[link.state] || 0);
    const middle = (index) => this.margin + (index + 0.5) * this.cell + 0.5;
    const [x, y] = [middle(this.index.get(link.to)) - size / 2, middle(this.index.get(link.from)) - size / 2];
    const half = readable && link.authentication === "one_way";
    pen.fillStyle = INK[kind(link.state)];
    if (half) {
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x, y + size);
      pen.lineTo(x + size, y + size);
      pen.fill();
    } else {
      pen.fillRect(x, y, size, size);
    }
    if (!readable || link.state === "ok") return;
    pen.fillStyle = "#fff";
    pen.font = "bold 10px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(sign(link.state), x + (half ? 0.3 : 0.5) * size, y + (half ? 0.7 : 0.5) * size);
  }
}
