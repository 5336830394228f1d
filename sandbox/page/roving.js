// The keyboard inside the conversation: one message at a time is a tab stop, and only its own controls are too.

import { byId } from "./element.js";
import { store } from "./store.js";

const CONTROLS = "button, a, [role=button]";
let current = null; // the message id that had the focus last; Tab leads there, or to the newest
let inside = null; // and the control of it that had the focus

export function startRoving() {
  const timeline = byId("timeline");
  timeline.addEventListener("focusin", (event) => {
    const article = event.target.closest("article");
    if (!article) return;
    current = article.dataset.messageId;
    if (article.tabIndex !== 0) activate(timeline, article);
    inside = event.target === article ? "" : (event.target.dataset.key ?? "");
  });
  timeline.addEventListener("focusout", (event) => {
    if (event.relatedTarget !== null) inside = null;
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("article")) inside = null;
  });
  timeline.addEventListener("keydown", (event) => pressed(timeline, event));
}

/** After drawing: exactly one tab stop, and the focus back where it was if its node was drawn anew. */
export function settle(timeline) {
  const articles = [...timeline.querySelectorAll("article")];
  const article = articles.find((each) => each.dataset.messageId === current) ?? articles.at(-1);
  if (!article) return;
  const lost = inside !== null && document.activeElement === document.body && article.dataset.messageId === current;
  if (article.tabIndex !== 0) activate(timeline, article);
  if (lost) ((inside && article.querySelector(`[data-key="${inside}"]`)) || article).focus({ preventScroll: true });
}

function activate(timeline, article) {
  for (const old of timeline.querySelectorAll("article[tabindex='0']")) reach(old, -1);
  reach(article, 0);
}

function reach(article, tabIndex) {
  article.tabIndex = tabIndex;
  for (const control of article.querySelectorAll(CONTROLS)) control.tabIndex = tabIndex;
}

function pressed(timeline, event) {
  const article = event.target.closest("article");
  if (!article || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape") {
    (event.target === article ? byId("composer-text") : article)?.focus();
  } else if (event.target === article && !step(timeline, article, event)) {
    return;
  } else if (event.target !== article) {
    return;
  }
  event.preventDefault();
}

/** What a key does on a message itself; false where it means nothing here. */
function step(timeline, article, event) {
  const articles = [...timeline.querySelectorAll("article")];
  const at = articles.indexOf(article);
  const targets = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: articles.length - 1 };
  const actions = { Enter: "menu", ContextMenu: "menu", r: "reply", e: "edit", Delete: "delete", Backspace: "delete" };
  if (event.key in targets) {
    const next = articles[Math.max(0, Math.min(articles.length - 1, targets[event.key]))];
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  }
  const action = event.key === "F10" && event.shiftKey ? "menu" : actions[event.key];
  const message = store.message(store.chatId, Number(article.dataset.messageId));
  if (!action || !message) return false;
  store.emit(action, action === "menu" ? { message, at: article } : message);
  return true;
}
