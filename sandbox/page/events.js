// The live stream. EventSource resumes with Last-Event-ID by itself; after every re-open the page also re-reads
// what it shows, because a restarted sandbox knows nothing of the ids of its earlier life.

import { api } from "./api.js";
import { loadAnew, loadChats, loadLatest } from "./loading.js";
import { store } from "./store.js";

const ACTION_LASTS_MS = 5000; // Bot API sendChatAction: "The status is set for 5 seconds or less"
const RETRY_MS = 1000;
const timers = new Map();
let wasOpen = false;

const handlers = {
  message: (message) => {
    if (message.from?.is_bot) clearAction(message.chat.id);
    if (store.upsert(message)) store.emit("arrived", message);
  },
  edit: (message) => store.upsert(message),
  delete: ({ chat_id, message_ids }) => store.remove(chat_id, message_ids),
  action: showAction,
  chat: (chat) => store.upsertChat(chat),
  reset: () => void loadAnew(),
  call: (call) => store.addCall(call),
  reaction: ({ chat_id, message_id, reactions }) => store.setReactions(chat_id, message_id, reactions),
};

/** Opens the stream; fulfilled once it is open, so that what is read after that misses nothing. */
export const listen = () => new Promise(connect);

function connect(opened) {
  const source = new EventSource("/api/events");
  source.addEventListener("open", () => {
    store.setOnline(true);
    if (wasOpen) void catchUp();
    wasOpen = true;
    opened();
  });
  source.addEventListener("error", () => {
    store.setOnline(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(opened), RETRY_MS);
  });
  for (const [name, handler] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
  }
}

/** Re-read everything on show, so that nothing sent, edited or deleted during the gap is missed. */
async function catchUp() {
  await loadChats();
  for (const chatId of store.messages.keys()) {
    if (store.chats.has(chatId)) await loadLatest(chatId, { whole: true });
  }
  store.calls.length = 0; // a restarted sandbox counts from one again
  for (const call of await api.calls()) store.addCall(call);
}

function showAction({ chat_id, message_thread_id, action, user }) {
  clearTimeout(timers.get(chat_id));
  timers.set(
    chat_id,
    setTimeout(() => clearAction(chat_id), ACTION_LASTS_MS),
  );
  store.setAction(chat_id, { action, user, topicId: message_thread_id ?? null });
}

function clearAction(chatId) {
  clearTimeout(timers.get(chatId));
  if (store.actions.has(chatId)) store.setAction(chatId, null);
}
