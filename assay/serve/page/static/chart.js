// A line over the last minutes, drawn as SVG; the newest value stands beside its name.

import { h, s } from "./dom.js";

const WIDTH = 300;
const HEIGHT = 80;
const KEPT = 90; // points
const FEWEST = 20; // points that the width stands for at first

/** A chart that grows by `add(value)`; `show` writes a value as people read it. */
export class Chart {
  constructor(name, show, note) {
    this.values = [];
    this.show = show;
    this.latest = h("b", {}, "–");
    this.area = s("path", { class: "area" });
    this.line = s("path", { class: "line" });
    const base = s("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT - 1, y2: HEIGHT - 1 });
    this.drawing = s(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      this.area, this.line, base,
    );
    this.range = h("small", { class: "muted" }, note);
    this.element = h(
      "figure", { class: "card chart" },
      h("figcaption", {}, h("span", {}, name), this.latest), this.drawing, this.range,
    );
  }

  /** A value of now; null where nothing was seen. */
  add(value) {
    this.values = [...this.values, value].slice(-KEPT);
    this.latest.textContent = value === null ? "–" : this.show(value);
    const top = Math.max(...this.values.map((each) => each ?? 0)) || 1;
    const places = Math.max(this.values.length, FEWEST);
    const step = WIDTH / (places - 1);
    const start = places - this.values.length;
    const points = this.values.map((each, place) => [
      (start + place) * step,
      HEIGHT - 2 - ((each ?? 0) / top) * (HEIGHT - 8),
    ]);
    const path = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
    this.line.setAttribute("d", `M${path}`);
    this.area.setAttribute("d", `M${points[0][0].toFixed(1)} ${HEIGHT}L${path}L${WIDTH} ${HEIGHT}Z`);
  }
}
