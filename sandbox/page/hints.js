// The bot's commands while a message begins with "/": arrows choose, Tab completes, Enter sends.

import { commands as allCommands } from "./commands.js";
import { h } from "./element.js";

const BEGINNING = /^\/(\w*)$/;

export class Hints {
  node = h("ul", { class: "hints", id: "hints", role: "listbox", "aria-label": "Commands of the bot", hidden: true });
  #text;
  #send;
  #found = [];
  #at = 0;

  constructor(text, send) {
    this.#text = text;
    this.#send = send;
    text.setAttribute("aria-controls", "hints");
    text.setAttribute("aria-autocomplete", "list");
  }

  update(value) {
    const word = BEGINNING.exec(value)?.[1].toLowerCase();
    const commands = word === undefined ? [] : allCommands();
    this.#found = commands.filter((each) => each.command.startsWith(word));
    this.#at = 0;
    this.#draw();
  }

  /** True where the key was meant for the list. */
  pressed(event) {
    if (this.node.hidden) return false;
    const chosen = this.#found[this.#at];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Tab" && !event.shiftKey) this.#complete(chosen);
    else if (event.key === "Enter" && !event.shiftKey) this.#send(`/${chosen.command}`);
    else if (event.key === "Escape") this.update("");
    else return false;
    event.preventDefault();
    return true;
  }

  #move(step) {
    this.#at = (this.#at + step + this.#found.length) % this.#found.length;
    this.#draw();
    this.node.children[this.#at].scrollIntoView({ block: "nearest" });
  }

  #complete({ command }) {
    this.#text.value = `/${command} `;
    this.#text.focus();
    this.#text.dispatchEvent(new Event("input"));
  }

  #draw() {
    this.node.hidden = this.#found.length === 0;
    this.node.replaceChildren(
      ...this.#found.map((each, i) =>
        h(
          "li",
          {
            role: "option",
            id: `hint-${i}`,
            "aria-selected": String(i === this.#at),
            onmousedown: (event) => event.preventDefault(),
            onclick: () => this.#complete(each),
          },
          h("strong", {}, `/${each.command}`),
          h("span", {}, each.description),
        ),
      ),
    );
    if (this.node.hidden) this.#text.removeAttribute("aria-activedescendant");
    else this.#text.setAttribute("aria-activedescendant", `hint-${this.#at}`);
  }
}
