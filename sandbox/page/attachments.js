// Pictures and files on their way in: picked, pasted or dropped; looked at once more; sent as photo, album or file.

import { ApiError, api } from "./api.js";
import { byId, h, icon, iconButton } from "./element.js";
import { store } from "./store.js";
import { fileSize } from "./time.js";
import { dialog } from "./toast.js";

const LARGEST_ALBUM = 10; // Bot API, sendMediaGroup: 2–10 items
const PHOTO_TYPES = new Set(["image/jpeg", "image/png", "image/webp", "image/avif", "image/bmp"]);

let composer = null;

export function startAttachments(ownComposer) {
  composer = ownComposer;
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    preview(files);
  });
  startDropping(byId("chat"), byId("drop"));
}

export function pickFiles() {
  const input = h("input", { type: "file", multiple: true, onchange: () => preview([...input.files]) });
  input.click();
}

function startDropping(area, veil) {
  let depth = 0;
  const show = (on) => {
    veil.hidden = !on;
  };
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && store.chat !== null;
  veil.append(h("div", { class: "drop-card" }, icon("attach"), "Drop pictures to send them"));
  area.addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) show(++depth > 0);
  });
  area.addEventListener("dragleave", (event) => {
    if (carriesFiles(event)) show(--depth > 0);
  });
  area.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  area.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(false);
    preview([...event.dataTransfer.files]);
  });
}

const isPhoto = (file) => PHOTO_TYPES.has(file.type);

/** The box in which what is about to be sent is looked at, captioned and perhaps hidden. */
function preview(files) {
  if (files.length === 0 || !store.chat) return;
  const { text, replyTo } = composer.state;
  const chosen = files.map((file) => ({ file, url: URL.createObjectURL(file) }));
  const grid = h("div", { class: "outgoings" });
  const caption = h("textarea", {
    class: "field",
    rows: "2",
    placeholder: "Caption",
    "aria-label": "Caption",
    value: text,
    dir: "auto",
  });
  const asFile = checkbox("Send as file");
  const spoiler = checkbox("Hide with a spoiler");
  const problem = h("p", { class: "error", role: "alert" });
  const title = h("h2", {});
  const send = h("button", { type: "submit", class: "button primary" }, "Send");
  const redraw = () => {
    title.textContent = titleOf(
      chosen.map(({ file }) => file),
      asFile.input.checked,
    );
    grid.replaceChildren(
      ...chosen.map((item) =>
        thumbnail(item, () => {
          chosen.splice(chosen.indexOf(item), 1);
          if (chosen.length === 0) box.close();
          redraw();
        }),
      ),
    );
    const anyPhoto = chosen.some(({ file }) => isPhoto(file));
    asFile.node.hidden = !anyPhoto;
    spoiler.node.hidden = !anyPhoto || asFile.input.checked;
  };
  const submit = async (event) => {
    event.preventDefault();
    send.disabled = true;
    send.textContent = "Sending…";
    try {
      await upload(
        chosen.map(({ file }) => file),
        {
          caption: caption.value.trim(),
          asFile: asFile.input.checked,
          spoiler: spoiler.input.checked,
          replyTo,
        },
      );
      composer.clear();
      box.close();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.textContent = error.message;
      send.disabled = false;
      send.textContent = "Send";
    }
  };
  const form = h(
    "form",
    { onsubmit: submit },
    title,
    grid,
    caption,
    asFile.node,
    spoiler.node,
    problem,
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { type: "button", class: "button", onclick: () => box.close() }, "Cancel"),
      send,
    ),
  );
  const box = dialog("attach", form);
  box.setAttribute("aria-label", "Send files");
  box.addEventListener("close", () => {
    for (const { url } of chosen) URL.revokeObjectURL(url);
    byId("composer-text")?.focus();
  });
  caption.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  asFile.input.addEventListener("change", redraw);
  redraw();
  box.showModal();
  caption.focus();
}

function checkbox(label) {
  const input = h("input", { type: "checkbox" });
  return { input, node: h("label", { class: "check" }, input, label) };
}

function titleOf(files, asFile) {
  const photos = asFile ? 0 : files.filter(isPhoto).length;
  const others = files.length - photos;
  const count = (n, noun) => `${n === 1 ? "a" : n} ${noun}${n === 1 ? "" : "s"}`;
  return `Send ${[photos && count(photos, "photo"), others && count(others, "file")].filter(Boolean).join(" and ")}`;
}

function thumbnail({ file, url }, remove) {
  const picture = isPhoto(file)
    ? h("img", { src: url, alt: file.name })
    : h(
        "span",
        { class: "outgoing-file" },
        icon("file"),
        h("span", {}, file.name),
        h("small", {}, fileSize(file.size)),
      );
  return h("div", { class: "outgoing" }, picture, iconButton("close", `Leave out ${file.name}`, remove));
}

/** Photos in albums of at most ten, files one by one; the caption and the reply go with the first. */
async function upload(files, { caption, asFile, spoiler, replyTo }) {
  const photos = asFile ? [] : files.filter(isPhoto);
  const parts = [];
  for (let i = 0; i < photos.length; i += LARGEST_ALBUM)
    parts.push({ photo: photos.slice(i, i + LARGEST_ALBUM), spoiler });
  for (const file of files.filter((each) => !photos.includes(each))) parts.push({ document: file });
  const target = { user_id: store.me.id, message_thread_id: store.topicId || null };
  for (const [i, part] of parts.entries()) {
    const first = i === 0 ? { caption, reply_to_message_id: replyTo } : {};
    await api.send(store.chatId, { ...target, ...part, ...first });
  }
}
