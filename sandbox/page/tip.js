// The first thing to try, for somebody who has never been here; gone for good once they have.

import { botKnows } from "./commands.js";
import { byId, h, iconButton, oncePerFrame } from "./element.js";
import { isMine } from "./person.js";
import { store } from "./store.js";

const EXAMPLES = ["/search pizza", "/search red car", "/search something to drink"];
const DONE = "tip-done";

export function startTip() {
  const draw = oncePerFrame(drawTip);
  store.on("people chats open me", draw);
  store.on("arrived", (message) => {
    if (isMine(message) && message.text?.startsWith("/")) finish();
  });
}

function drawTip() {
  const tip = byId("tip");
  const { chat } = store;
  tip.hidden = localStorage.getItem(DONE) !== null || !store.bot || !chat || chat.type === "channel";
  if (tip.hidden || tip.dataset.search === String(botKnows("search"))) return;
  tip.dataset.search = String(botKnows("search"));
  tip.replaceChildren(
    ...(botKnows("search") ? examples() : [h("span", {}, "New here? Type / to see what the bot can do.")]),
    iconButton("close", "Do not show again", finish),
  );
}

function examples() {
  return [
    h("span", {}, "New here? Try"),
    ...EXAMPLES.map((text) =>
      h(
        "button",
        {
          type: "button",
          class: "chip",
          onclick: () => store.emit("command", text),
        },
        text,
      ),
    ),
  ];
}

function finish() {
  localStorage.setItem(DONE, "yes");
  byId("tip").hidden = true;
}
