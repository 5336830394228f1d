// Reads from the server into the store: the start, the newest messages of a chat, and older ones on the way up.

import { api } from "./api.js";
import { store } from "./store.js";

const PAGE = 120;
const loadingOlder = new Set();
const entered = new Set();

/** The newest messages of a chat that is opened for the first time; from then on the stream keeps it. */
export async function enter(chatId) {
  if (!store.chats.has(chatId) || entered.has(chatId)) return;
  entered.add(chatId);
  await loadLatest(chatId);
}

/** What the list of chats says of chats that nobody has opened yet. */
export async function loadPreviews() {
  const unseen = [...store.chats.keys()].filter((chatId) => !entered.has(chatId));
  await Promise.all(unseen.map((chatId) => loadLatest(chatId, { preview: true })));
}

/** Another sandbox answers now, or this one long after: nothing known is worth keeping. */
export async function loadAnew() {
  entered.clear();
  store.forget();
  await Promise.all([loadPeople(), loadChats()]);
  store.setMe(store.me?.id);
  await enter(store.chatId);
  await loadPreviews();
}

export async function loadPeople() {
  const [users, bot] = await Promise.all([api.users(), api.bot()]);
  store.setPeople(users, bot);
}

export async function loadChats() {
  store.setChats(await api.chats());
}

/** The newest page of a chat (`preview`: its last message); with `whole`, everything from the oldest one known. */
export async function loadLatest(chatId, { whole = false, preview = false } = {}) {
  const since = store.moment();
  const first = store.list(chatId)[0]?.message_id;
  const limit = preview ? 1 : PAGE;
  const list = await api.messages(chatId, whole && first !== undefined ? { after: first - 1 } : { limit });
  if (!whole && list.length < limit) store.reachedStart.add(chatId);
  store.mergeSnapshot(chatId, list, since, whole);
}

/** One page further up; false where the chat's first message is already here. */
export async function loadOlder(chatId) {
  if (store.reachedStart.has(chatId) || loadingOlder.has(chatId)) return false;
  const first = store.list(chatId)[0]?.message_id;
  if (first === undefined) return false;
  loadingOlder.add(chatId);
  try {
    const since = store.moment();
    const list = await api.messages(chatId, { before: first, limit: PAGE });
    const older = list.filter((message) => message.message_id < first);
    if (older.length < PAGE) store.reachedStart.add(chatId);
    store.mergeSnapshot(chatId, older, since);
    return older.length > 0;
  } finally {
    loadingOlder.delete(chatId);
  }
}

/** Read upwards until a message is here; false where it no longer exists. */
export async function loadUpTo(chatId, messageId) {
  while (!store.message(chatId, messageId)) {
    const first = store.list(chatId)[0]?.message_id ?? 0;
    if (first < messageId || !(await loadOlder(chatId))) return false;
  }
  return true;
}
