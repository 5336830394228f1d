// The buttons under a bot's message (InlineKeyboardMarkup) and what each kind does.

import { ApiError, api } from "./api.js";
import { h, icon } from "./element.js";
import { follow } from "./link.js";
import { store } from "./store.js";
import { alertBox, toast } from "./toast.js";

const busy = new Set();

export function keyboard(message) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return h(
    "div",
    { class: "keyboard", role: "group", "aria-label": "Buttons" },
    rows.map((row, y) =>
      h(
        "div",
        { class: "keyboard-row" },
        row.map((button, x) => key(message, button, `button-${y}-${x}`)),
      ),
    ),
  );
}

function key(message, button, place) {
  const [mark, press] = behaviour(message, button);
  const id = `${message.chat.id}:${message.message_id}:${button.callback_data}`;
  return h(
    "button",
    {
      type: "button",
      "data-key": place,
      "data-callback": id,
      tabindex: "-1",
      disabled: press === null,
      "aria-busy": busy.has(id) ? "true" : null,
      onclick: press && ((event) => press(event, id)),
    },
    button.text,
    mark && icon(mark),
  );
}

/** `[icon or null, what a press does or null]`: null for kinds that a local Telegram cannot serve. */
function behaviour(message, button) {
  if (button.callback_data !== undefined) return [null, (event, id) => callback(message, button, id)];
  if (button.url !== undefined) return ["link", (event) => open(button.url, event)];
  if (button.copy_text !== undefined) return ["copy", () => copy(button.copy_text.text)];
  const query = button.switch_inline_query_current_chat ?? button.switch_inline_query;
  if (query !== undefined) return ["search", () => store.emit("compose", `@${store.bot.user.username} ${query}`)];
  return [null, null];
}

async function callback(message, button, id) {
  if (busy.has(id)) return;
  setBusy(id, true);
  try {
    const answer = await api.callback({
      chat_id: message.chat.id,
      message_id: message.message_id,
      user_id: store.me.id,
      data: button.callback_data,
    });
    showAnswer(answer);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message, "error");
  } finally {
    setBusy(id, false);
  }
}

/** The message may have been edited, and its buttons drawn anew, while the bot thought. */
function setBusy(id, on) {
  if (on) busy.add(id);
  else busy.delete(id);
  for (const node of document.querySelectorAll(`[data-callback="${CSS.escape(id)}"]`)) {
    if (on) node.setAttribute("aria-busy", "true");
    else node.removeAttribute("aria-busy");
  }
}

function showAnswer(answer) {
  if (answer === null) return toast("The bot did not answer the button.", "error");
  if (answer.url) open(answer.url);
  if (answer.text && answer.show_alert) alertBox(answer.text);
  else if (answer.text) toast(answer.text);
  return undefined;
}

function open(url, event) {
  if (!follow(url, event)) window.open(url, "_blank", "noopener,noreferrer");
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  toast("Copied");
}
