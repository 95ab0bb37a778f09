// What this server offers: verifiers and environments, found by a word.

import { ask } from "./api.js";
import { h } from "./dom.js";

/** Show the catalogue. */
export async function offer(page) {
  const [{ verifiers }, { envs }] = await Promise.all([ask("v1/verifiers"), ask("v1/envs")]);
  const own = new Set(envs.map((each) => each.id));
  const groups = [
    ["Verifiers", verifiers.filter((each) => !own.has(each.name)), verifierTile],
    ["Environments", envs, envTile],
    ["Verifiers of single environments", verifiers.filter((each) => own.has(each.name)), verifierTile],
  ].filter(([, entries]) => entries.length);
  const count = h("p", { class: "visually-hidden", role: "status" });
  const lists = h("div");
  const draw = (word) => {
    const found = groups.map(([title, entries, tile]) => [
      title, entries.filter((each) => matches(each, word)), entries.length, tile,
    ]);
    count.textContent = found.map(([title, shown]) => `${title}: ${shown.length}`).join(", ");
    lists.replaceChildren(...found.map((each) => section(...each)));
  };
  const search = h("input", {
    id: "search", type: "search", placeholder: "math, sudoku, unit …", autocomplete: "off",
    input: () => draw(search.value.trim().toLowerCase()),
  });
  page.replaceChildren(
    h("h2", {}, "What this server offers"),
    h("p", { class: "lead" },
      "Verifiers judge a response against an answer. Environments make tasks, pose them and pay " +
      "a reward. Choose one to try it."),
    h("div", { class: "field search" }, h("label", { for: "search" }, "Search"), search),
    count, lists,
  );
  draw("");
}

function matches({ name, id, summary }, word) {
  return `${name ?? id} ${summary}`.toLowerCase().includes(word);
}

function section(title, shown, all, tile) {
  const number = shown.length === all ? `${all}` : `${shown.length} of ${all}`;
  return h(
    "section", {},
    h("div", { class: "section-head" }, h("h3", {}, title), h("span", {}, number)),
    shown.length
      ? h("ul", { class: "offer" }, shown.map((each) => h("li", {}, tile(each))))
      : h("p", { class: "card empty" }, "None has this word."),
  );
}

function verifierTile({ name, summary, options, needs_sandbox: sandbox }) {
  const chips = [sandbox && "runs code in the sandbox", options.length && plural(options.length, "option")];
  return tile(`#/verify/${name}`, name, summary, chips);
}

function envTile({ id, summary, levels, max_turns: turns, needs_sandbox: sandbox }) {
  const chips = [
    plural(Object.keys(levels).length, "level"),
    turns > 1 && `up to ${turns} turns`,
    sandbox && "sandbox",
  ];
  return tile(`#/play/${id}`, id, summary, chips);
}

function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function tile(href, name, summary, chips) {
  return h(
    "a", { class: "tile", href }, h("strong", {}, name), h("p", {}, summary),
    h("span", { class: "chips" }, chips.filter(Boolean).map((text) => h("span", { class: "chip" }, text))),
  );
}
