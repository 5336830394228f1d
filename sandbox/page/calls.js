// The live log of Bot API calls: method, status and time in a line, request and answer on demand.

import { api } from "./api.js";
import { h, oncePerFrame, place } from "./element.js";
import { store } from "./store.js";

const SHOWN = 150;
const QUIET = new Set(["getUpdates"]);
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export class CallLog {
  #filter = h("input", {
    type: "search",
    class: "field",
    placeholder: "Filter by method",
    "aria-label": "Filter by method",
    autocomplete: "off",
  });
  #quiet = h("input", { type: "checkbox", checked: true });
  #list = h("ol", { class: "calls", "aria-label": "Bot API calls, newest first" });
  #rows = new Map();
  #read = false;

  node = h(
    "div",
    { class: "calls-panel" },
    h("div", { class: "panel-tools" }, this.#filter, h("label", { class: "check" }, this.#quiet, "Hide getUpdates")),
    this.#list,
  );

  constructor() {
    const draw = oncePerFrame(() => this.#draw());
    store.on("call", draw);
    this.#filter.addEventListener("input", draw);
    this.#quiet.addEventListener("change", draw);
  }

  show() {
    if (!this.#read) void this.#load();
    this.#draw();
  }

  async #load() {
    this.#read = true;
    for (const call of await api.calls()) store.addCall(call);
  }

  #draw() {
    if (!this.node.checkVisibility()) return;
    const wanted = this.#filter.value.trim().toLowerCase();
    const calls = store.calls
      .filter(
        (call) =>
          call.method.toLowerCase().includes(wanted) &&
          !(this.#quiet.checked && QUIET.has(call.method) && call.status === 200),
      )
      .slice(-SHOWN)
      .reverse();
    const rows = calls.map((call) => this.#row(call));
    this.#rows = new Map(calls.map((call, i) => [call.id, rows[i]]));
    place(
      this.#list,
      rows.length ? rows : [h("li", { class: "note pad" }, "No calls yet. Start a bot, or write to it.")],
    );
  }

  #row(call) {
    return this.#rows.get(call.id) ?? row(call);
  }
}

/** One call; its bodies are only made when it is opened. */
function row(call) {
  const kind = call.status === 200 ? "good" : call.status === 429 || call.status === 0 ? "warn" : "bad";
  const details = h(
    "details",
    { ontoggle: () => details.open && details.childElementCount === 1 && details.append(...bodies(call)) },
    h(
      "summary",
      {},
      h("span", { class: `status ${kind}` }, call.status === 0 ? "cut" : String(call.status)),
      h("strong", {}, call.method),
      call.fault && h("span", { class: "badge-fault" }, "fault"),
      h("span", { class: "spacer" }),
      h("span", { class: "took" }, took(call.ms)),
      h("time", {}, clock.format(new Date(call.date * 1000))),
    ),
  );
  return h("li", {}, details);
}

function bodies(call) {
  return [h("h3", {}, "Request"), code(unpacked(call.request)), h("h3", {}, "Answer"), code(call.response)];
}

const code = (value) =>
  h("pre", { tabindex: "0" }, h("code", {}, typeof value === "string" ? value : JSON.stringify(value, null, 2)));

/** Forms carry nested objects as JSON strings; people read them better unfolded. */
function unpacked(fields) {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, nested(value)]));
}

function nested(value) {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function took(ms) {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}
