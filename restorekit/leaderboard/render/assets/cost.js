// Quality against what it costs: size, operations, time.

const COSTS = {
  parameters: "parameters",
  macs_per_pixel: "multiply-adds per pixel",
  seconds_per_image: "seconds per image",
};
const cost = { key: byId("cost-key"), measure: byId("cost-measure") };

function setUpCost(board) {
  const known = Object.keys(COSTS).filter((key) => board.methods.some((method) => method.cost[key] > 0));
  byId("cost").hidden = known.length === 0;
  if (known.length === 0) return;
  setOptions(cost.key, known.map((key) => [key, COSTS[key]]), known[0]);
  setOptions(cost.measure, measureOptions(board), firstMeasure(board));
  drawCost(board);
}

function drawCost(board) {
  if (byId("cost").hidden) return;
  const [key, measure] = [cost.key.value, cost.measure.value];
  const info = board.measures[measure];
  const usable = (method) => method.cost[key] > 0 && measure in method.means;
  const measured = board.methods.filter(usable);
  const published = board.published.filter(usable);
  byId("cost-summary").textContent = costSummary(board, key, measured, published);
  const chart = byId("cost-plot");
  chart.replaceChildren();
  const width = Math.max(260, Math.min(chart.clientWidth, 760));
  const height = Math.max(260, Math.min(width, 560));
  const ends = measured.flatMap((method) => method.intervals[measure] ?? []);
  const means = [...measured, ...published].map((method) => method.means[measure]);
  const x = logScale([...measured, ...published].map((method) => method.cost[key]), width);
  const y = linearScale([...means, ...ends], height, true);
  const quality = qualified(board, info.title);
  const svg = frame(width, height, x, y, { x: COSTS[key], y: quality },
    { x: formatShort, y: (value) => signed(String(value)) }, `${quality} against ${COSTS[key]}`);
  const points = [];
  for (const method of [...published, ...measured]) {
    const [cx, cy] = [x(method.cost[key]), y(method.means[measure])];
    const isPublished = published.includes(method);
    const ends = isPublished ? null : method.intervals[measure];
    if (ends) svg.append(draw("line", { class: "whisker", x1: cx, x2: cx, y1: y(ends[0]), y2: y(ends[1]) }));
    const title = `${method.label}: ${formatValue(method.means[measure], info)}, ${formatShort(method.cost[key])} ${COSTS[key]}`;
    const kind = isPublished ? "published" : "measured";
    svg.append(draw("circle", { class: `mark ${kind}`, cx, cy, r: 5 }, draw("title", {}, title)));
    points.push({ x: cx, y: cy, text: method.label, kind });
  }
  addLabels(svg, points.reverse(), width, height);
  chart.append(svg);
}

function costSummary(board, key, measured, published) {
  const parts = [];
  if (measured.some((method) => method.intervals[cost.measure.value])) {
    parts.push("Lines are 95\u00a0% confidence intervals.");
  }
  if (published.length > 0) parts.push("Hollow points are published, not measured here.");
  const left = board.methods.filter((method) => method.ranked && !measured.includes(method));
  if (left.length > 0) parts.push(`Not known for ${left.map((method) => method.label).join(", ")}.`);
  const devices = new Set(measured.map((method) => method.device));
  if (key === "seconds_per_image" && devices.size > 1) {
    parts.push(`Measured on different devices (${[...devices].join(", ")}), so times do not compare.`);
  }
  return parts.join(" ");
}
