// What the server is doing: read from /metrics every two seconds, while this view is open.

import { askText } from "./api.js";
import { Chart } from "./chart.js";
import { h } from "./dom.js";
import { buckets, by, parse, quantile, total } from "./prometheus.js";

const EVERY_S = 2;
const rate = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} /s`;
const count = (value) => String(Math.round(value));
const time = (value) => (value < 1 ? `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms` : `${value.toFixed(1)} s`);
const memory = (value) => `${Math.round(value / 2 ** 20)} MiB`;

/** Requests for work, not those of whoever watches. */
const worked = ({ route }) => route?.startsWith("/v1/");

const perSecond = (name) => (now, before) => {
  if (!before) return null;
  return Math.max(0, ((total(now.samples, name) ?? 0) - (total(before.samples, name) ?? 0)) / (now.at - before.at));
};
const gauge = (name) => (now) => total(now.samples, name) ?? 0;
const latency = (share) => (now, before) => {
  const of = (reading) => buckets(reading.samples, "assay_request_seconds", worked);
  return before ? quantile(of(before), of(now), share) : null;
};

const CHARTS = [
  ["Verdicts", rate, perSecond("assay_verdicts_total"), "of every verifier"],
  ["Requests", rate, perSecond("assay_requests_total"), "over HTTP"],
  ["Programs", rate, perSecond("assay_programs_total"), "run for clients"],
  ["Median time", time, latency(0.5), "of a request for work"],
  ["99 % within", time, latency(0.99), "of requests for work"],
  ["Refused", rate, perSecond("assay_rejected_total"), "full, late, unknown or wrong"],
  ["Waiting", count, gauge("assay_queued_items"), "items in queues"],
  ["Sessions", count, gauge("assay_sessions"), "open"],
  ["Memory", memory, gauge("assay_worker_bytes"), "held by workers"],
];

/** Show the charts; returns how to stop them. */
export async function metrics(page) {
  const charts = CHARTS.map(([name, show, value, note]) => [new Chart(name, show, note), value]);
  const tables = h("div", { class: "bench tables" });
  const notice = h("div", { role: "status" });
  page.replaceChildren(
    h("h2", {}, "Live metrics"),
    h("p", { class: "lead" },
      `The last three minutes, read every ${EVERY_S} s from `, h("code", {}, "/metrics"),
      ", where Prometheus reads too."),
    notice,
    h("div", { class: "charts" }, charts.map(([chart]) => chart.element)),
    tables,
  );
  let before = null;
  const beat = async () => {
    try {
      const now = { at: performance.now() / 1000, samples: parse(await askText("metrics")) };
      for (const [chart, value] of charts) chart.add(value(now, before));
      tables.replaceChildren(outcomes(now.samples), sandboxes(now.samples));
      notice.replaceChildren();
      before = now;
    } catch (error) {
      notice.replaceChildren(h("p", { class: "error" }, error.message));
    }
  };
  await beat();
  const timer = setInterval(() => document.hidden || beat(), EVERY_S * 1000);
  return () => clearInterval(timer);
}

function outcomes(samples) {
  const names = ["correct", "incorrect", "undecided"];
  const verdicts = samples.filter((each) => each.name === "assay_verdicts_total");
  const rows = [...by(verdicts, "assay_verdicts_total", "verifier").keys()].sort().map((verifier) => {
    const counts = by(verdicts.filter((each) => each.labels.verifier === verifier), "assay_verdicts_total", "outcome");
    return [verifier, ...names.map((name) => count(counts.get(name) ?? 0))];
  });
  return table("Verdicts since the start", ["verifier", ...names], rows);
}

function sandboxes(samples) {
  const column = (name) => by(samples, `assay_sandbox_${name}`, "template");
  const [jobs, busy, p50, p99] = ["jobs", "in_flight", "p50_s", "p99_s"].map(column);
  const rows = [...jobs.keys()].sort().map((name) =>
    [name, count(jobs.get(name)), count(busy.get(name) ?? 0), time(p50.get(name) ?? 0), time(p99.get(name) ?? 0)]);
  return table("Sandboxes", ["template", "jobs", "running", "median", "99 %"], rows);
}

function table(caption, columns, rows) {
  const cell = (tag, text, place) =>
    h(tag, { class: place ? "number" : undefined, scope: tag === "th" ? "col" : undefined }, text);
  const body = rows.length
    ? rows.map((row) => h("tr", {}, row.map((text, place) => cell("td", text, place))))
    : [h("tr", {}, h("td", { class: "muted", colspan: columns.length }, "none yet"))];
  return h("div", { class: "card scroll" },
    h("table", {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, columns.map((text, place) => cell("th", text, place)))),
      h("tbody", {}, body)));
}
