// Trouble on request: which call of the bot shall fail, how, and how often.

import { attempt } from "./actions.js";
import { api } from "./api.js";
import { h, iconButton } from "./element.js";
import { store } from "./store.js";

const METHODS = [
  "*",
  "file",
  "getUpdates",
  "getFile",
  "sendMessage",
  "sendPhoto",
  "sendMediaGroup",
  "sendChatAction",
  "editMessageText",
  "answerCallbackQuery",
  "answerInlineQuery",
  "getMe",
];

/** What goes wrong most often with Telegram; each fills the form and can be changed before it is added. */
const PRESETS = [
  ["Too many requests", { status: 429, description: "Too Many Requests: retry after 5", retry_after: 5 }],
  ["Server error", { status: 500, description: "Internal Server Error" }],
  ["Bad gateway", { status: 502, description: "Bad Gateway" }],
  ["Bot was kicked", { status: 403, description: "Forbidden: bot was kicked from the supergroup chat" }],
  ["Wrong token", { status: 401, description: "Unauthorized" }],
  ["Slow answer", { delay: 5 }],
  ["Connection dropped", { how: "drop" }],
  ["Done, but no answer", { how: "drop_after" }],
  ["Half an answer", { how: "half_body" }],
  ["Garbage", { how: "garbage" }],
];
const HOW = [
  ["", "Answers"],
  ["drop", "Drops the connection"],
  ["drop_after", "Does it, then drops"],
  ["half_body", "Sends half the answer"],
  ["garbage", "Answers garbage"],
];

export class FaultPanel {
  #fields = {
    method: h("input", {
      class: "field",
      list: "fault-methods",
      value: "sendMediaGroup",
      required: true,
      autocomplete: "off",
    }),
    how: h(
      "select",
      { class: "field" },
      HOW.map(([value, label]) => h("option", { value }, label)),
    ),
    status: number("any"),
    description: h("input", { class: "field", autocomplete: "off" }),
    retry_after: number("none"),
    delay: number("0"),
    times: number("always"),
  };
  #list = h("ul", { class: "faults", "aria-label": "Faults to come" });

  node = h(
    "div",
    { class: "faults-panel" },
    h(
      "p",
      { class: "note" },
      "The next matching calls of the bot fail as written here. “*” is every method, “file” a download.",
    ),
    h(
      "div",
      { class: "presets", role: "group", "aria-label": "Examples" },
      PRESETS.map(([label, values]) =>
        h(
          "button",
          {
            type: "button",
            class: "chip",
            onclick: () => this.#fill(values),
          },
          label,
        ),
      ),
    ),
    h(
      "form",
      { onsubmit: (event) => void this.#add(event) },
      labelled("Method", this.#fields.method),
      labelled("Telegram", this.#fields.how),
      labelled("Status", this.#fields.status),
      labelled("Retry after, s", this.#fields.retry_after),
      h("div", { class: "wide" }, labelled("Description", this.#fields.description)),
      labelled("Delay, s", this.#fields.delay),
      labelled("Times", this.#fields.times),
      h(
        "div",
        { class: "wide dialog-actions" },
        h("button", { type: "button", class: "button", onclick: () => void this.#clear() }, "Remove all"),
        h("button", { type: "submit", class: "button primary" }, "Add fault"),
      ),
    ),
    h(
      "datalist",
      { id: "fault-methods" },
      METHODS.map((value) => h("option", { value })),
    ),
    this.#list,
  );

  constructor() {
    this.#fields.times.value = "1";
    store.on("call", (call) => {
      if (call.fault) this.show();
    });
  }

  show() {
    if (this.node.checkVisibility()) void attempt(async () => this.#draw(await api.faults()));
  }

  #fill(values) {
    for (const [name, field] of Object.entries(this.#fields)) {
      if (name !== "method" && name !== "times") field.value = values[name] ?? "";
    }
  }

  async #add(event) {
    event.preventDefault();
    const { method, how, description } = this.#fields;
    const fault = { method: method.value.trim() };
    for (const name of ["status", "retry_after", "delay", "times"]) {
      if (this.#fields[name].value !== "") fault[name] = Number(this.#fields[name].value);
      else if (name === "times") fault.times = 0; // as often as it is met
    }
    if (description.value) fault.description = description.value;
    if (how.value) fault[how.value] = true;
    if (await attempt(() => api.addFault(fault))) this.show();
  }

  async #clear() {
    if (await attempt(() => api.removeFault())) this.show();
  }

  #draw(faults) {
    this.#list.replaceChildren(
      ...faults.map((fault) =>
        h(
          "li",
          {},
          h("span", { class: "lines" }, h("strong", {}, fault.method), h("span", { class: "note" }, said(fault))),
          iconButton(
            "trash",
            `Remove the fault for ${fault.method}`,
            () =>
              void attempt(async () => {
                await api.removeFault(fault.id);
                this.show();
              }),
          ),
        ),
      ),
    );
    if (faults.length === 0) this.#list.append(h("li", { class: "note pad" }, "None. Telegram behaves."));
  }
}

const number = (placeholder) => h("input", { class: "field", type: "number", min: "0", step: "any", placeholder });
const labelled = (label, field) => h("label", { class: "labelled" }, h("span", {}, label), field);

function said(fault) {
  const how = HOW.find(([name]) => name && fault[name])?.[1];
  const left = fault.times === null ? "always" : `${fault.times - (fault.hits ?? 0)} more`;
  return [
    how ?? fault.status ?? "answers",
    fault.description,
    fault.retry_after && `retry after ${fault.retry_after} s`,
    fault.delay && `after ${fault.delay} s`,
    left,
  ]
    .filter(Boolean)
    .join(" · ");
}
