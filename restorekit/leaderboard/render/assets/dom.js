// Creates elements, and formats numbers as in the tables.

const SVG = "http://www.w3.org/2000/svg";

function fillElement(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  // Text becomes text nodes: nothing in the data is ever parsed as HTML.
  element.append(...children);
  return element;
}

const make = (tag, attributes = {}, ...children) =>
  fillElement(document.createElement(tag), attributes, children);

const draw = (tag, attributes = {}, ...children) =>
  fillElement(document.createElementNS(SVG, tag), attributes, children);

const byId = (id) => document.getElementById(id);

/** Replace the options of a select; keeps its value if that is still there. */
function setOptions(select, options, fallback) {
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  const known = options.some(([value]) => value === before);
  select.value = known && before !== "" ? before : fallback;
}

const signed = (text) => text.replace("-", "\u2212");

/** A value of a measure; `info` is its description in the board. */
const formatValue = (value, info) => (value === null ? "" : signed(value.toFixed(info.digits)));

const formatDifference = (value, info) => (value > 0 ? "+" : "") + formatValue(value, info);

function formatP(value) {
  if (value < 1e-4) return "p < 0.0001";
  return `p = ${Number(value.toPrecision(2))}`;
}

/** 12630519 as 12.6 M, 0.00321 as 0.0032. */
function formatShort(value) {
  for (const [size, unit] of [[1e9, "\u202fG"], [1e6, "\u202fM"], [1e3, "\u202fk"]]) {
    if (value >= size) return Number((value / size).toPrecision(3)) + unit;
  }
  return String(Number(value.toPrecision(2)));
}
