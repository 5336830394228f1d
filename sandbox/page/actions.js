// What can be done to a message: the menu over it, and the deeds that are not the composer's.

import { ApiError, api } from "./api.js";
import { botKnows } from "./commands.js";
import { byId, h } from "./element.js";
import { openMenu } from "./menu.js";
import { isEditable } from "./person.js";
import { store } from "./store.js";
import { kindOf } from "./summary.js";
import { dialog, toast } from "./toast.js";

export function startActions() {
  store.on("menu", ({ message, at }) => openMenu(at, itemsFor(message), "Message"));
  store.on("delete", askDelete);
  store.on("command", (text) => void say(store.chatId, text));
  store.on("start", (payload) => {
    store.open(store.me.id);
    void say(store.me.id, payload ? `/start ${payload}` : "/start");
  });
  byId("timeline").addEventListener("contextmenu", menuAt);
  byId("timeline").addEventListener("click", (event) => {
    if (event.pointerType === "touch" && !event.target.closest("button, a, .spoiler")) menuAt(event); // as on telephones
  });
  byId("timeline").addEventListener("dblclick", (event) => {
    const article = event.target.closest("article.message");
    if (!article || event.target.closest("button, a, .text")) return;
    store.emit("reply", store.message(store.chatId, Number(article.dataset.messageId)));
  });
}

/** The menu of the message (or the picture of an album) under the pointer. */
function menuAt(event) {
  const id = event.target.closest("[data-message-id]")?.dataset.messageId;
  const message = store.message(store.chatId, Number(id));
  if (!message || !window.getSelection().isCollapsed) return;
  event.preventDefault();
  store.emit("menu", { message, at: { x: event.clientX, y: event.clientY } });
}

/** Send a line of text as me, in the topic on show; true where it was sent. */
export async function say(chatId, text, more = {}) {
  return attempt(() =>
    api.send(chatId, { user_id: store.me.id, text, message_thread_id: store.topicId || null, ...more }),
  );
}

/** Do it, or say in a toast why not; true where it was done. */
export async function attempt(deed) {
  try {
    await deed();
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message, "error");
    return false;
  }
}

function itemsFor(message) {
  const words = message.text ?? message.caption;
  const link = linkTo(message);
  const items = [reactionRow(message), { label: "Reply", icon: "reply", action: () => store.emit("reply", message) }];
  if (isEditable(message) && (words !== undefined || kindOf(message))) {
    items.push({
      label: words === undefined ? "Add a caption" : "Edit",
      icon: "edit",
      action: () => store.emit("edit", message),
    });
  }
  if (message.photo) {
    items.push({ label: "Open picture", icon: "eye", action: () => store.emit("lightbox", message) });
    if (botKnows("similar")) items.push({ label: "Find similar", icon: "search", action: () => similar(message) });
  }
  const guarded = message.has_protected_content || store.chats.get(message.chat.id)?.has_protected_content;
  if (words && !guarded) items.push({ label: "Copy text", icon: "copy", action: () => void copy(words) });
  if (link) items.push({ label: "Copy link", icon: "link", action: () => void copy(link) });
  items.push(null, { label: "Delete", icon: "trash", danger: true, action: () => askDelete(message) });
  return items;
}

const EMOJI = ["👍", "❤", "🔥", "😁", "🎉", "😢"];

function reactionRow(message) {
  const path = [message.chat.id, message.message_id];
  return {
    row: "React",
    items: EMOJI.map((emoji) => ({
      label: emoji,
      action: () => void attempt(() => api.react(...path, { user_id: store.me.id, emoji })),
    })),
  };
}

function similar(message) {
  void say(message.chat.id, "/similar", {
    reply_to_message_id: message.message_id,
    message_thread_id: message.is_topic_message ? message.message_thread_id : null,
  });
}

/** The address Telegram gives a message, where it has one (supergroups and channels). */
function linkTo(message) {
  const { chat } = message;
  if (chat.username) return `https://t.me/${chat.username}/${message.message_id}`;
  const bare = /^-100(\d+)$/.exec(String(chat.id));
  return bare ? `https://t.me/c/${bare[1]}/${message.message_id}` : null;
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  toast("Copied");
}

function askDelete(message) {
  const back = document.activeElement;
  const box = dialog(
    "ask",
    h("h2", {}, "Delete this message?"),
    h("p", { class: "note" }, "It goes for everybody. Bots are never told, as in Telegram."),
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { type: "button", class: "button", onclick: () => box.close() }, "Cancel"),
      h(
        "button",
        {
          type: "button",
          class: "button danger",
          autofocus: true,
          onclick: () => {
            box.close();
            void attempt(() => api.remove(message.chat.id, message.message_id, store.me.id));
          },
        },
        "Delete",
      ),
    ),
  );
  box.setAttribute("aria-label", "Delete this message?");
  box.addEventListener("close", () =>
    (back?.isConnected ? back : byId("composer-text"))?.focus({ preventScroll: true }),
  );
  box.showModal();
}
