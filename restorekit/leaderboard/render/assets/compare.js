// Two pictures of one image, one over the other, with a line to move between them.

const compare = {
  image: byId("compare-image"), left: byId("compare-left"), right: byId("compare-right"),
  split: byId("split"), stage: byId("stage"),
};

const pictureName = (board, key) =>
  key === "gt" ? "Ground truth" : board.methods.find((method) => method.key === key).label;

function setUpCompare(board) {
  const pictures = DATA.datasets[board.dataset].pictures;
  byId("compare").hidden = pictures.names.length === 0;
  if (pictures.names.length === 0) return;
  setOptions(compare.image, pictures.names.map((name) => [name, name]), pictures.names[0]);
  drawCompare(board);
}

function drawCompare(board) {
  if (byId("compare").hidden) return;
  const uris = DATA.datasets[board.dataset].pictures.uris[compare.image.value];
  const keys = [...board.methods.map((method) => method.key), "gt"].filter((key) => key in uris);
  const options = keys.map((key) => [key, pictureName(board, key)]);
  const rainy = board.methods.find((method) => !method.ranked && keys.includes(method.key));
  const best = keys.find((key) => key !== rainy?.key);
  setOptions(compare.left, options, rainy ? rainy.key : keys[1]);
  setOptions(compare.right, options, best);
  showPicture(board, byId("stage-left"), compare.left.value, uris);
  showPicture(board, byId("stage-right"), compare.right.value, uris);
  byId("compare-summary").textContent = [compare.left, compare.right]
    .map((select) => compareSummary(board, select.value)).join(" \u2003\u2194\u2003 ");
  moveSplit();
  drawParts(board, keys);
}

function showPicture(board, element, key, uris) {
  element.src = uris[key];
  element.alt = `${compare.image.value}, ${pictureName(board, key)}`;
}

function compareSummary(board, key) {
  const label = pictureName(board, key);
  const method = board.methods.find((one) => one.key === key);
  const index = board.images.indexOf(compare.image.value);
  if (!method || index < 0) return label;
  const numbers = Object.entries(board.measures)
    .filter(([measure]) => method.values[measure][index] !== null)
    .map(([measure, info]) =>
      `${info.label} ${formatValue(method.values[measure][index], info)}${info.unit ? `\u00a0${info.unit}` : ""}`);
  const condition = board.condition ? ` (${board.condition})` : "";
  return [label, ...numbers].join(", ") + condition;
}

function moveSplit() {
  compare.stage.style.setProperty("--split", `${compare.split.value}%`);
  compare.split.setAttribute("aria-valuetext", `${compare.split.value} % of the left picture`);
}

function followPointer(event) {
  const box = compare.stage.getBoundingClientRect();
  compare.split.value = Math.round((100 * (event.clientX - box.left)) / box.width);
  moveSplit();
}

function wireCompare() {
  compare.split.addEventListener("input", moveSplit);
  compare.stage.addEventListener("pointerdown", (event) => {
    compare.stage.setPointerCapture(event.pointerId);
    followPointer(event);
  });
  compare.stage.addEventListener("pointermove", (event) => {
    if (event.buttons) followPointer(event);
  });
}

/** Show an image in the comparison, if its pictures are in this page. */
function showImage(name) {
  const known = Array.from(compare.image.options, (option) => option.value);
  if (byId("compare").hidden || !known.includes(name)) return;
  compare.image.value = name;
  drawCompare(current());
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  byId("compare").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest" });
}
