// An environment: one of its tasks as a picture, and an episode played over it step by step.

import { ask } from "./api.js";
import { code, field, h, select, whileBusy } from "./dom.js";
import { showVerdict } from "./verdict.js";

const LARGEST_SEED = 2 ** 48;

/** Show the environment `id`. */
export async function play(page, id) {
  const { envs } = await ask("v1/envs");
  const known = Object.fromEntries(envs.map((each) => [each.id, each]));
  const chosen = known[id] ? id : envs[0]?.id;
  if (!chosen) throw new Error("This server offers no environments.");
  const table = new Table();
  const env = select(envs.map((each) => [each.id, each.id]), {
    id: "env", value: chosen, "aria-describedby": "about",
  });
  const level = h("select", { id: "level", "aria-describedby": "meaning" });
  const about = h("small", { id: "about" });
  const meaning = h("small", { id: "meaning" });
  const deal = h("button", {}, "New task");

  const describe = () => {
    const { summary, levels, max_turns: turns } = known[env.value];
    about.textContent = turns > 1 ? `${summary}; up to ${turns} turns` : summary;
    const kept = level.value;
    level.replaceChildren(...Object.keys(levels).map((at) => h("option", { value: at }, `level ${at}`)));
    level.value = levels[kept] ? kept : level.options[0].value;
    explain();
  };
  const explain = () => (meaning.textContent = known[env.value].levels[level.value]);
  level.addEventListener("change", explain);
  env.addEventListener("change", () => {
    describe();
    history.replaceState(null, "", `#/play/${env.value}`);
  });
  describe();

  const form = h(
    "form", {
      class: "card",
      submit: (event) => {
        event.preventDefault();
        whileBusy(deal, table.notice, () => table.deal(env.value, Number(level.value)));
      },
    },
    h("div", { class: "row" },
      h("div", { class: "field" }, h("label", { for: "env" }, "Environment"), env, about),
      h("div", { class: "field" }, h("label", { for: "level" }, "Difficulty"), level, meaning)),
    deal, table.notice, table.picture,
  );
  page.replaceChildren(
    h("h2", {}, "Play an environment"),
    h("p", { class: "lead" }, "A task, its picture, and an episode over it. The answer stays on the server."),
    h("div", { class: "bench" }, form, table.element),
  );
  return () => table.clear();
}

/** Where an episode is played: the talk so far, the next action, the verdict. */
class Table {
  constructor() {
    this.session = null;
    this.url = null;
    this.notice = h("div", { class: "notice", "aria-live": "polite" });
    this.picture = h("div", { class: "frame" });
    this.talk = h("ol", { class: "talk", id: "talk", "aria-label": "The episode so far", "aria-live": "polite" });
    this.action = code({ id: "action", rows: 5, required: true });
    this.send = h("button", {}, "Send");
    this.out = h("div", { id: "verdict", "aria-live": "polite" });
    this.form = h(
      "form", { hidden: true, submit: (event) => this.submit(event) },
      field("Your action", this.action, "The model’s whole text of this turn. Ctrl+Enter sends it."),
      this.send,
    );
    this.action.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
    });
    this.empty = h("p", { class: "muted" }, "Ask for a task, and its episode begins here.");
    this.element = h("section", { class: "card", "aria-label": "Episode" },
      this.empty, this.talk, this.form, this.out);
  }

  /** A new task of `env`, its picture, and an episode over it. */
  async deal(env, difficulty) {
    const seed = Math.floor(Math.random() * LARGEST_SEED);
    const { tasks: [task] } = await ask("v1/generate", { env, difficulty, seed, n: 1, render: true });
    const { session, observation } = await ask("v1/sessions", { task: task.id });
    this.clear();
    this.session = session;
    this.notice.replaceChildren();
    this.showPicture(task);
    this.empty.hidden = true;
    this.form.hidden = false;
    this.action.value = "";
    this.say(observation);
    this.action.focus({ preventScroll: true });
  }

  /** As an image: whatever an SVG holds, nothing in it runs. */
  showPicture({ env, svg, rendering }) {
    if (svg) {
      this.url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
      this.picture.append(h("img", { class: "picture", src: this.url, alt: `The task of ${env}, drawn` }));
    }
    if (rendering) {
      this.picture.append(h("details", { open: !svg }, h("summary", {}, "As text"), h("pre", {}, rendering)));
    }
  }

  submit(event) {
    event.preventDefault();
    const action = this.action.value;
    whileBusy(this.send, this.out, async () => {
      const reply = await ask(`v1/sessions/${this.session}/step`, { action });
      this.say([{ role: "assistant", content: action }, ...reply.observation]);
      this.action.value = "";
      this.out.replaceChildren();
      if (reply.terminated || reply.truncated) this.finish(reply);
      else this.action.focus();
    });
  }

  finish({ reward, truncated, info }) {
    this.session = null;
    this.form.hidden = true;
    this.out.replaceChildren(
      ...(truncated ? [h("p", { class: "muted" }, "The episode ran out of turns.")] : []),
      info.verdict ? showVerdict(info.verdict) : h("p", {}, `reward ${reward}`),
    );
  }

  say(messages) {
    this.talk.append(...messages.map(({ role, content }) =>
      h("li", { "data-role": role }, h("b", {}, role), h("p", {}, content))));
  }

  /** Leave the episode: its session ends on the server too. */
  clear() {
    if (this.session) ask(`v1/sessions/${this.session}`, undefined, "DELETE").catch(() => {});
    if (this.url) URL.revokeObjectURL(this.url);
    this.session = this.url = null;
    this.talk.replaceChildren();
    this.out.replaceChildren();
    this.picture.replaceChildren();
    this.form.hidden = true;
  }
}
