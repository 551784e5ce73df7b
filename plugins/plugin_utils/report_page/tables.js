// Copyright (c) 2026 the mqfleet.tls authors
// SPDX-License-Identifier: GPL-3.0-or-later
// Elements of the page, and its tables. Whatever a queue manager is called becomes text, never markup.
"use strict";

// What a state is called, its sign (so that it is not told by colour alone), and its kind of colour. Worst first.
const STATES = new Map([
  ["error", ["\u2716", "failed"]], ["failed", ["\u2716", "failed"]], ["expired", ["\u2716", "failed"]],
  ["not yet valid", ["\u2716", "failed"]],
  ["unknown", ["?", "unknown"]],
  ["warning", ["!", "attention"]], ["attention", ["!", "attention"]], ["renew", ["!", "attention"]],
  ["not running", ["\u25CB", "idle"]], ["note", ["i", "idle"]],
  ["ok", ["\u2713", "ok"]], ["outside", ["\u2013", "idle"]],
]);
const RANK = new Map([...STATES.keys()].map((state, index) => [state, index]));
const FIRST_ROWS = window.matchMedia("(max-width: 50rem)").matches ? 25 : 50;
const MORE_ROWS = 500;
const byName = new Intl.Collator("en", {numeric: true}).compare;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick" || name === "oninput" || name === "onchange") made[name] = value;
    else if (value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.map((child) => (child instanceof Node ? child : document.createTextNode(child))));
  return made;
}

function sign(state) {
  return (STATES.get(state) || ["", "idle"])[0];
}

function kind(state) {
  return (STATES.get(state) || ["", "idle"])[1];
}

function stateText(state, words = state) {
  return element("span", {class: `state state-${kind(state)}`}, `${sign(state)} ${words}`);
}

function moment(text) {
  return text.replace("T", " ").replace(/(:\d\d)?Z$/, " UTC");
}

function number(value) {
  return value.toLocaleString("en");
}

// A name that may be broken behind its points, commas and the like, and so need not be broken elsewhere. Its text stays what it is.
function breakable(text) {
  const made = document.createDocumentFragment();
  for (const part of text.split(/(?<=[.,_/=:@])(?=.)/u)) made.append(...(made.hasChildNodes() ? [element("wbr")] : []), part);
  return made;
}

// A table of one of the report's lists. `columns`: key, title, and a kind that says how a value is shown and sorted; `of`: the keys
// that name queue managers, by which the rows of one are chosen; `state`: the key of the column that a list of states chooses by.
class Table {
  constructor(section, rows, {columns, of, state, empty, choose}) {
    this.rows = rows;
    this.columns = columns;
    this.of = of;
    this.state = state;
    this.choose = choose;
    this.words = "";
    this.wanted = "";
    this.only = null;
    this.sorted = null;
    this.texts = null;
    if (!rows.length) {
      section.append(element("p", {class: "note"}, empty));
      return;
    }
    this.body = element("tbody");
    this.heads = columns.map((column, index) =>
      element("th", {scope: "col"}, element("button", {type: "button", onclick: () => this.sortBy(index)}, column.title)));
    this.more = element("div", {class: "more", role: "status"});
    const title = section.querySelector("h2").textContent;
    section.append(
      this.controls(title),
      element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": title},
        element("table", {}, element("thead", {}, element("tr", {}, ...this.heads)), this.body)),
      this.more);
    this.show();
  }

  controls(title) {
    const search = element("input", {
      type: "search", placeholder: "Search", "aria-label": `Search: ${title}`, oninput: () => { this.words = search.value; this.show(); }});
    const sort = element("select", {class: "sort", "aria-label": `Sort: ${title}`, onchange: () => this.sortBy(Number(sort.value), false)},
      ...this.columns.map((column, index) => element("option", {value: index}, `by ${column.title}`)));
    const parts = [search, sort];
    if (this.state) {
      const counts = new Map();
      for (const row of this.rows) counts.set(row[this.state], (counts.get(row[this.state]) || 0) + 1);
      const states = [...counts.keys()].sort((one, other) => RANK.get(one) - RANK.get(other));
      const select = element("select", {
        "aria-label": `State: ${title}`, onchange: () => { this.wanted = select.value; this.show(); }},
      element("option", {value: ""}, "all"), ...states.map((state) => element("option", {value: state}, `${state} (${number(counts.get(state))})`)));
      this.select = select;
      parts.push(select);
    }
    return element("div", {class: "controls"}, ...parts);
  }

  // The rows of one queue manager alone; null: of all.
  chooseOnly(queueManager) {
    this.only = queueManager;
    if (this.body) this.show();
  }

  chosenRows() {
    let rows = this.rows;
    if (this.only !== null) rows = rows.filter((row) => this.of.some((key) => row[key] === this.only));
    if (this.wanted) rows = rows.filter((row) => row[this.state] === this.wanted);
    const words = this.words.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) {
      this.texts = this.texts || new Map(this.rows.map((row) => [row, this.columns.map((column) => row[column.key] ?? "").join("\n").toLowerCase()]));
      rows = rows.filter((row) => words.every((word) => this.texts.get(row).includes(word)));
    }
    if (this.sorted) {
      const {column, down} = this.sorted;
      rows = [...rows].sort((one, other) => (down ? -1 : 1) * this.compare(column, one[column.key], other[column.key]));
    }
    return rows;
  }

  compare(column, one, other) {
    if (column.kind === "state") return RANK.get(one) - RANK.get(other);
    if (column.kind === "number" || column.kind === "days") return (one ?? -Infinity) - (other ?? -Infinity);
    return byName(one, other);
  }

  sortBy(index, turn = true) {
    const column = this.columns[index];
    const down = turn && this.sorted !== null && this.sorted.column === column && !this.sorted.down;
    this.sorted = {column, down};
    this.heads.forEach((head, position) => {
      if (position === index) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.show();
  }

  show() {
    this.found = this.chosenRows();
    this.body.replaceChildren();
    this.shown = 0;
    this.grow(FIRST_ROWS);
  }

  grow(by) {
    this.body.append(...this.found.slice(this.shown, this.shown + by).map((row) => this.line(row)));
    this.shown = Math.min(this.found.length, this.shown + by);
    const left = this.found.length - this.shown;
    this.more.replaceChildren(left ? `${number(this.shown)} of ${number(this.found.length)} shown` : `${number(this.found.length)} of ${number(this.rows.length)}`);
    if (left) {
      const step = Math.min(left, MORE_ROWS);
      this.more.append(element("button", {type: "button", onclick: () => this.grow(step)}, `Show ${number(step)} more`));
    }
  }

  line(row) {
    return element("tr", {}, ...this.columns.map((column) => {
      const value = row[column.key];
      const cell = element("td", {"data-label": column.title, class: column.kind ? `as-${column.kind}` : null});
      if (value !== null && value !== "") cell.append(this.shownValue(column, value, row));
      return cell;
    }));
  }

  shownValue(column, value, row) {
    if (column.kind === "state") return stateText(value);
    if (column.kind === "days") return stateText(row.state || "ok", daysLeft(value));
    if (column.kind === "moment") return moment(value);
    if (column.kind === "name") return element("button", {type: "button", class: "name", onclick: () => this.choose(value)}, breakable(value));
    return column.kind === "sentence" ? String(value) : breakable(String(value));
  }
}

function daysLeft(days) {
  const size = Math.abs(days);
  const words = `${number(size)} ${size === 1 ? "day" : "days"}`;
  return days < 0 ? `ended ${words} ago` : words;
}
