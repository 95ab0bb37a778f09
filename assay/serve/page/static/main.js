// The frame: which view is shown, the key, the theme, whether the server is well.

import { ask, useKey } from "./api.js";
import { h } from "./dom.js";
import { metrics } from "./metrics.js";
import { offer } from "./offer.js";
import { play } from "./play.js";
import { run } from "./run.js";
import { verify } from "./verify.js";

const VIEWS = { "": offer, verify, play, run, metrics };
const THEMES = ["system", "light", "dark"];
const view = document.getElementById("view");
let leave = () => {};

/** `#/verify/math` shows the view `verify` of `math`. A view returns how to leave it, if it must. */
async function show() {
  leave();
  leave = () => {};
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const shown = VIEWS[name] ?? offer;
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.getAttribute("href") === `#/${name}` || (shown === offer && link.hash === "#/");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const page = h("div");
  view.replaceChildren(page);
  try {
    const away = await shown(page, rest.join("/"));
    if (page.isConnected) leave = away ?? leave;
    else away?.();
  } catch (error) {
    page.replaceChildren(h("p", { class: "error", role: "alert" }, error.message));
  }
}

async function beat() {
  const health = document.getElementById("health");
  const [state, text] = await wellness();
  if (health.textContent === text) return; // nothing to tell a screen reader
  health.dataset.state = state;
  health.textContent = text;
}

async function wellness() {
  try {
    const { ready, draining } = await (await fetch("healthz")).json();
    if (ready) return ["ready", "ready"];
    return draining ? ["busy", "stopping"] : ["busy", "starting"];
  } catch {
    return ["down", "no answer"];
  }
}

function theme() {
  const button = document.getElementById("theme");
  let at = 0;
  button.addEventListener("click", () => {
    at = (at + 1) % THEMES.length;
    button.textContent = `◐ ${THEMES[at]}`;
    button.setAttribute("aria-label", `Theme: ${THEMES[at]}`);
    document.documentElement.dataset.theme = THEMES[at];
  });
}

function key() {
  const form = document.getElementById("key-form");
  const input = document.getElementById("key");
  const take = () => {
    useKey(input.value);
    show();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take();
  });
  input.addEventListener("change", take);
}

async function version() {
  const api = await ask("openapi.json");
  document.getElementById("version").textContent = `Assay ${api.info.version}`;
}

theme();
key();
version().catch(() => {});
beat();
setInterval(beat, 5000);
addEventListener("hashchange", () => {
  show();
  view.focus();
});
show();
