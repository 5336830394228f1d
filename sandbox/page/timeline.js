// The conversation on show: draws what changed, keeps the reader's place, loads older messages on the way up.

import { bubble, serviceLine } from "./bubble.js";
import { actingRow } from "./acting.js";
import { byId, h, icon, oncePerFrame, place } from "./element.js";
import { emptyCard } from "./empty.js";
import { loadOlder, loadUpTo } from "./loading.js";
import { author, avatar, colourClass, isMine, roleOf, topicsOf } from "./person.js";
import { Range } from "./range.js";
import { settle } from "./roving.js";
import { daysOf } from "./runs.js";
import { store } from "./store.js";
import { spoken } from "./summary.js";
import { dayTitle } from "./time.js";
import { announce, toast } from "./toast.js";

const NEAR_BOTTOM = 60;
const NEAR_TOP = 700;

export class Timeline {
  #node = byId("timeline");
  #button = byId("to-bottom");
  #range = new Range();
  #drawn = new Map();
  #used = new Map();
  #fresh = new Set();
  #stuck = true;
  #missed = 0;

  constructor() {
    const draw = oncePerFrame(() => this.#draw());
    store.on("messages action people chats", draw);
    store.on("open me", () => this.#reset());
    store.on("jump", (to) => void this.#jump(to));
    store.on("arrived", (message) => this.#arrived(message));
    this.#node.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#button.addEventListener("click", () => this.toBottom());
    new ResizeObserver(() => this.#stuck && this.#scrollDown()).observe(this.#node);
    this.#button.append(icon("down"));
    this.#button.setAttribute("aria-label", "Go to the newest message");
  }

  toBottom() {
    this.#range.latest();
    this.#stuck = true;
    this.#missed = 0;
    this.#draw();
  }

  /** The messages of the topic on show, or of the whole chat. */
  #list() {
    const list = store.list(store.chatId);
    if (store.topicId === null) return list;
    if (store.topicId === 0) return list.filter((message) => !message.is_topic_message);
    return list.filter((message) => message.is_topic_message && message.message_thread_id === store.topicId);
  }

  #reset() {
    this.#drawn.clear();
    this.#fresh.clear();
    this.toBottom();
  }

  #draw() {
    const anchor = this.#stuck ? null : this.#anchor();
    const messages = this.#range.slice(this.#list());
    this.#used = new Map();
    const days = daysOf(messages).map((day) => this.#day(day));
    this.#drawn = this.#used;
    const acting = this.#range.live ? actingRow() : null;
    place(
      this.#node,
      [...days, acting, messages.length === 0 && this.#keep("empty", [store.chat, store.me], emptyCard)].filter(
        Boolean,
      ),
    );
    settle(this.#node);
    if (anchor) this.#hold(anchor);
    else this.#scrollDown();
    this.#showButton();
    this.#fill();
  }

  /** A topic may have little among what is known, too little to scroll: look further up until the screen is full. */
  #fill() {
    if (this.#node.clientHeight > 0 && this.#node.scrollTop < NEAR_TOP) void this.#more();
  }

  /** The node drawn before under this key from the same parts, or a new one. */
  #keep(key, parts, make) {
    const old = this.#drawn.get(key);
    const same = old && old.parts.length === parts.length && old.parts.every((part, i) => part === parts[i]);
    const entry = same ? old : { parts, node: make() };
    this.#used.set(key, entry);
    return entry.node;
  }

  #day(day) {
    const title = dayTitle(day.date);
    const node = this.#keep(`day ${day.key}`, [title], () => h("section", { class: "day", "aria-label": title }));
    const heading = this.#keep(`heading ${day.key}`, [title], () => h("span", { class: "pill date" }, title));
    place(node, [heading, ...day.runs.map((run) => this.#run(run))]);
    return node;
  }

  #run(run) {
    const first = run.bubbles[0][0];
    if (run.service) return this.#keep(`service ${first.message_id}`, [first], () => serviceLine(first, run.service));
    const mine = isMine(first);
    const bare = ["private", "channel", undefined].includes(store.chat?.type);
    const { id, name } = run.author;
    const face = `${name}${mine}${bare}`;
    const node = this.#keep(`run ${run.key}`, [face], () =>
      h("div", {
        class: `run ${colourClass(id)}${mine ? " mine" : ""}${bare ? " bare" : ""}`,
      }),
    );
    const list = this.#keep(`list ${run.key}`, [face], () => h("div", { class: "bubbles" }));
    const picture = this.#keep(`face ${run.key}`, [face], () => avatar(id, name, "small"));
    place(
      list,
      run.bubbles.map((messages, i) => this.#bubble(messages, i === 0 && !mine && store.chat?.type !== "private")),
    );
    place(node, mine || bare ? [list] : [picture, list]);
    return node;
  }

  #bubble(messages, named) {
    const [message] = messages;
    const id = message.message_id;
    const topic =
      store.topicId === null && message.is_topic_message
        ? topicsOf(store.chat).find((each) => each.message_thread_id === message.message_thread_id)
        : undefined;
    const role = named ? roleOf(store.chat, author(message)) : null;
    const parts = [...messages, named, topic?.name, role, store.reactions.get(`${store.chatId}:${id}`)];
    return this.#keep(`message ${id}`, parts, () => {
      const node = bubble(messages, { named, topic });
      if (this.#fresh.delete(id)) node.classList.add("arrived");
      return node;
    });
  }

  #anchor() {
    const top = this.#node.getBoundingClientRect().top;
    for (const article of this.#node.querySelectorAll("article")) {
      const box = article.getBoundingClientRect();
      if (box.bottom > top) return { id: article.dataset.messageId, top: box.top };
    }
    return null;
  }

  #hold({ id, top }) {
    const moved = (this.#article(id)?.getBoundingClientRect().top ?? top) - top;
    if (Math.abs(moved) >= 1) this.#node.scrollTop += moved; // browsers round it: less would add up to a drift
  }

  #article(id) {
    return this.#node
      .querySelector(`article[data-message-id="${id}"], .cell[data-message-id="${id}"]`)
      ?.closest("article");
  }

  #scrollDown() {
    this.#node.scrollTop = this.#node.scrollHeight;
  }

  #scrolled() {
    const below = this.#node.scrollHeight - this.#node.scrollTop - this.#node.clientHeight;
    this.#stuck = below < NEAR_BOTTOM && this.#range.live;
    if (this.#stuck) this.#missed = 0;
    else this.#range.pin(this.#list());
    this.#fill();
    if (below < NEAR_TOP && this.#range.down(this.#list())) this.#draw();
    this.#showButton();
  }

  async #more() {
    if (this.#range.up(this.#list())) return this.#draw();
    if (await loadOlder(store.chatId)) this.#range.up(this.#list());
    return undefined;
  }

  #showButton() {
    this.#button.hidden = this.#stuck;
    this.#button.querySelector(".count")?.remove();
    if (this.#missed > 0) this.#button.append(h("span", { class: "count" }, String(this.#missed)));
  }

  #arrived(message) {
    if (message.chat.id !== store.chatId) return;
    this.#fresh.add(message.message_id);
    if (isMine(message)) return this.toBottom();
    if (!this.#stuck) this.#missed += 1;
    announce(spoken(message));
    return undefined;
  }

  async #jump({ chatId, messageId }) {
    if (chatId !== store.chatId) store.open(chatId);
    if (!(await loadUpTo(chatId, messageId))) return toast("That message is no longer here.");
    if (!this.#list().includes(store.message(chatId, messageId))) store.open(chatId);
    this.#range.around(this.#list(), messageId);
    this.#stuck = false;
    this.#draw();
    const article = this.#article(messageId);
    article.scrollIntoView({ block: "center" });
    article.focus({ preventScroll: true });
    article.classList.add("flash");
    article.addEventListener("animationend", () => article.classList.remove("flash"), { once: true });
    return undefined;
  }
}
