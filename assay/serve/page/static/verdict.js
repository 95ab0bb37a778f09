// A verdict as people read it: the hallmark, what the reason means, the rest as facts.

import { h, pretty, s } from "./dom.js";

const WORDS = { correct: "Correct", incorrect: "Incorrect", undecided: "Undecided" };

/** What each reason of the closed list means. */
export const REASONS = {
  match: "The answer is right.",
  partial: "Part of it is right.",
  mismatch: "It was read well, and says something else than the answer.",
  no_answer: "No answer was found in the response.",
  malformed: "An answer is there, and cannot be read.",
  too_long: "The response is longer than the verifier takes.",
  too_costly: "The answer is too costly to compare.",
  wrong_unit: "The unit is another one, or missing.",
  wrong_type: "Another kind of thing was asked for.",
  wrong_format: "The response is not in the form that was asked for.",
  rule_broken: "A rule of the task is broken.",
  compile_error: "The program does not compile.",
  runtime_error: "The program failed.",
  time_limit: "The program took too long.",
  memory_limit: "The program took too much memory.",
  output_limit: "The program wrote too much.",
  tampering: "The program tried to pass without doing the work.",
  bad_gold: "The given answer itself cannot be read; the response is not to blame.",
  not_serialisable: "The values cannot cross to the judge; the response is not to blame.",
  sandbox_failed: "The sandbox failed; the response is not to blame.",
  worker_failed: "The judge’s process failed; the response is not to blame.",
  judge_failed: "The judge model did not answer; the response is not to blame.",
  deadline: "There was no time to decide; the response is not to blame.",
};

const SIGNS = {
  correct: "M20 33.5 29 42l15-19",
  incorrect: "M23 23l18 18M41 23 23 41",
  undecided: "M25 26c0-9 14-9 14-.5 0 6-7 5.5-7 11M32 42.5v.5",
};

/** The element that shows a verdict (`{outcome, score, reason, detail?, seconds?}`). */
export function showVerdict(verdict) {
  return h(
    "div", { class: "verdict", "data-outcome": verdict.outcome },
    h(
      "div", { class: "stamp" }, hallmark(verdict.outcome),
      h("div", {}, h("strong", {}, WORDS[verdict.outcome]), REASONS[verdict.reason] ?? ""),
    ),
    h("dl", { class: "facts" }, facts(verdict)),
    detail(verdict.detail),
  );
}

/** An eight-sided cartouche with a sign in it, as struck by an assay office. */
function hallmark(outcome) {
  const stroke = { fill: "none", stroke: "currentColor", "stroke-linecap": "round" };
  return s(
    "svg", { viewBox: "0 0 64 64", "aria-hidden": "true" },
    s("path", { d: "M21 3h22l18 18v22L43 61H21L3 43V21z", "stroke-width": 3, ...stroke }),
    s("path", { d: SIGNS[outcome], "stroke-width": 5, "stroke-linejoin": "round", ...stroke }),
  );
}

function facts(verdict) {
  const score = h("meter", { min: 0, max: 1, value: verdict.score, "aria-label": "score" });
  const rows = [
    ["score", [score, verdict.score.toFixed(verdict.score % 1 ? 3 : 1)]],
    ["reason", h("code", {}, verdict.reason)],
  ];
  if (verdict.seconds) rows.push(["judged in", `${Math.max(0.1, verdict.seconds * 1000).toFixed(1)} ms`]);
  return rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
}

function detail(values) {
  const rows = Object.entries(values ?? {});
  if (!rows.length) return null;
  return h(
    "details", { open: true }, h("summary", {}, "Detail"),
    h("dl", { class: "facts" }, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, written(value))])),
  );
}

/** A list of records as a table, a plain value as text, anything else as JSON. */
function written(value) {
  if (typeof value !== "object" || value === null) return String(value);
  const isTable = Array.isArray(value) && value.length > 0 && value.every(isFlat);
  return isTable ? table(value) : h("pre", {}, pretty(value));
}

function isFlat(row) {
  const isRecord = typeof row === "object" && row !== null && !Array.isArray(row);
  return isRecord && Object.values(row).every((each) => typeof each !== "object" || each === null);
}

function table(rows) {
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const head = columns.map((name) => h("th", { scope: "col" }, name));
  const line = (row) => h("tr", {}, columns.map((name) => h("td", {}, String(row[name] ?? ""))));
  return h("div", { class: "scroll" },
    h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows.map(line))));
}
