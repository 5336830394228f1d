// Short answers that come and go, and the alert a bot may ask for instead.

import { byId, h } from "./element.js";

const SHOWN_MS = 4500;

/** Say something at the bottom; kind "error" stays longer and is marked. */
export function toast(text, kind = "") {
  const node = h("div", { class: `toast ${kind}` }, text);
  byId("toasts").append(node);
  setTimeout(() => node.remove(), kind === "error" ? SHOWN_MS * 2 : SHOWN_MS);
}

/** A box that must be closed: answerCallbackQuery with show_alert. */
export function alertBox(text) {
  const box = dialog(
    "alert",
    h("p", { class: "alert-text" }, text),
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { type: "button", class: "button", onclick: () => box.close() }, "OK"),
    ),
  );
  box.setAttribute("aria-label", "Message from the bot");
  box.showModal();
}

/** A modal box that removes itself when closed; a press beside it closes it. */
export function dialog(name, ...children) {
  const box = h(
    "dialog",
    {
      class: name,
      onclose: () => box.remove(),
      onclick: (event) => {
        if (event.target === box) box.close();
      },
    },
    h("div", { class: "dialog-body" }, children),
  );
  document.body.append(box);
  return box;
}

/** Tell screen readers, and nobody else. */
export function announce(text) {
  byId("announcer").textContent = text;
}
