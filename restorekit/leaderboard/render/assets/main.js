// The page as a whole: which ranking is shown, in which colours.

const chooser = { dataset: byId("choose-dataset"), protocol: byId("choose-protocol") };

// Every number is shown with the name of its protocol or variant.
const qualified = (board, title) => (board.condition ? `${title}, ${board.condition}` : title);

const measureOptions = (board) =>
  Object.entries(board.measures).map(([name, info]) => [name, qualified(board, info.label)]);

const firstMeasure = (board) => Object.keys(board.measures)[0];

const current = () =>
  DATA.boards.find((board) => String(board.dataset) === chooser.dataset.value && board.criterion === chooser.protocol.value);

function showBoard() {
  const board = current();
  DATA.boards.forEach((one, index) => {
    byId(`board-${index}`).hidden = one !== board;
  });
  for (const setUp of [setUpScatter, setUpCost, setUpCompare, setUpImages]) setUp(board);
}

function showProtocols() {
  const own = DATA.boards.filter((board) => String(board.dataset) === chooser.dataset.value);
  setOptions(chooser.protocol, own.map((board) => [board.criterion, board.criterion]), own[0].criterion);
  showBoard();
}

function onChange(redraw, ...elements) {
  for (const element of elements) element.addEventListener("change", () => redraw(current()));
}

function startBoards() {
  setOptions(chooser.dataset, DATA.datasets.map((dataset, index) => [String(index), dataset.title]), "0");
  chooser.dataset.addEventListener("change", showProtocols);
  chooser.protocol.addEventListener("change", showBoard);
  byId("chooser").hidden = DATA.boards.length < 2;
  onChange(drawScatter, scatter.x, scatter.y, scatter.measure);
  onChange(drawCost, cost.key, cost.measure);
  onChange(drawCompare, compare.image, compare.left, compare.right);
  onChange(drawImages, images.measure);
  images.panel.addEventListener("toggle", () => drawImages(current()));
  wireCompare();
  wireParts();
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
