// How this Telegram behaves as a whole: privacy mode, flood limits, and where the bot is.

import { attempt } from "./actions.js";
import { api } from "./api.js";
import { h } from "./element.js";
import { loadPeople } from "./loading.js";
import { fullName } from "./person.js";
import { store } from "./store.js";

export class SettingsPanel {
  #privacy = toggle(
    "Privacy mode",
    "In groups the bot sees only commands and replies to itself. A change reaches a group when the bot is added to it anew, or is an administrator there.",
    (on) => api.changeBot({ can_read_all_group_messages: !on }),
  );
  #flood = toggle(
    "Flood limits",
    "About 1 message a second in a chat, 20 a minute in a group, 30 a second in all; above that Telegram answers 429.",
    (on) => api.changeSettings({ flood_limits: on }),
  );
  #bot = h("div", { class: "bot-card" });

  node = h("div", { class: "settings-panel" }, this.#bot, this.#privacy.node, this.#flood.node);

  constructor() {
    store.on("people open chats", () => this.#drawBot());
  }

  show() {
    void attempt(async () => {
      const [settings] = await Promise.all([api.settings(), loadPeople()]);
      this.#flood.set(settings.flood_limits);
      this.#privacy.set(!store.bot.can_read_all_group_messages);
    });
  }

  #drawBot() {
    const { bot } = store;
    if (!bot) return;
    this.#bot.replaceChildren(
      h("strong", {}, fullName(bot.user)),
      h("span", { class: "note" }, `@${bot.user.username}`),
      bot.token
        ? h(
            "label",
            { class: "labelled" },
            h("span", {}, "Token"),
            h("input", { class: "field token", readonly: true, value: bot.token }),
          )
        : "",
      h(
        "label",
        { class: "labelled" },
        h("span", {}, "Bot API server"),
        h("input", { class: "field token", readonly: true, value: location.origin }),
      ),
    );
  }
}

/** A switch that waits for the server to say how it stands, or its late word would undo an early press. */
function toggle(label, explanation, change) {
  const input = h("input", { type: "checkbox", role: "switch", class: "switch", disabled: true });
  input.addEventListener("change", async () => {
    const wanted = input.checked;
    if (!(await attempt(() => change(wanted)))) input.checked = !wanted;
  });
  const node = h(
    "label",
    { class: "setting" },
    h("span", { class: "lines" }, h("strong", {}, label), h("span", { class: "note" }, explanation)),
    input,
  );
  return {
    node,
    set: (on) => {
      input.checked = Boolean(on);
      input.disabled = false;
    },
  };
}
