// The numbers behind the means: a line for each image, a column for each method.

const images = { panel: byId("images"), measure: byId("images-measure"), table: byId("images-table"), note: byId("images-note") };

function setUpImages(board) {
  setOptions(images.measure, measureOptions(board), firstMeasure(board));
  drawImages(board);
}

function drawImages(board) {
  // Thousands of cells: only for those who look.
  if (!images.panel.open) return;
  const measure = images.measure.value;
  const info = board.measures[measure];
  const sign = info.higher ? 1 : -1;
  const heads = ["image", ...board.methods.map((method) => method.label)].map((title, index) =>
    make("th", { scope: "col", "data-first": index && sign > 0 ? "descending" : "ascending" },
      make("button", { type: "button" }, title)));
  const rows = board.images.map((name, index) => {
    const values = board.methods.map((method) => method.values[measure][index]);
    const best = Math.max(...values.filter((value) => value !== null).map((value) => sign * value));
    const cells = values.map((value) =>
      make("td", { class: `number${value !== null && sign * value === best ? " best" : ""}`, "data-value": value },
        formatValue(value, info)));
    return make("tr", {}, make("th", { scope: "row", "data-value": name }, name), ...cells);
  });
  const table = make("table", { class: "sortable" },
    make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
  makeSortable(table);
  images.table.replaceChildren(table);
  images.note.textContent = sampleNote(board).trim();
}
