// Reads from the server into the store: the start, the newest messages of a chat, and older ones on the way up.

import { api } from "./api.js";
import { store } from "./store.js";

const PAGE = 120;
const loadingOlder = new Set();

export async function loadStart() {
  const [users, bot] = await Promise.all([api.users(), api.bot()]);
  store.setPeople(users, bot);
  await loadChats();
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
