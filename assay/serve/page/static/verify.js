// Judge one response, from an example that can be changed.

import { ask } from "./api.js";
import { code, field, h, parseLoosely, pretty, select, whileBusy } from "./dom.js";
import { showVerdict } from "./verdict.js";

const NOTHING = { response: "", answer: "" };

/** Show the form for the verifier `name`. */
export async function verify(page, name) {
  const { verifiers } = await ask("v1/verifiers");
  const known = Object.fromEntries(verifiers.map((each) => [each.name, each]));
  const chosen = known[name] ? name : "math";
  const fields = {
    verifier: select(verifiers.map((each) => [each.name, each.name]), {
      id: "verifier", value: chosen, "aria-describedby": "about",
    }),
    response: code({ id: "response", required: true }),
    answer: code({ id: "answer", required: true }),
    options: code({ id: "options", placeholder: "{}" }),
  };
  const about = h("small", { id: "about" });
  const out = h("div", { class: "card empty", id: "verdict", "aria-live": "polite" },
    "The verdict will stand here.");
  const submit = h("button", {}, "Judge it");

  const prefill = async () => {
    const name = fields.verifier.value;
    const { summary, options } = known[name];
    const example = (await ask(`page/example?verifier=${encodeURIComponent(name)}`)) ?? NOTHING;
    if (name !== fields.verifier.value) return; // another was chosen meanwhile
    about.textContent = summary + (options.length ? ` — options: ${options.join(", ")}` : "");
    fields.response.value = example.response;
    fields.answer.value = asText(example.answer);
    fields.options.value = Object.keys(example.options ?? {}).length ? pretty(example.options) : "";
  };
  fields.verifier.addEventListener("change", () => {
    whileBusy(submit, out, prefill);
    history.replaceState(null, "", `#/verify/${fields.verifier.value}`);
  });
  await prefill();

  const form = h(
    "form", {
      class: "card",
      submit: (event) => {
        event.preventDefault();
        whileBusy(submit, out, async () => {
          const verdict = await ask("v1/verify", request(fields));
          if (verdict.error) throw new Error(verdict.error);
          out.classList.remove("empty");
          out.replaceChildren(showVerdict(verdict));
        });
      },
    },
    h("div", { class: "field" }, h("label", { for: "verifier" }, "Verifier"), fields.verifier, about),
    field("Response", fields.response, "The model’s whole text."),
    field("Answer", fields.answer, "The gold: JSON, or plain text."),
    field("Options", fields.options, "A JSON object; may stay empty."),
    h("div", { class: "actions" }, submit,
      h("button", { type: "button", class: "quiet", click: () => whileBusy(submit, out, prefill) }, "Example again")),
  );
  page.replaceChildren(
    h("h2", {}, "Judge a response"),
    h("p", { class: "lead" }, "Each verifier comes with an example. Change it and see what the verdict says."),
    h("div", { class: "bench" }, form, out),
  );
}

function asText(answer) {
  return typeof answer === "string" ? answer : pretty(answer);
}

function request({ verifier, response, answer, options }) {
  const body = { verifier: verifier.value, response: response.value, answer: parseLoosely(answer.value) };
  if (options.value.trim()) body.options = object(options.value);
  return body;
}

function object(text) {
  const value = parseLoosely(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error('Options must be a JSON object, such as {"tolerance": 0.01}.');
  }
  return value;
}
