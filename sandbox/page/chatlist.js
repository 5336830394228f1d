// The list of chats: newest first, what was said last, how much is unread.

import { actingText } from "./acting.js";
import { byId, h, icon, oncePerFrame, place } from "./element.js";
import { author, chatAvatar, chatTitle, isMine } from "./person.js";
import { serviceText } from "./service.js";
import { store } from "./store.js";
import { summary, thumbnailUrl } from "./summary.js";
import { listDate } from "./time.js";

const drawn = new Map();

export function startChatList() {
  const draw = oncePerFrame(drawList);
  store.on("chats messages action open me people", draw);
  byId("chat-filter").addEventListener("input", draw);
  byId("chat-list").addEventListener("keydown", walk);
}

/** Chats that I can see: every group and channel, and of the private ones only mine (there even before /start). */
export function visibleChats() {
  const { me } = store;
  const chats = [...store.chats.values()].filter(
    (chat) => chat.migrated_to === undefined && (chat.type !== "private" || chat.id === me?.id),
  );
  if (me && !store.chats.has(me.id)) chats.push({ id: me.id, type: "private", first_name: me.first_name });
  return chats;
}

function drawList() {
  const wanted = byId("chat-filter").value.trim().toLocaleLowerCase();
  const rows = visibleChats()
    .filter((chat) => chatTitle(chat).toLocaleLowerCase().includes(wanted))
    .map((chat) => ({ chat, last: store.list(chat.id).at(-1) }))
    .sort((a, b) => (b.last?.date ?? 0) - (a.last?.date ?? 0));
  place(
    byId("chat-list"),
    rows.length ? rows.map(({ chat, last }) => row(chat, last)) : [h("li", { class: "note pad" }, "No such chat.")],
  );
}

/** The item stays the same node, so the focus does; its inside is drawn anew where something differs. */
function row(chat, last) {
  const current = chat.id === store.chatId;
  const acting = actingText(chat.id);
  const unread = store.unread.get(chat.id) ?? 0;
  const parts = JSON.stringify([
    chatTitle(chat),
    current,
    acting,
    unread,
    store.me?.id,
    last && [last.message_id, last.edit_date, last.text],
  ]);
  const known = drawn.get(chat.id);
  if (known?.parts === parts) return known.item;
  const button =
    known?.item.firstChild ?? h("button", { type: "button", class: "chat-row", onclick: () => store.open(chat.id) });
  button.replaceChildren(
    chatAvatar(chat),
    h("span", { class: "name" }, kindIcon(chat), chatTitle(chat)),
    last ? h("span", { class: "when" }, listDate(last.date)) : "",
    acting ? h("span", { class: "preview acting" }, h("span", {}, `${acting}…`)) : preview(chat, last),
    unread ? h("span", { class: "badge" }, String(unread), h("span", { class: "sr-only" }, " unread")) : "",
  );
  button.setAttribute("aria-current", String(current));
  const item = known?.item ?? h("li", {}, button);
  drawn.set(chat.id, { parts, item });
  return item;
}

function kindIcon(chat) {
  if (chat.type === "private") return icon("bot");
  if (chat.is_forum) return icon("topic");
  return chat.type === "channel" ? icon("channel") : null;
}

function preview(chat, last) {
  if (!last) return h("span", { class: "preview" }, h("span", {}, "No messages yet"));
  const captioned = (message) => message.media_group_id === last.media_group_id && message.caption;
  const words = last.media_group_id ? store.list(chat.id).findLast(captioned)?.caption : last.caption;
  const thumbnail = last.has_media_spoiler ? null : thumbnailUrl(last);
  const alone = chat.type === "private" || chat.type === "channel" || serviceText(last) !== null;
  const who = isMine(last) ? "You: " : alone ? "" : `${author(last).name}: `;
  return h(
    "span",
    { class: "preview" },
    thumbnail && h("img", { src: thumbnail, alt: "", width: 18, height: 18 }),
    h("span", {}, `${serviceText(last) ? "" : who}${(thumbnail && words) || summary(last)}`),
  );
}

function walk(event) {
  const rows = [...byId("chat-list").querySelectorAll(".chat-row")];
  const at = rows.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (next === undefined) return;
  rows[Math.max(0, Math.min(rows.length - 1, next))].focus();
  event.preventDefault();
}
