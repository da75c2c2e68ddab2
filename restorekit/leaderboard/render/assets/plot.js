// What the two charts share: scales, axes, and labels that stay clear of each other.

const MARGIN = { left: 58, right: 16, top: 14, bottom: 44 };

/** Round numbers that cover a range, about `count` of them. */
function ticks(low, high, count = 5) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const found = [];
  for (let number = Math.ceil(low / step); number * step <= high + step * 1e-9; number += 1) {
    found.push(Number((number * step).toPrecision(12)));
  }
  return found;
}

/** Powers of ten that a range covers, with 2 and 5 between if there are few. */
function logTicks(low, high) {
  const found = [];
  const factors = Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    found.push(...factors.map((factor) => Number(`${factor}e${power}`)));
  }
  return found.filter((value) => value >= low && value <= high);
}

function linearScale(values, size, fromEnd) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low) * 0.06 || Math.abs(high) * 0.02 || 1;
  [low, high] = [low - margin, high + margin];
  const [start, end] = fromEnd ? [size - MARGIN.bottom, MARGIN.top] : [MARGIN.left, size - MARGIN.right];
  const scale = (value) => start + ((value - low) / (high - low)) * (end - start);
  return Object.assign(scale, { ticks: ticks(low, high), low, high });
}

function logScale(values, size) {
  const [low, high] = [Math.min(...values) / 1.6, Math.max(...values) * 1.6];
  const [start, end] = [MARGIN.left, size - MARGIN.right];
  const span = Math.log(high / low);
  const scale = (value) => start + (Math.log(value / low) / span) * (end - start);
  return Object.assign(scale, { ticks: logTicks(low, high), low, high });
}

/** An empty chart with grid, tick labels and titles of both axes. */
function frame(width, height, x, y, titles, formats, label) {
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
  const [bottom, right] = [height - MARGIN.bottom, width - MARGIN.right];
  for (const tick of x.ticks) {
    const position = x(tick);
    svg.append(
      draw("line", { class: "grid", x1: position, x2: position, y1: MARGIN.top, y2: bottom }),
      draw("text", { class: "tick", x: position, y: bottom + 17, "text-anchor": "middle" }, formats.x(tick)),
    );
  }
  for (const tick of y.ticks) {
    const position = y(tick);
    svg.append(
      draw("line", { class: "grid", x1: MARGIN.left, x2: right, y1: position, y2: position }),
      draw("text", { class: "tick", x: MARGIN.left - 8, y: position + 4, "text-anchor": "end" }, formats.y(tick)),
    );
  }
  const middle = (MARGIN.top + bottom) / 2;
  svg.append(
    draw("text", { class: "axis", x: (MARGIN.left + right) / 2, y: height - 6, "text-anchor": "middle" }, titles.x),
    draw("text", { class: "axis", x: 14, y: middle, "text-anchor": "middle", transform: `rotate(-90 14 ${middle})` }, titles.y),
  );
  return svg;
}

const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** Label each point where the label covers the least; points are {x, y, text, kind}. */
function addLabels(svg, points, width, height) {
  const taken = points.map(({ x, y }) => ({ x: x - 6, y: y - 6, w: 12, h: 12 }));
  for (const { x, y, text, kind } of points) {
    const w = text.length * 7.3;
    const spots = [
      { x: x + 9, y: y - 7 }, { x: x - 9 - w, y: y - 7 }, { x: x - w / 2, y: y - 23 },
      { x: x - w / 2, y: y + 9 }, { x: x + 9, y: y - 20 }, { x: x + 9, y: y + 6 },
      { x: x - 9 - w, y: y - 20 }, { x: x - 9 - w, y: y + 6 },
    ].map((spot) => ({ ...spot, w, h: 14 }));
    const inside = spots.filter((p) => p.x > MARGIN.left && p.x + w < width && p.y > 0 && p.y + 14 < height - MARGIN.bottom);
    const cover = (spot) => taken.filter((other) => overlap(spot, other)).length;
    const best = inside.sort((a, b) => cover(a) - cover(b))[0];
    if (!best || (kind === "published" && cover(best) > 0)) continue;
    taken.push(best);
    svg.append(draw("text", { class: `label ${kind}`, x: best.x, y: best.y + 11 }, text));
  }
}

/** Redraw a chart when its element changes its width. */
function onResize(element, redraw) {
  let width = 0;
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    redraw();
  }).observe(element);
}
