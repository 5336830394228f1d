// What stands where there are no messages yet.

import { h } from "./element.js";
import { chatTitle } from "./person.js";
import { store } from "./store.js";

export function emptyCard() {
  const { chat } = store;
  if (!chat) return card("Local Telegram", "Choose a chat to begin.");
  if (chat.type === "private") {
    return card(`Talk to ${chatTitle(chat)}`, "Say /start, ask for a picture in words, or send one.",
      h("button", { type: "button", class: "button primary", onclick: () => store.emit("command", "/start") }, "Start"));
  }
  return card("No messages here yet", "Write something, or drop a picture here.");
}

function card(title, text, ...more) {
  return h("div", { class: "empty" }, h("div", { class: "card" }, h("h2", {}, title), h("p", {}, text)), more);
}
