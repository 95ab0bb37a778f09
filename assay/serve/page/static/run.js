// Run one program in the sandbox.

import { ask } from "./api.js";
import { code, field, h, select, whileBusy } from "./dom.js";

const PROGRAMS = {
  python: 'import sys\n\nnumbers = [int(line) for line in sys.stdin]\nprint("sum", sum(numbers))\n',
  javascript: 'const text = require("fs").readFileSync(0, "utf8");\nconsole.log("lines", text.trim().split("\\n").length);\n',
  bash: 'sort -n | tail -1\n',
  c: '#include <stdio.h>\n\nint main(void) {\n    long n, sum = 0;\n    while (scanf("%ld", &n) == 1) sum += n;\n    printf("sum %ld\\n", sum);\n}\n',
  cpp: '#include <iostream>\n\nint main() {\n    long n, sum = 0;\n    while (std::cin >> n) sum += n;\n    std::cout << "sum " << sum << "\\n";\n}\n',
};

const MEANING = {
  ok: "ended well",
  nonzero_exit: "ended with an error",
  signal: "was ended by a signal",
  timeout: "ran out of time",
  memory: "ran out of memory",
  output_limit: "wrote too much",
  compile_error: "did not compile",
  sandbox_failed: "the sandbox failed; this says nothing about the program",
};

/** Show the form. */
export async function run(page) {
  const languages = Object.keys(PROGRAMS).map((name) => [name, name]);
  const fields = {
    language: select(languages, { id: "language" }),
    source: code({ id: "source", rows: 10, required: true, value: PROGRAMS.python }),
    stdin: code({ id: "stdin", rows: 3, value: "1\n2\n39\n" }),
    wall: h("input", { id: "wall", type: "number", min: 0.1, max: 60, step: 0.1, value: 5 }),
    memory: h("input", { id: "memory", type: "number", min: 16, max: 4096, step: 16, value: 256 }),
  };
  const out = h("div", { class: "card empty", id: "result", "aria-live": "polite" },
    "What it writes will stand here.");
  const submit = h("button", {}, "Run it");
  fields.language.addEventListener("change", () => {
    const untouched = Object.values(PROGRAMS).includes(fields.source.value);
    if (untouched) fields.source.value = PROGRAMS[fields.language.value];
  });
  const form = h(
    "form", {
      class: "card",
      submit: (event) => {
        event.preventDefault();
        whileBusy(submit, out, async () => {
          const result = await ask("v1/run", job(fields));
          out.classList.remove("empty");
          out.replaceChildren(...show(result));
        });
      },
    },
    field("Language", fields.language),
    field("Program", fields.source),
    field("Standard input", fields.stdin),
    h("div", { class: "row" }, field("Seconds", fields.wall), field("MiB of memory", fields.memory)),
    submit,
  );
  page.replaceChildren(
    h("h2", {}, "Run a program"),
    h("p", { class: "lead" }, "It runs in an isolated sandbox, without network and without sight of this machine."),
    h("div", { class: "bench" }, form, out),
  );
}

function job({ language, source, stdin, wall, memory }) {
  const seconds = Number(wall.value);
  const limits = { wall_s: seconds, cpu_s: seconds, memory_bytes: Number(memory.value) * 2 ** 20 };
  return { language: language.value, source: source.value, stdin: stdin.value, limits };
}

function show(result) {
  const facts = [
    ["exit", result.exit_code ?? `signal ${result.signal}`],
    ["time", `${result.wall_s.toFixed(3)} s, ${result.cpu_s.toFixed(3)} s of CPU`],
    ["memory", `${(result.peak_bytes / 2 ** 20).toFixed(1)} MiB at most`],
    ["where", result.backend],
  ];
  const tone = result.status === "ok" ? "correct" : result.status === "sandbox_failed" ? "undecided" : "incorrect";
  return [
    h("div", { class: "verdict", "data-outcome": tone },
      h("p", { class: "stamp" }, h("span", {}, h("strong", {}, result.status), MEANING[result.status] ?? "")),
      result.error ? h("p", { class: "error" }, result.error) : null,
      output("Standard output", result.stdout, result.truncated),
      result.stderr ? output("Standard error", result.stderr) : null,
      h("dl", { class: "facts" }, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]))),
  ];
}

function output(title, blob, truncated) {
  const text = typeof blob === "string" ? blob : `(bytes, base64) ${blob.base64}`;
  return h("div", {}, h("h3", {}, title), h("pre", { tabindex: 0, "aria-label": title }, text || "(nothing)"),
    truncated ? h("small", { class: "muted" }, "cut at the limit") : null);
}
