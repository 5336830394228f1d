// What stands where there are no messages yet.

import { h } from "./element.js";
import { chatTitle } from "./person.js";
import { store } from "./store.js";

export function emptyCard() {
  const { chat, me } = store;
  if (!me) {
    return card(
      "Nobody is here yet",
      "This Telegram is empty. Be its first person.",
      h("button", { type: "button", class: "button primary", onclick: () => store.emit("new-person") }, "New person"),
    );
  }
  if (store.chatId === null) return card("Local Telegram", "Choose a chat to begin.");
  if (!chat || chat.type === "private") {
    return card(
      `Talk to ${chatTitle({ type: "private" })}`,
      "Press Start, or just send something.",
      h("button", { type: "button", class: "button primary", onclick: () => store.emit("command", "/start") }, "Start"),
    );
  }
  return card("No messages here yet", "Write something, or drop a picture here.");
}

function card(title, text, ...more) {
  return h("div", { class: "empty" }, h("div", { class: "card" }, h("h2", {}, title), h("p", {}, text)), more);
}
