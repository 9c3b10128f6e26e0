"use strict";
// A click on the head of a column sorts its table: numbers by size, texts by the alphabet, dashes last.
const number = (text) => {
  const found = text.replace(/[\u2212\u2013]/g, "-").replace(/,(?=\d{3})/g, "").match(/^[<>\u2264\u2265~\u00b1+ ]*(-?[\d.]+(?:e-?\d+)?)/i);
  return found ? parseFloat(found[1]) - (text.startsWith("<") ? 1e-9 : 0) + (text.startsWith(">") ? 1e-9 : 0) : NaN;
};
const empty = (text) => text === "" || text === "-" || text === "\u2013";
const compared = (a, b) => {
  const [x, y] = [number(a), number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x - y;
};
const sorted = (table, column, sign) => {
  const rows = [...table.tBodies[0].rows].map((row) => [row.cells[column].textContent.trim(), row]);
  rows.sort(([a], [b]) => empty(a) - empty(b) || sign * compared(a, b));
  table.tBodies[0].append(...rows.map(([, row]) => row));
};
for (const table of document.querySelectorAll("table.sorts")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      sorted(table, column, up ? 1 : -1);
    });
  });
}
// Paper has nothing to unfold.
window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
