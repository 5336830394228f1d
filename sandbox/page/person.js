// Names, colours and avatars of people and chats.

import { h } from "./element.js";
import { store } from "./store.js";

const COLOURS = 7;

export const fullName = (user) => [user.first_name, user.last_name].filter(Boolean).join(" ") || user.username || "?";

/** A chat as I see it: my private chat carries the bot's name, as in every client. */
export function chatTitle(chat) {
  if (chat.type === "private") return store.bot ? fullName(store.bot.user) : "Bot";
  return chat.title ?? chat.username ?? String(chat.id);
}

/** Who a message is from: a person, a bot, or the chat itself (channels, anonymous admins). */
export function author(message) {
  const chat = message.sender_chat;
  if (chat) return { id: chat.id, name: chat.title ?? fullName(chat), isBot: false };
  const user = message.from ?? { id: 0, first_name: "Deleted account" };
  return { id: user.id, name: fullName(user), isBot: user.is_bot === true };
}

export const isMine = (message) => !message.sender_chat && message.from?.id === store.me?.id;

/** What a sender is besides a member: "admin", "bot" or null. */
export function roleOf(chat, who) {
  if (chat?.type !== "channel" && chat?.admins?.includes(who.id)) return "admin";
  return who.isBot ? "bot" : null;
}

/** Topics that have a tab of their own; General is the rest. */
export const topicsOf = (chat) => (chat?.topics ?? []).filter((topic) => topic.message_thread_id > 1);

/** Whether I may edit it: my own, or the channel's where I am an administrator. */
export function isEditable(message) {
  const chat = store.chats.get(message.chat.id);
  return (
    isMine(message) ||
    (chat?.type === "channel" && message.sender_chat?.id === chat.id && chat.admins.includes(store.me?.id))
  );
}

/** One of seven colours, the same for a person everywhere. */
export const colourClass = (id) => `peer-${Math.abs(Number(id)) % COLOURS}`;

/** The initials of a name, by whole characters (a flag or an emoji is one). */
export function initials(name) {
  const words = name.split(/\s+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => [...word][0].toLocaleUpperCase()).join("") || "?";
}

export function avatar(id, name, size = "") {
  return h("span", { class: `avatar ${colourClass(id)} ${size}`, "aria-hidden": "true" }, initials(name));
}

export function chatAvatar(chat) {
  const id = chat.type === "private" && store.bot ? store.bot.user.id : chat.id;
  return avatar(id, chatTitle(chat));
}
