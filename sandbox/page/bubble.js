// One bubble: a message, or an album that clients show as one.

import { keyboard } from "./buttons.js";
import { h, iconButton } from "./element.js";
import { formatted } from "./entities.js";
import { follow } from "./link.js";
import { author, colourClass, fullName, isMine, roleOf } from "./person.js";
import { documentOf, pictures } from "./picture.js";
import { quote } from "./quote.js";
import { store } from "./store.js";
import { kindOf, spoken, summary } from "./summary.js";
import { fullDate, timeOf } from "./time.js";

const ONLY_EMOJI =
  /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F|\u200D\p{Extended_Pictographic})*\s?){1,3}$/u;
const ACTIONS = { follow, command: (text) => store.emit("command", text) };

/** `named`: it begins a run in a chat of several people; `topic`: the topic to name, where all are shown together. */
export function bubble(messages, { named, topic }) {
  const message = messages[0];
  const content = [
    named && sender(message),
    topic && topicLabel(topic),
    context(message),
    quote(message),
    ...body(messages),
  ];
  const pictured = messages.every((each) => each.photo);
  const inner = h(
    "div",
    { class: `bubble ${colourClass(author(message).id)}${pictured ? " media-bubble" : ""}` },
    content,
  );
  if (pictured) inner.style.setProperty("--width", inner.querySelector(".media").style.getPropertyValue("--width"));
  return h(
    "article",
    {
      class: "message",
      tabindex: "-1",
      "data-message-id": message.message_id,
      "aria-label": label(messages),
    },
    h("div", { class: "body" }, inner, keyboard(message)),
    side(message),
  );
}

export function serviceLine(message, text) {
  return h(
    "article",
    { class: "service pill", tabindex: "-1", "data-message-id": message.message_id, "aria-label": text },
    text,
  );
}

function label(messages) {
  const [message] = messages;
  const what =
    messages.length > 1
      ? `${author(message).name}: Album of ${messages.length}. ${captionOf(messages)?.caption ?? ""}`
      : spoken(message);
  const replied =
    message.reply_to_message && !message.reply_to_message.forum_topic_created
      ? `, in reply to ${author(message.reply_to_message).name}`
      : "";
  return `${what}${replied}, ${timeOf(message.date)}${message.edit_date ? ", edited" : ""}`;
}

function sender(message) {
  const who = author(message);
  const role = roleOf(store.chats.get(message.chat.id), who);
  return h("div", { class: "sender" }, h("span", {}, who.name), role && h("span", { class: "role" }, role));
}

function topicLabel(topic) {
  return h(
    "button",
    {
      type: "button",
      class: "topic-label text-button",
      tabindex: "-1",
      "data-key": "topic",
      onclick: () => store.open(store.chatId, topic.message_thread_id),
    },
    topic.name,
  );
}

function context(message) {
  const origin = message.forward_origin;
  if (origin) {
    const from = origin.sender_user
      ? fullName(origin.sender_user)
      : (origin.sender_user_name ?? (origin.chat ?? origin.sender_chat)?.title ?? "someone");
    return h("div", { class: "context" }, `Forwarded from ${from}`);
  }
  return message.via_bot ? h("div", { class: "context" }, `via @${message.via_bot.username}`) : null;
}

function body(messages) {
  const [message] = messages;
  if (messages.every((each) => each.photo)) {
    const captioned = captionOf(messages);
    if (!captioned) return [pictures(messages), meta(message, "over"), reactions(message)];
    const parts = [pictures(messages), words(captioned)];
    return captioned.show_caption_above_media ? parts.reverse() : parts;
  }
  if (message.document) {
    return messages.flatMap((each, i) => [
      documentOf(each),
      each.caption ? words(each) : i === messages.length - 1 && h("div", { class: "meta-line" }, meta(each)),
    ]);
  }
  return [words(message)];
}

/** Clients show an album's caption only where exactly one of its items has one. */
function captionOf(messages) {
  const captioned = messages.filter((message) => message.caption);
  return captioned.length === 1 ? captioned[0] : null;
}

function words(message) {
  const text = message.text ?? message.caption ?? `${summary(message)} (not shown here)`;
  const emoji = !kindOf(message) && ONLY_EMOJI.test(text) ? " emoji" : "";
  return h(
    "div",
    { class: `text${emoji}`, dir: "auto" },
    formatted(text, message.entities ?? message.caption_entities, ACTIONS),
    meta(message),
    reactions(message),
  );
}

function meta(message, place = "") {
  return h(
    "span",
    { class: `meta ${place}`, title: fullDate(message.date) },
    message.edit_date && h("span", {}, "edited"),
    h("time", { datetime: new Date(message.date * 1000).toISOString() }, timeOf(message.date)),
  );
}

function reactions(message) {
  const given = store.reactions.get(`${message.chat.id}:${message.message_id}`);
  if (!given?.length) return null;
  const counts = new Map();
  for (const { emoji = "★" } of given) counts.set(emoji, (counts.get(emoji) ?? 0) + 1);
  return h(
    "div",
    { class: "reactions", role: "group", "aria-label": "Reactions" },
    [...counts].map(([emoji, count]) =>
      h("span", {}, h("i", { class: "emoji-glyph" }, emoji), count > 1 && ` ${count}`),
    ),
  );
}

function side(message) {
  const label = isMine(message) ? "More about your message" : "More about this message";
  return iconButton(
    "more",
    label,
    (event) => {
      store.emit("menu", { message, at: event.currentTarget });
    },
    { class: "icon-button side", "aria-haspopup": "menu", "data-key": "more", tabindex: "-1" },
  );
}
