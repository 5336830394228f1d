// Over the conversation: which chat this is, what goes on in it, its topics.

import { actingText } from "./acting.js";
import { api } from "./api.js";
import { attempt } from "./actions.js";
import { ask } from "./ask.js";
import { openChatMenu } from "./chatmenu.js";
import { byId, h, iconButton, oncePerFrame } from "./element.js";
import { chatAvatar, chatTitle, topicsOf } from "./person.js";
import { store } from "./store.js";

export function startHead() {
  store.on("open chats people action online me", oncePerFrame(drawHead));
  store.on("open chats", oncePerFrame(drawTopics));
}

const title = h("h1");
const status = h("p", { class: "status" });
const face = h("span", { class: "face" });
const drawerButton = iconButton("pulse", "Under the hood: calls, faults, settings", () => store.emit("drawer"), {
  "aria-expanded": "false",
  "aria-controls": "drawer",
  id: "drawer-button",
});

const menuButton = iconButton("more", "More about this chat", (event) => openChatMenu(event.currentTarget), {
  "aria-haspopup": "menu",
});

function drawHead() {
  const head = byId("chat-head");
  const { chat } = store;
  if (!head.firstChild) {
    head.append(
      iconButton(
        "back",
        "Back to the chats",
        () => {
          location.hash = "";
        },
        { class: "icon-button back" },
      ),
      face,
      h("div", { class: "titles" }, title, status),
      drawerButton,
      menuButton,
    );
  }
  const shown = chat ?? (store.me && store.chatId === store.me.id ? { id: store.me.id, type: "private" } : null);
  title.textContent = shown ? chatTitle(shown) : "Local Telegram";
  face.replaceChildren(...(shown ? [chatAvatar(shown)] : []));
  menuButton.hidden = !chat || !store.me;
  const acting = shown && actingText(shown.id, store.topicId);
  status.textContent = store.online ? (acting ? `${acting}…` : about(shown)) : "Connecting…";
  status.classList.toggle("acting", Boolean(acting) || !store.online);
  document.title = shown ? `${chatTitle(shown)} – Local Telegram` : "Local Telegram";
}

function about(chat) {
  if (!chat) return "";
  if (chat.type === "private") return "bot";
  const kind = { channel: "channel", supergroup: "supergroup", group: "group" }[chat.type] ?? chat.type;
  const count = chat.members?.length ?? 0;
  const people = count
    ? `${count} ${chat.type === "channel" ? "subscriber" : "member"}${count === 1 ? "" : "s"}`
    : kind;
  return chat.username ? `${people} · @${chat.username}` : people;
}

function drawTopics() {
  const bar = byId("topics");
  bar.hidden = !store.chat?.is_forum;
  if (bar.hidden) return;
  const focused = bar.contains(document.activeElement) ? document.activeElement.dataset.topic : null;
  bar.replaceChildren(
    tab(null, "All"),
    tab(0, "General"),
    ...topicsOf(store.chat).map((topic) => tab(topic.message_thread_id, topic.name, topic.icon_color)),
    iconButton("plus", "New topic", () => void newTopic(), { class: "icon-button new-topic" }),
  );
  if (focused !== null) bar.querySelector(`[data-topic="${focused}"]`)?.focus();
}

function tab(id, name, colour) {
  const pressed = store.topicId === id;
  return h(
    "button",
    {
      type: "button",
      "aria-pressed": String(pressed),
      "data-topic": String(id),
      onclick: () => store.open(store.chatId, id),
    },
    colour !== undefined && h("span", { class: "dot", style: { "--topic": hex(colour) } }),
    name,
  );
}

/** Telegram gives topic colours as one RGB number. */
const hex = (colour) => `#${colour.toString(16).padStart(6, "0")}`;

async function newTopic() {
  const chatId = store.chatId;
  const answer = await ask("New topic", [{ name: "name", label: "Name", required: true }]);
  if (!answer) return;
  await attempt(() => api.createTopic(chatId, { name: answer.name, user_id: store.me.id }));
}
