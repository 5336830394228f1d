// Inline mode: "@bot words" shows the bot's results over the composer; choosing one sends it.

import { attempt } from "./actions.js";
import { ApiError, api, fileUrl } from "./api.js";
import { h } from "./element.js";
import { store } from "./store.js";

const PAUSE_MS = 300;

export class InlineResults {
  node = h("div", {
    class: "inline",
    role: "group",
    "aria-label": "Results of the bot",
    hidden: true,
    onkeydown: (event) => this.#move(event),
  });
  #text;
  #done;
  #timer = 0;
  #query = null;

  constructor(text, done) {
    this.#text = text;
    this.#done = done;
  }

  update(value) {
    const name = store.bot?.user.username;
    const prefix = `@${name} `;
    const query = name && value.toLowerCase().startsWith(prefix.toLowerCase()) ? value.slice(prefix.length) : null;
    if (query === this.#query) return;
    this.#query = query;
    clearTimeout(this.#timer);
    if (query === null) this.node.hidden = true;
    else this.#timer = setTimeout(() => void this.#ask(query), PAUSE_MS);
  }

  /** True where the key was meant for the results. */
  pressed(event) {
    if (this.node.hidden) return false;
    if (event.key === "Enter") {
      event.preventDefault(); // an inline query is never sent as text
      return true;
    }
    const first = this.node.querySelector("button");
    if (event.key !== "ArrowUp" || !first) return false;
    first.focus();
    event.preventDefault();
    return true;
  }

  async #ask(query) {
    this.#say("Asking the bot…");
    try {
      const answer = await api.inline({ chat_id: store.chatId, user_id: store.me.id, query });
      if (query === this.#query) this.#show(answer, query);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (query === this.#query) this.#say(error.message);
    }
  }

  #say(text) {
    this.node.hidden = false;
    this.node.replaceChildren(h("p", { class: "note", role: "status" }, text));
  }

  #show(answer, query) {
    if (answer === null) return this.#say("The bot did not answer.");
    const { results, button, inline_query_id } = answer;
    if (results.length === 0) return this.#say(button?.text ?? "The bot found nothing.");
    const context = { query, inline_query_id };
    this.node.replaceChildren(...results.map((result) => this.#result(result, context)));
    return undefined;
  }

  #result(result, context) {
    const id = result.photo_unique_id;
    const name = result.title ?? result.caption ?? result.description ?? "Picture";
    const address = id ? fileUrl(id) : null;
    return h(
      "button",
      {
        type: "button",
        class: address ? "inline-picture" : "inline-text",
        "aria-label": `Send ${name}`,
        title: name,
        onclick: () => void this.#choose(result, context),
      },
      address
        ? h("img", { src: address, alt: "", loading: "lazy", decoding: "async" })
        : [h("strong", {}, name), result.description && h("span", {}, result.description)],
    );
  }

  async #choose(result, context) {
    const sent = await attempt(() =>
      api.chooseInline({
        chat_id: store.chatId,
        user_id: store.me.id,
        result_id: result.id,
        message_thread_id: store.topicId || undefined,
        ...context,
      }),
    );
    if (!sent) return;
    this.#done();
    this.#text.focus();
  }

  #move(event) {
    const items = [...this.node.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) items[(at + step + items.length) % items.length].focus();
    else if (event.key === "Escape" || event.key === "ArrowDown") this.#text.focus();
    else return;
    event.preventDefault();
  }
}
