// What the page knows, in one place. Every change goes through a method here and announces itself by name;
// views subscribe and draw. Merging is idempotent, so replayed events and snapshots never make duplicates.

const RECENT = 200;

class Store extends EventTarget {
  users = new Map();
  chats = new Map();
  messages = new Map();
  reachedStart = new Set();
  unread = new Map();
  actions = new Map();
  reactions = new Map();
  calls = [];
  bot = null;
  me = null;
  chatId = null;
  topicId = null;
  online = true;
  #stamp = 0;
  #touched = new Map();
  #sorted = new Map();

  on(names, listener) {
    for (const name of names.split(" ")) this.addEventListener(name, (event) => listener(event.detail));
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  get chat() {
    return this.chats.get(this.chatId) ?? null;
  }

  setPeople(users, bot) {
    this.users = new Map(users.filter((user) => !user.is_bot).map((user) => [user.id, user]));
    this.bot = bot;
    this.emit("people");
  }

  setChats(chats) {
    this.chats = new Map(chats.map((chat) => [chat.id, chat]));
    this.emit("chats");
  }

  /** A chat appeared or changed: its name, members, topics. One that became a supergroup lives on there. */
  upsertChat(chat) {
    this.chats.set(chat.id, chat);
    this.emit("chats");
    if (chat.migrated_to !== undefined && this.chatId === chat.id) this.open(chat.migrated_to);
  }

  setMe(id) {
    this.me = this.users.get(id) ?? [...this.users.values()][0] ?? null;
    this.emit("me");
  }

  open(chatId, topicId = null) {
    this.chatId = chatId;
    this.topicId = topicId;
    this.unread.delete(chatId);
    this.emit("open");
  }

  /** Marks a moment: a snapshot asked for then may not undo what events brought since. */
  moment() {
    return this.#stamp;
  }

  /** Merge a list read from the server; with `whole`, messages it lacks from its first id on are gone. */
  mergeSnapshot(chatId, list, since, whole = false) {
    const known = this.#of(chatId);
    if (whole) {
      const present = new Set(list.map((message) => message.message_id));
      for (const id of known.keys()) if (!present.has(id) && !this.#changedSince(chatId, id, since)) known.delete(id);
    }
    for (const message of list) {
      const id = message.message_id;
      if (!this.#changedSince(chatId, id, since)) known.set(id, keepIfSame(known.get(id), message));
    }
    this.#changed(chatId);
  }

  upsert(message) {
    const known = this.#of(message.chat.id);
    const isNew = !known.has(message.message_id);
    known.set(message.message_id, message);
    this.#touch(message.chat.id, message.message_id);
    if (isNew) this.#countUnread(message);
    this.#changed(message.chat.id);
    return isNew;
  }

  remove(chatId, ids) {
    for (const id of ids) {
      this.#of(chatId).delete(id);
      this.#touch(chatId, id);
    }
    this.#changed(chatId);
  }

  forget() {
    for (const known of [this.messages, this.reachedStart, this.unread, this.actions, this.reactions, this.#sorted])
      known.clear();
    this.calls.length = 0;
    this.emit("messages", null);
  }

  message(chatId, id) {
    return this.messages.get(chatId)?.get(id) ?? null;
  }

  /** All known messages of a chat, oldest first; sorted once per change. */
  list(chatId) {
    if (!this.#sorted.has(chatId)) {
      this.#sorted.set(
        chatId,
        [...this.#of(chatId).values()].sort((a, b) => a.message_id - b.message_id),
      );
    }
    return this.#sorted.get(chatId);
  }

  addCall(call) {
    const at = this.calls.findIndex((other) => other.id === call.id);
    if (at >= 0) this.calls[at] = call;
    else this.calls.push(call);
    this.calls.sort((a, b) => a.id - b.id);
    if (this.calls.length > RECENT) this.calls.splice(0, this.calls.length - RECENT);
    this.emit("call", call);
  }

  setAction(chatId, action) {
    if (action) this.actions.set(chatId, action);
    else this.actions.delete(chatId);
    this.emit("action", chatId);
  }

  setReactions(chatId, messageId, reactions) {
    this.reactions.set(`${chatId}:${messageId}`, reactions);
    this.emit("messages", chatId);
  }

  setOnline(online) {
    if (online === this.online) return;
    this.online = online;
    this.emit("online");
  }

  #of(chatId) {
    if (!this.messages.has(chatId)) this.messages.set(chatId, new Map());
    return this.messages.get(chatId);
  }

  #touch(chatId, id) {
    this.#touched.set(`${chatId}:${id}`, ++this.#stamp);
  }

  #changedSince(chatId, id, since) {
    return (this.#touched.get(`${chatId}:${id}`) ?? 0) > since;
  }

  #changed(chatId) {
    this.#sorted.delete(chatId);
    this.emit("messages", chatId);
  }

  #countUnread(message) {
    const chatId = message.chat.id;
    if (chatId === this.chatId || message.from?.id === this.me?.id) return;
    this.unread.set(chatId, (this.unread.get(chatId) ?? 0) + 1);
  }
}

/** Keep the old object where nothing changed, so that its drawn bubble (and an open spoiler) stays. */
function keepIfSame(old, fresh) {
  return old && JSON.stringify(old) === JSON.stringify(fresh) ? old : fresh;
}

export const store = new Store();
