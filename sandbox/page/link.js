// Links into this Telegram. t.me addresses of chats that live here open here; all others are the browser's.

import { store } from "./store.js";

const MESSAGE = /^https?:\/\/t\.me\/(?:c\/(\d+)|([A-Za-z]\w{3,31}))(?:\/(\d+))?\/(\d+)\/?(?:\?.*)?$/;
const BOT = /^https?:\/\/t\.me\/([A-Za-z]\w{3,31})\/?(?:\?start=([\w-]*))?$/;

/** Follow a link here; false (and the event left alone) where it leads elsewhere. */
export function follow(url, event) {
  const message = MESSAGE.exec(url);
  const chat = message && chatOf(message[1], message[2]);
  const start = BOT.exec(url);
  if (chat) store.emit("jump", { chatId: chat.id, messageId: Number(message[4]) });
  else if (start && start[1].toLowerCase() === store.bot?.user.username?.toLowerCase())
    store.emit("start", start[2] ?? "");
  else return false;
  event?.preventDefault();
  return true;
}

/** Private supergroups are linked without the -100 in front of their id. */
function chatOf(bare, username) {
  if (bare) return store.chats.get(Number(`-100${bare}`)) ?? null;
  const wanted = username.toLowerCase();
  return [...store.chats.values()].find((chat) => chat.username?.toLowerCase() === wanted) ?? null;
}
