// Each image of the test set as a point: one method across, the other up.

const scatter = { x: byId("scatter-x"), y: byId("scatter-y"), measure: byId("scatter-measure") };

function setUpScatter(board) {
  const options = board.methods.map(({ label }) => [label, label]);
  setOptions(scatter.x, options, (options[1] ?? options[0])[0]);
  setOptions(scatter.y, options, options[0][0]);
  setOptions(scatter.measure, measureOptions(board), firstMeasure(board));
  drawScatter(board);
}

/** The images that both methods have a value of. */
function sharedPoints(board, measure, first, second) {
  const [xs, ys] = [first, second].map((method) => method.values[measure]);
  return board.images
    .map((name, index) => ({ name, x: xs[index], y: ys[index] }))
    .filter((point) => point.x !== null && point.y !== null);
}

function drawScatter(board) {
  const measure = scatter.measure.value;
  const [first, second] = [scatter.x, scatter.y].map((select) =>
    board.methods.find((method) => method.label === select.value));
  const points = sharedPoints(board, measure, first, second);
  const chart = byId("scatter-plot");
  chart.replaceChildren();
  byId("scatter-summary").textContent = scatterSummary(board, measure, first, second);
  if (points.length === 0) return;
  const size = Math.max(260, Math.min(chart.clientWidth, 560));
  const both = points.flatMap(({ x, y }) => [x, y]);
  const [x, y] = [linearScale(both, size, false), linearScale(both, size, true)];
  const info = board.measures[measure];
  const format = (value) => signed(String(value));
  const svg = frame(size, size, x, y, { x: first.label, y: second.label }, { x: format, y: format },
    `${qualified(board, info.title)}, of each image: ${second.label} against ${first.label}`);
  svg.append(draw("line", { class: "equal", x1: x(x.low), y1: y(x.low), x2: x(x.high), y2: y(x.high) }));
  for (const point of points) {
    const better = info.higher ? point.y > point.x : point.y < point.x;
    const kind = point.x === point.y ? "same" : better ? "up" : "across";
    const title = `${point.name}: ${first.label} ${formatValue(point.x, info)}, ${second.label} ${formatValue(point.y, info)}`;
    const dot = draw("circle", { class: `dot ${kind}`, cx: x(point.x), cy: y(point.y), r: 4 }, draw("title", {}, title));
    dot.addEventListener("click", () => showImage(point.name));
    svg.append(dot);
  }
  chart.append(svg);
}

/** Says that not every image is in the page, if so. */
function sampleNote(board) {
  if (board.images.length === board.numImages) return "";
  return ` Shown: a sample of ${board.images.length} of ${board.numImages} images; the results files hold all.`;
}

function scatterSummary(board, measure, first, second) {
  if (first === second) return "Choose two different methods.";
  const [i, j] = [board.methods.indexOf(first), board.methods.indexOf(second)];
  const missing = [first, second].filter((method) => !(measure in method.means));
  if (missing.length > 0) return `Not measured for ${missing.map((method) => method.label).join(" and ")}.`;
  const pair = board.pairs[measure].find((one) => one.i === Math.min(i, j) && one.j === Math.max(i, j));
  if (!pair) return "The image names of these two methods differ, so their images cannot be paired.";
  const sign = pair.i === j ? 1 : -1;
  const higher = sign > 0 ? pair.firstHigher : pair.secondHigher;
  const lower = sign > 0 ? pair.secondHigher : pair.firstHigher;
  const info = board.measures[measure];
  const better = info.higher ? higher : lower;
  const unit = info.unit;
  const amount = (value) => formatDifference(value, info) + (unit ? `\u00a0${unit}` : "");
  const ends = pair.interval && pair.interval.map((end) => sign * end).sort((a, b) => a - b);
  const range = ends ? ` (95\u00a0% interval ${ends.map((end) => formatDifference(end, info)).join(" to ")})` : "";
  return `${second.label} is better on ${better} of ${board.numImages} images, ${first.label} on ${higher + lower - better}. ` +
    `Mean difference ${amount(sign * pair.difference)}${range}, ${formatP(pair.p)}.${sampleNote(board)}`;
}
