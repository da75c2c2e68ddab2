// Tables that sort by a column when its heading is clicked.

/** Sorts rain-2 before rain-10, ignoring case. */
const byName = new Intl.Collator("en", { numeric: true });

const cellValue = (cell) => {
  const text = cell.dataset.value;
  if (text === undefined || text === "") return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
};

/** Order of two cells; empty ones come last in either direction. */
function compareCells(first, second, direction) {
  if (first === null || second === null) return (first === null) - (second === null);
  if (typeof first !== typeof second) return typeof first === "number" ? -1 : 1;
  if (typeof first === "number") return (first - second) * direction;
  return byName.compare(first, second) * direction;
}

function sortTable(table, column, direction) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row) => [row, cellValue(row.cells[column])]);
  rows.sort((a, b) => compareCells(a[1], b[1], direction));
  body.append(...rows.map(([row]) => row));
  Array.from(table.tHead.rows[0].cells, (cell, index) => {
    if (!cell.querySelector("button")) return;
    const state = direction > 0 ? "ascending" : "descending";
    cell.setAttribute("aria-sort", index === column ? state : "none");
  });
}

function makeSortable(table) {
  Array.from(table.tHead.rows[0].cells, (cell, column) => {
    const button = cell.querySelector("button");
    if (!button) return;
    button.disabled = false;
    button.addEventListener("click", () => {
      const now = cell.getAttribute("aria-sort");
      // The first click shows the best first: high numbers, early names.
      const first = cell.dataset.first === "descending" ? -1 : 1;
      const same = now === (first > 0 ? "ascending" : "descending");
      sortTable(table, column, same ? -first : first);
    });
  });
}
