// Elements from data, never from markup: a value becomes text, whatever it holds.

/** An element: `h("p", {class: "note"}, "text", child)`. A property that is a function listens. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for a part of an SVG drawing. */
export function s(tag, properties = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function fill(element, properties, children) {
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  return element;
}

let made = 0;

/** A labelled field: `control` is an input, select or textarea; `hint` explains it. */
export function field(label, control, hint) {
  control.id ||= `field-${(made += 1)}`;
  const help = hint && h("small", { id: `${control.id}-hint` }, hint);
  if (help) control.setAttribute("aria-describedby", help.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, help);
}

/** A select of `[value, text]` pairs. */
export function select(options, properties = {}) {
  const rows = options.map(([value, text]) => h("option", { value }, text));
  return h("select", properties, rows);
}

/** A textarea for code or JSON: monospaced, unchecked by the spelling. */
export function code(properties = {}) {
  return h("textarea", { class: "code", spellcheck: "false", autocapitalize: "off", ...properties });
}

const NARROW = 64; // characters that stand on one line

/** JSON as indented text; what is short stands on one line. */
export function pretty(value, indent = "") {
  const flat = JSON.stringify(value, null, 1).replace(/\n */g, " ");
  if (typeof value !== "object" || value === null || flat.length + indent.length <= NARROW) return flat;
  const inner = `${indent}  `;
  const rows = Array.isArray(value)
    ? value.map((each) => inner + pretty(each, inner))
    : Object.entries(value).map(([name, each]) => `${inner}${JSON.stringify(name)}: ${pretty(each, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${rows.join(",\n")}\n${indent}${close}`;
}

/** A text written as JSON, or the text itself where it is none. */
export function parseLoosely(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "number" ? text : value;
  } catch {
    return text;
  }
}

/** Run `work` while `button` is busy; an error is shown in `out` as an alert. */
export async function whileBusy(button, out, work) {
  button.disabled = true;
  out.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    out.replaceChildren(h("p", { class: "error", role: "alert" }, error.message));
  } finally {
    button.disabled = false;
    out.removeAttribute("aria-busy");
  }
}
