// The same part of an image from every method, side by side; a box on the picture says which part.

const part = {
  box: byId("part"), zoom: byId("part-zoom"), shown: byId("part-shown"), views: byId("part-views"),
  hidden: new Set(), image: null, x: 0, y: 0, width: 1, height: 1, size: [1, 1],
};
// The box is 3:2, as far as the image allows.
const PART_SHAPE = 2 / 3;

/** Show the parts of an image; `keys` are those of its pictures. */
function drawParts(board, keys) {
  const { uris, sizes, parts } = DATA.datasets[board.dataset].pictures;
  const name = compare.image.value;
  part.size = sizes[name];
  if (part.image !== name) {
    part.image = name;
    measurePart();
    [part.x, part.y] = [0, 1].map((axis) => parts[name][axis] * part.size[axis]);
  }
  part.shown.replaceChildren(make("legend", {}, "Side by side"), ...keys.map((key) => choice(board, key)));
  part.views.replaceChildren(...keys.filter((key) => !part.hidden.has(key)).map((key) =>
    make("figure", {}, make("div", { class: "view" },
      make("img", { src: uris[name][key], alt: `Part of ${name}, ${pictureName(board, key)}`, draggable: "false" })),
    make("figcaption", {}, compareSummary(board, key)))));
  movePart(0, 0);
}

function choice(board, key) {
  const box = make("input", { type: "checkbox", value: key });
  box.checked = !part.hidden.has(key);
  box.addEventListener("change", () => {
    if (box.checked) part.hidden.delete(key);
    else part.hidden.add(key);
    drawCompare(current());
    part.shown.querySelector(`[value="${key}"]`).focus();
  });
  return make("label", {}, box, ` ${pictureName(board, key)}`);
}

function measurePart() {
  const [width, height] = part.size;
  part.width = width / part.zoom.value;
  part.height = Math.min(height, part.width * PART_SHAPE);
}

/** Move the box by pixels of the image, and show what is in it. */
function movePart(right, down) {
  const [width, height] = part.size;
  part.x = Math.min(Math.max(part.x + right, 0), width - part.width);
  part.y = Math.min(Math.max(part.y + down, 0), height - part.height);
  // The picture may be letterboxed in the stage.
  const [wide, high] = [compare.stage.clientWidth, compare.stage.clientHeight];
  const scale = Math.min(wide / width, high / height);
  const [left, top] = [(wide - scale * width) / 2, (high - scale * height) / 2];
  setPixels(part.box, { left: left + scale * part.x, top: top + scale * part.y, width: scale * part.width, height: scale * part.height });
  part.box.setAttribute("aria-label", `Enlarged part at ${Math.round(part.x)}, ${Math.round(part.y)}, ` +
    `${Math.round(part.width)} by ${Math.round(part.height)} pixels: arrow keys move it, plus and minus change its size`);
  for (const view of part.views.querySelectorAll(".view")) {
    view.style.aspectRatio = `${part.width} / ${part.height}`;
    const enlarged = view.clientWidth / part.width;
    setPixels(view.firstChild, { left: -enlarged * part.x, top: -enlarged * part.y, width: enlarged * width, height: enlarged * height });
    view.classList.toggle("pixels", enlarged >= 2);
  }
}

function setPixels(element, lengths) {
  for (const [name, value] of Object.entries(lengths)) element.style[name] = `${value}px`;
}

function zoomPart() {
  const [x, y] = [part.x + part.width / 2, part.y + part.height / 2];
  measurePart();
  [part.x, part.y] = [x - part.width / 2, y - part.height / 2];
  part.zoom.setAttribute("aria-valuetext", `${part.zoom.value} times`);
  movePart(0, 0);
}

function pressInPart(event) {
  const step = event.shiftKey ? 1 : part.width / 8;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  const zooms = { "+": "stepUp", "=": "stepUp", "-": "stepDown" };
  if (event.key in moves) movePart(...moves[event.key]);
  else if (event.key in zooms) {
    part.zoom[zooms[event.key]]();
    zoomPart();
  } else return;
  event.preventDefault();
}

/** Move the part with the pointer; `scale` says how many pixels of the image a pixel of the page is. */
function dragPart(element, scale) {
  element.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    event.stopPropagation();
    if (event.buttons) movePart(event.movementX * scale(), event.movementY * scale());
  });
}

function wireParts() {
  part.zoom.addEventListener("input", zoomPart);
  part.box.addEventListener("keydown", pressInPart);
  dragPart(part.box, () => part.width / part.box.offsetWidth);
  // In a view, the picture follows the pointer.
  dragPart(part.views, () => -part.width / part.views.querySelector(".view").clientWidth);
  onResize(compare.stage, () => movePart(0, 0));
}
