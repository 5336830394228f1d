// Over and under the list of chats: who I am, what can be made anew, how the page looks, whether a bot is there.

import { attempt } from "./actions.js";
import { api } from "./api.js";
import { ask } from "./ask.js";
import { byId, h, icon, iconButton, oncePerFrame } from "./element.js";
import { loadChats, loadPeople } from "./loading.js";
import { openMenu } from "./menu.js";
import { avatar, fullName } from "./person.js";
import { store } from "./store.js";

const THEMES = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

export function startSidebar() {
  store.on("me people", oncePerFrame(drawMe));
  store.on("people call online", oncePerFrame(drawStatus));
  byId("me").addEventListener("click", () => openMenu(byId("me"), people(), "Be someone else"));
  byId("sidebar-tools").append(
    iconButton("theme", "Colours", (event) => openMenu(event.currentTarget, themes(), "Colours"), {
      "aria-haspopup": "menu",
    }),
    iconButton("plus", "New chat", () => void newChat(), { id: "new-chat" }),
  );
  store.on("new-person", () => void newPerson());
}

function drawMe() {
  const { me } = store;
  const name = me ? fullName(me) : "nobody yet";
  byId("new-chat").hidden = !me;
  byId("me").replaceChildren(
    avatar(me?.id ?? 0, name, "small"),
    h("span", { class: "me-text" }, h("small", {}, "You are "), h("strong", {}, name)),
    h("span", { class: "sr-only" }, ", be someone else"),
    icon("down"),
  );
}

function people() {
  const items = [...store.users.values()].map((user) => ({
    label: fullName(user),
    checked: user.id === store.me?.id,
    node: avatar(user.id, fullName(user), "tiny"),
    action: () => store.setMe(user.id),
  }));
  return [...items, null, { label: "New person…", icon: "plus", action: () => void newPerson() }];
}

function themes() {
  const root = document.documentElement;
  return THEMES.map(([value, label]) => ({
    label,
    checked: root.dataset.theme === value,
    action: () => {
      root.dataset.theme = value;
      localStorage.setItem("theme", value);
    },
  }));
}

async function newPerson() {
  const answer = await ask("New person", [
    { name: "first_name", label: "First name", required: true },
    { name: "last_name", label: "Last name" },
  ]);
  if (!answer) return;
  const fields = Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== ""));
  let made = null;
  if (
    !(await attempt(async () => {
      made = await api.createUser(fields);
    }))
  )
    return;
  await loadPeople();
  store.setMe(made.id);
  if (store.chatId === null) store.open(made.id);
}

async function newChat() {
  const answer = await ask("New chat", [
    { name: "title", label: "Name", required: true },
    {
      name: "type",
      label: "Kind",
      options: [
        ["supergroup", "Group"],
        ["forum", "Group with topics"],
        ["group", "Small (basic) group"],
        ["channel", "Channel"],
      ],
    },
  ]);
  if (!answer) return;
  const forum = answer.type === "forum";
  const fields = {
    title: answer.title,
    type: forum ? "supergroup" : answer.type,
    is_forum: forum || undefined,
    members: [...store.users.keys()],
    admins: [store.me.id],
  };
  let made = null;
  if (
    !(await attempt(async () => {
      made = await api.createChat(fields);
    }))
  )
    return;
  await loadChats();
  store.open(made.id);
}

function drawStatus() {
  const node = byId("bot-status");
  const { bot } = store;
  if (!bot) return;
  const name = fullName(bot.user);
  node.dataset.state = !store.online || !bot.connected ? "off" : "on";
  node.textContent = !store.online
    ? "The sandbox does not answer"
    : bot.connected
      ? `${name} is connected`
      : `${name} is not connected`;
  node.title = `@${bot.user.username}`;
}
