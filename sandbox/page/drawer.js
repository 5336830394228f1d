// The drawer under the hood: what the bot asks of Telegram, and what Telegram can be made to answer.

import { CallLog } from "./calls.js";
import { byId, h, iconButton } from "./element.js";
import { FaultPanel } from "./faults.js";
import { SettingsPanel } from "./settings.js";
import { store } from "./store.js";

const OPEN = "drawer-open";

export class Drawer {
  #panels = [
    ["calls", "Calls", new CallLog()],
    ["faults", "Faults", new FaultPanel()],
    ["settings", "Settings", new SettingsPanel()],
  ];
  #shown = "calls";
  #node = byId("drawer");

  constructor() {
    store.on("drawer", () => this.toggle());
    this.#node.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.toggle(false);
    });
    this.#node.append(
      h(
        "header",
        { class: "drawer-head" },
        h("h2", {}, "Under the hood"),
        h("span", { class: "spacer" }),
        iconButton("close", "Close", () => this.toggle(false)),
      ),
      this.#tabs(),
      ...this.#panels.map(([id, label, panel]) =>
        h(
          "div",
          {
            class: "panel",
            id: `panel-${id}`,
            role: "tabpanel",
            "aria-labelledby": `tab-${id}`,
            "aria-label": label,
          },
          panel.node,
        ),
      ),
    );
    this.#show(this.#shown);
    if (localStorage.getItem(OPEN) === "yes" && window.innerWidth > 1100) this.toggle(true, false);
  }

  toggle(on = this.#node.hidden, focus = true) {
    this.#node.hidden = !on;
    byId("drawer-button")?.setAttribute("aria-expanded", String(on));
    localStorage.setItem(OPEN, on ? "yes" : "no");
    if (on) this.#show(this.#shown);
    if (focus) (on ? byId(`tab-${this.#shown}`) : byId("drawer-button"))?.focus();
  }

  #tabs() {
    return h(
      "div",
      { class: "tabs", role: "tablist", "aria-label": "Under the hood", onkeydown: (event) => this.#walk(event) },
      this.#panels.map(([id, label]) =>
        h(
          "button",
          {
            type: "button",
            role: "tab",
            id: `tab-${id}`,
            "aria-controls": `panel-${id}`,
            onclick: () => this.#show(id),
          },
          label,
        ),
      ),
    );
  }

  #walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const ids = this.#panels.map(([id]) => id);
    this.#show(ids[(ids.indexOf(this.#shown) + step + ids.length) % ids.length]);
    byId(`tab-${this.#shown}`).focus();
  }

  #show(shown) {
    this.#shown = shown;
    for (const [id, , panel] of this.#panels) {
      const tab = this.#node.querySelector(`#tab-${id}`);
      tab.setAttribute("aria-selected", String(id === shown));
      tab.tabIndex = id === shown ? 0 : -1;
      this.#node.querySelector(`#panel-${id}`).hidden = id !== shown;
      if (id === shown && !this.#node.hidden) panel.show();
    }
  }
}
