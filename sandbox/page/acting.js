// "The bot is sending a photo…": chat actions, in the conversation and under the chat's name.

import { h } from "./element.js";
import { fullName } from "./person.js";
import { store } from "./store.js";

const WORDS = {
  typing: "is typing",
  upload_photo: "is sending a photo",
  upload_document: "is sending a file",
  upload_video: "is sending a video",
  record_voice: "is recording a voice message",
  upload_voice: "is sending a voice message",
  choose_sticker: "is choosing a sticker",
  find_location: "is finding a place",
};

let row = null;
let shown = null;

/** "Chatlens is typing", or null where nothing is going on in this chat (and topic). */
export function actingText(chatId, topicId = null) {
  const acting = store.actions.get(chatId);
  if (!acting || (topicId !== null && (acting.topicId ?? 0) !== topicId)) return null;
  return `${fullName(acting.user)} ${WORDS[acting.action] ?? "is busy"}`;
}

/** The three dots at the end of the conversation; the same node while the action lasts. */
export function actingRow() {
  const text = actingText(store.chatId, store.topicId);
  if (text === null) row = null;
  else if (text !== shown || row === null) {
    row = h(
      "div",
      { class: "acting-row" },
      h("div", { class: "bubble" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), text),
    );
  }
  shown = text;
  return row;
}
