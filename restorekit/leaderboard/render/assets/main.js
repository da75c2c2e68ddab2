// The page as a whole: which ranking is shown, in which colours.

const chooser = { dataset: byId("choose-dataset"), protocol: byId("choose-protocol") };

// No number stands anywhere without its protocol's name.
const measureOptions = (board) =>
  board.measures.map((name) => [name, `${DATA.measures[name].label}, ${board.protocol}`]);

const current = () =>
  DATA.boards.find((board) => String(board.dataset) === chooser.dataset.value && board.protocol === chooser.protocol.value);

function showBoard() {
  const board = current();
  DATA.boards.forEach((one, place) => {
    byId(`board-${place}`).hidden = one !== board;
  });
  for (const setUp of [setUpScatter, setUpCost, setUpCompare, setUpImages]) setUp(board);
}

function showProtocols() {
  const own = DATA.boards.filter((board) => String(board.dataset) === chooser.dataset.value);
  setOptions(chooser.protocol, own.map((board) => [board.protocol, board.protocol]), own[0].protocol);
  showBoard();
}

function onChange(redraw, ...elements) {
  for (const element of elements) element.addEventListener("change", () => redraw(current()));
}

function startBoards() {
  setOptions(chooser.dataset, DATA.datasets.map((dataset, place) => [String(place), dataset.title]), "0");
  chooser.dataset.addEventListener("change", showProtocols);
  chooser.protocol.addEventListener("change", showBoard);
  byId("chooser").hidden = DATA.boards.length < 2;
  onChange(drawScatter, scatter.x, scatter.y, scatter.measure);
  onChange(drawCost, cost.key, cost.measure);
  onChange(drawCompare, compare.image, compare.left, compare.right);
  onChange(drawImages, images.measure);
  images.panel.addEventListener("toggle", () => drawImages(current()));
  wireCompare();
  showProtocols();
  onResize(byId("scatter-plot"), () => drawScatter(current()));
  onResize(byId("cost-plot"), () => drawCost(current()));
}

function startTheme() {
  const select = byId("theme");
  select.addEventListener("change", () => {
    if (select.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = select.value;
  });
}

for (const element of document.querySelectorAll(".needs-script")) element.hidden = false;
startTheme();
document.querySelectorAll("table.sortable").forEach(makeSortable);
if (DATA.boards) startBoards();
