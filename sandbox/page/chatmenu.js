// What can be done to a chat as a whole: bring the bot in or throw it out, leave, grow into a supergroup.

import { attempt } from "./actions.js";
import { api } from "./api.js";
import { openMenu } from "./menu.js";
import { store } from "./store.js";

const INSIDE = new Set(["creator", "administrator", "member", "restricted"]);

export function openChatMenu(anchor) {
  openMenu(anchor, items(store.chat, store.me), "Chat");
}

function items(chat, me) {
  const inside = INSIDE.has(chat.bot);
  const set = (user_id, status) => () => void attempt(() => api.setMember(chat.id, { user_id, status, by: me.id }));
  if (chat.type === "private") {
    return [
      inside
        ? { label: "Block the bot", icon: "close", danger: true, action: set("bot", "kicked") }
        : { label: "Unblock the bot", icon: "check", action: set("bot", "member") },
    ];
  }
  const list = inside
    ? [
        chat.bot === "administrator"
          ? { label: "Take the bot's rights", icon: "bot", action: set("bot", "member") }
          : { label: "Make the bot administrator", icon: "bot", action: set("bot", "administrator") },
        { label: "Remove the bot", icon: "close", danger: true, action: set("bot", "kicked") },
      ]
    : [{ label: "Add the bot", icon: "bot", action: set("bot", "member") }];
  if (chat.type === "channel") list.splice(0, inside ? 1 : 0);
  if (chat.type === "group")
    list.push({ label: "Make it a supergroup", icon: "jump", action: () => void attempt(() => api.migrate(chat.id)) });
  if (chat.members.includes(me.id))
    list.push(null, { label: "Leave", icon: "back", danger: true, action: set(me.id, "left") });
  return list;
}
