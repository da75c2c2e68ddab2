// Every number behind the means: a line for each image, a column for each method.

const images = { panel: byId("images"), measure: byId("images-measure"), place: byId("images-table") };

function setUpImages(board) {
  setOptions(images.measure, measureOptions(board), board.measures[0]);
  drawImages(board);
}

function drawImages(board) {
  // Thousands of cells: only for those who look.
  if (!images.panel.open) return;
  const measure = images.measure.value;
  const sign = DATA.measures[measure].higher ? 1 : -1;
  const heads = ["image", ...board.methods.map((method) => method.label)].map((title, place) =>
    make("th", { scope: "col", "data-first": place && sign > 0 ? "descending" : "ascending" },
      make("button", { type: "button" }, title)));
  const rows = board.images.map((name, place) => {
    const values = board.methods.map((method) => method.values[measure][place]);
    const best = Math.max(...values.filter((value) => value !== null).map((value) => sign * value));
    const cells = values.map((value) =>
      make("td", { class: `number${value !== null && sign * value === best ? " best" : ""}`, "data-value": value },
        formatValue(value, measure)));
    return make("tr", {}, make("th", { scope: "row", "data-value": name }, name), ...cells);
  });
  const table = make("table", { class: "sortable" },
    make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
  makeSortable(table);
  images.place.replaceChildren(table);
}
