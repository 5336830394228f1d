// Starts every part and decides which chat is on show: the address says it, so that Back works.

import { startActions } from "./actions.js";
import { startAttachments } from "./attachments.js";
import { startChatList, visibleChats } from "./chatlist.js";
import { Composer } from "./composer.js";
import { Drawer } from "./drawer.js";
import { byId, oncePerFrame } from "./element.js";
import { listen } from "./events.js";
import { startHead } from "./head.js";
import { startLightbox } from "./lightbox.js";
import { enter, loadChats, loadPeople, loadPreviews } from "./loading.js";
import { startRoving } from "./roving.js";
import { startSidebar } from "./sidebar.js";
import { store } from "./store.js";
import { Timeline } from "./timeline.js";
import { startTip } from "./tip.js";
import { toast } from "./toast.js";

const ME = "me";
const NARROW = 720; // as in layout.css
const BOT_CHANGES = new Set(["setMyCommands", "deleteMyCommands", "setMyName"]);
const BOT_CHECK_MS = 15_000; // nothing tells the page that a bot has gone
const refreshBot = oncePerFrame(() => void loadPeople());

async function start() {
  startSidebar();
  startChatList();
  startHead();
  startRoving();
  startActions();
  startLightbox();
  startTip();
  new Timeline();
  startAttachments(new Composer());
  new Drawer();
  follow();
  await listen(); // first: what happens between a list that was read and a stream that is opened would be lost
  await Promise.all([loadPeople(), loadChats()]);
  store.setMe(Number(sessionStorage.getItem(ME)));
  openFromAddress();
  if (store.chatId === null && window.innerWidth > NARROW) store.open(firstChat());
  await loadPreviews();
}

/** What one change brings with it elsewhere. */
function follow() {
  window.addEventListener("hashchange", openFromAddress);
  store.on("open", () => {
    const address = store.chatId === null ? "" : `#${store.chatId}${store.topicId === null ? "" : `/${store.topicId}`}`;
    const first = !location.hash && window.innerWidth > NARROW; // wide screens are never without a chat
    if (location.hash !== address)
      history[first ? "replaceState" : "pushState"](null, "", address || location.pathname);
    document.body.dataset.view = store.chatId === null ? "list" : "chat";
    void enter(store.chatId);
  });
  store.on("me", () => {
    sessionStorage.setItem(ME, String(store.me?.id));
    if (store.chatId > 0 && store.chatId !== store.me.id) store.open(store.me.id);
  });
  store.on("arrived", (message) => {
    if (!store.chats.has(message.chat.id)) store.upsertChat(message.chat);
  });
  store.on("call", (call) => {
    if (BOT_CHANGES.has(call.method) || !store.bot?.connected) refreshBot();
  });
  setInterval(() => {
    if (!document.hidden && store.online) refreshBot();
  }, BOT_CHECK_MS);
}

function openFromAddress() {
  const found = /^#(-?\d+)(?:\/(\d+))?$/.exec(location.hash);
  const chatId = found ? Number(found[1]) : null;
  if (chatId !== null && !visibleChats().some((chat) => chat.id === chatId)) return;
  if (chatId !== null || document.body.dataset.view === "chat")
    store.open(chatId, found?.[2] ? Number(found[2]) : null);
}

/** The sandbox names its main group first. */
const firstChat = () => visibleChats()[0]?.id ?? null;

window.addEventListener("unhandledrejection", (event) =>
  toast(event.reason?.message ?? "Something went wrong.", "error"),
);
window.addEventListener("keydown", (event) => {
  if (
    event.key.length !== 1 ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.activeElement !== document.body
  )
    return;
  byId("composer-text")?.focus(); // typing anywhere writes, as in every client
});

void start();
