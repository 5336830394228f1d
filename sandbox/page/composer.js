// Where messages are written: the text, what it answers or edits, and a draft for every chat and topic.

import { attempt, say } from "./actions.js";
import { api } from "./api.js";
import { pickFiles } from "./attachments.js";
import { byId, h, icon, iconButton } from "./element.js";
import { Hints } from "./hints.js";
import { InlineResults } from "./inline.js";
import { author, colourClass, isEditable } from "./person.js";
import { quoteBody } from "./quote.js";
import { store } from "./store.js";
import { kindOf } from "./summary.js";

const TALLEST = 200;

export class Composer {
  #node = byId("composer");
  #text = h("textarea", {
    id: "composer-text",
    rows: "1",
    "aria-label": "Message",
    autocomplete: "off",
    dir: "auto",
    enterkeyhint: "send",
  });
  #bar = h("div", { class: "composer-bar", hidden: true });
  #send = iconButton("send", "Send", () => void this.#submit(), { class: "icon-button send" });
  #drafts = new Map();
  #key = null;
  #target = null; // {kind: "reply" | "edit", message}
  #hints = new Hints(this.#text, (text) => void this.#sendNow(text));
  #inline = new InlineResults(this.#text, () => this.#clear());

  constructor() {
    store.on("open me", () => this.#enter());
    store.on("chats people", () => this.#showState());
    store.on("reply", (message) => this.#aim("reply", message));
    store.on("edit", (message) => this.#aim("edit", message));
    store.on("compose", (text) => this.fill(text));
    store.on("messages", () => this.#dropGoneTarget());
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** The text on show and what it answers, as an attachment's caption takes them over. */
  get state() {
    return { text: this.#text.value, replyTo: this.#target?.kind === "reply" ? this.#target.message.message_id : null };
  }

  fill(text) {
    this.#text.value = text;
    this.#text.focus();
    this.#changed();
  }

  clear() {
    this.#clear();
  }

  #enter() {
    if (this.#key !== null) this.#drafts.set(this.#key, { text: this.#text.value, target: this.#target });
    this.#key = `${store.me?.id} ${store.chatId} ${store.topicId}`;
    const draft = this.#drafts.get(this.#key) ?? { text: "", target: null };
    this.#text.value = draft.text;
    this.#target = draft.target;
    this.#showState();
    this.#changed();
  }

  #showState() {
    this.#node.hidden = !store.me || store.chatId === null;
    const row = this.#joinRow() ?? this.#writeRow();
    if (!this.#node.contains(row)) this.#node.replaceChildren(row);
    const { chat } = store;
    this.#text.placeholder =
      chat?.type === "channel" ? "Broadcast a message" : `Message as ${store.me?.first_name ?? "…"}`;
    this.#showBar();
  }

  #row = null;
  #writeRow() {
    this.#row ??= h(
      "div",
      { class: "composer-inner" },
      this.#inline.node,
      this.#hints.node,
      this.#bar,
      h(
        "div",
        { class: "composer-row" },
        iconButton("attach", "Attach pictures or files", () => pickFiles()),
        this.#text,
        this.#send,
      ),
    );
    return this.#row;
  }

  /** Someone who is not in the group is offered to join it, instead of an error after typing. */
  #joinRow() {
    const { chat, me } = store;
    if (!chat?.members || !me || chat.type === "private") return null;
    if (!chat.members.includes(me.id)) {
      return h(
        "div",
        { class: "composer-inner join" },
        h(
          "button",
          {
            type: "button",
            class: "button",
            onclick: () => void this.#join(chat.id, me.id),
          },
          icon("plus"),
          `Join as ${me.first_name}`,
        ),
      );
    }
    if (chat.type === "channel" && !chat.admins.includes(me.id)) {
      return h("p", { class: "composer-inner join note" }, "Only the channel's administrators can post here.");
    }
    return null;
  }

  async #join(chatId, userId) {
    await attempt(() => api.setMember(chatId, { user_id: userId, status: "member" }));
  }

  #aim(kind, message) {
    if (kind === "edit" && !(isEditable(message) && (message.text !== undefined || kindOf(message)))) return;
    this.#target = { kind, message };
    if (kind === "edit") this.#text.value = message.text ?? message.caption ?? "";
    this.#showBar();
    this.#changed();
    this.#text.focus();
  }

  #showBar() {
    this.#bar.hidden = this.#target === null;
    this.#send.setAttribute("aria-label", this.#target?.kind === "edit" ? "Save" : "Send");
    this.#send.title = this.#send.getAttribute("aria-label");
    this.#send.replaceChildren(icon(this.#target?.kind === "edit" ? "check" : "send"));
    if (!this.#target) return;
    const { kind, message } = this.#target;
    this.#bar.replaceChildren(
      icon(kind),
      h("div", { class: `quote ${colourClass(author(message).id)}` }, quoteBody(message)),
      iconButton("close", kind === "edit" ? "Stop editing" : "Do not reply", () => this.#cancel()),
    );
  }

  #cancel() {
    if (this.#target?.kind === "edit") this.#text.value = "";
    this.#target = null;
    this.#showBar();
    this.#changed();
    this.#text.focus();
  }

  #dropGoneTarget() {
    const message = this.#target?.message;
    if (message && !store.message(message.chat.id, message.message_id)) this.#cancel();
  }

  #clear() {
    this.#text.value = "";
    this.#target = null;
    this.#showBar();
    this.#changed();
  }

  #changed() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${Math.min(TALLEST, this.#text.scrollHeight)}px`;
    this.#send.disabled = this.#text.value.trim() === "" && !this.#target?.message.photo;
    this.#hints.update(this.#target?.kind === "edit" ? "" : this.#text.value);
    this.#inline.update(this.#target?.kind === "edit" ? "" : this.#text.value);
  }

  #pressed(event) {
    if (event.isComposing || this.#hints.pressed(event) || this.#inline.pressed(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void this.#submit();
    } else if (event.key === "Escape" && this.#target) {
      this.#cancel();
    } else if (event.key === "ArrowUp" && this.#text.value === "" && !this.#target) {
      const own = store.list(store.chatId).findLast((message) => isEditable(message) && message.text !== undefined);
      if (own) this.#aim("edit", own);
      event.preventDefault();
    }
  }

  async #submit() {
    const text = this.#text.value.trim();
    if (this.#target?.kind === "edit") return this.#save(this.#target.message, text);
    return text === "" ? undefined : this.#sendNow(text);
  }

  /** The text leaves the box at once and comes back if it could not be sent. */
  async #sendNow(text) {
    const { replyTo } = this.state;
    const target = this.#target;
    this.#clear();
    this.#send.setAttribute("aria-busy", "true");
    const sent = await say(store.chatId, text, { reply_to_message_id: replyTo });
    this.#send.removeAttribute("aria-busy");
    if (sent || this.#text.value !== "") return;
    this.#target = target;
    this.#showBar();
    this.fill(text);
  }

  async #save(message, text) {
    const field = message.text === undefined ? "caption" : "text";
    if (text === (message[field] ?? "")) return this.#cancel();
    const fields = { user_id: store.me.id, [field]: text };
    if (await attempt(() => api.edit(message.chat.id, message.message_id, fields))) this.#cancel();
    return undefined;
  }
}
