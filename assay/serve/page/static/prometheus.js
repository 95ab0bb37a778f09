// Prometheus' text format, as far as a page needs it: samples by name, with their labels.

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** `[{name, labels, value}]` of a `/metrics` page. */
export function parse(text) {
  return text.split("\n").filter((line) => line && line[0] !== "#").map(sample).filter(Boolean);
}

function sample(line) {
  const found = SAMPLE.exec(line);
  if (!found) return null;
  const labels = {};
  for (const [, name, value] of (found[2] ?? "").matchAll(LABEL)) labels[name] = value;
  return { name: found[1], labels, value: Number(found[3]) };
}

/** The sum of a metric over all labels; null where there is none. */
export function total(samples, name, where = () => true) {
  const found = samples.filter((each) => each.name === name && where(each.labels));
  return found.length ? found.reduce((sum, each) => sum + each.value, 0) : null;
}

/** Sums of a metric by one label. */
export function by(samples, name, label) {
  const sums = new Map();
  for (const each of samples) {
    if (each.name !== name) continue;
    const at = each.labels[label] ?? "";
    sums.set(at, (sums.get(at) ?? 0) + each.value);
  }
  return sums;
}

/** Cumulative counts of a histogram, `[[upper bound, count]]`, bounds ascending. */
export function buckets(samples, name, where = () => true) {
  const counts = by(samples.filter((each) => where(each.labels)), `${name}_bucket`, "le");
  return [...counts]
    .map(([bound, count]) => [bound === "+Inf" ? Infinity : Number(bound), count])
    .sort((a, b) => a[0] - b[0]);
}

/** The quantile of what came between two readings of a histogram; null where nothing came. */
export function quantile(before, now, share) {
  const old = new Map(before);
  const rows = now.map(([bound, count]) => [bound, count - (old.get(bound) ?? 0)]);
  const all = rows.at(-1)?.[1] ?? 0;
  if (all <= 0) return null;
  let lower = 0;
  let below = 0;
  for (const [bound, count] of rows) {
    if (count >= share * all) {
      if (bound === Infinity) return lower;
      return lower + (bound - lower) * ((share * all - below) / (count - below || 1));
    }
    [lower, below] = [bound, count];
  }
  return lower;
}
