// A picture at full size, and from it to every other picture of the conversation.

import { fileUrl } from "./api.js";
import { h, icon, iconButton } from "./element.js";
import { formatted } from "./entities.js";
import { follow } from "./link.js";
import { author } from "./person.js";
import { store } from "./store.js";
import { summary } from "./summary.js";
import { fullDate } from "./time.js";

export function startLightbox() {
  store.on("lightbox", open);
}

function open(message) {
  const back = document.activeElement;
  const pictures = store.list(message.chat.id).filter((each) => each.photo);
  let at = Math.max(
    0,
    pictures.findIndex((each) => each.message_id === message.message_id),
  );
  const box = h("dialog", { class: "lightbox", "aria-label": "Picture" });
  const show = (step) => {
    at = Math.max(0, Math.min(pictures.length - 1, at + step));
    draw(box, pictures[at] ?? message, { at, count: pictures.length, show });
  };
  box.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) show(step);
  });
  box.addEventListener("close", () => {
    box.remove();
    if (back?.isConnected) back.focus({ preventScroll: true });
  });
  document.body.append(box);
  show(0);
  box.showModal();
  box.querySelector(".close").focus();
}

/** The frame stays, so the focus does; only what differs between two pictures is set. */
function draw(box, message, { at, count, show }) {
  const size = message.photo.at(-1);
  const url = fileUrl(size.file_unique_id);
  if (!box.firstChild) box.append(...frame(box, show));
  const find = (name) => box.querySelector(name);
  const image = find(".stage img");
  image.src = url;
  image.width = size.width;
  image.height = size.height;
  image.alt = summary(message);
  find("strong").textContent = author(message).name;
  find("small").textContent = `${fullDate(message.date)} · ${at + 1} of ${count}`;
  find(".download").href = url;
  find(".download").hidden = message.has_protected_content === true;
  find(".jump").onclick = () => leave(box, message, "jump");
  find(".reply").onclick = () => leave(box, message, "reply");
  find(".step.previous").disabled = at === 0;
  find(".step.next").disabled = at === count - 1;
  const caption = formatted(message.caption ?? "", message.caption_entities, {
    follow: (target, event) => {
      if (follow(target, event)) box.close();
    },
    command: (text) => {
      box.close();
      store.emit("command", text);
    },
  });
  find(".caption").replaceChildren(...caption);
}

function frame(box, show) {
  return [
    h(
      "header",
      {},
      h("div", { class: "lines", "aria-live": "polite" }, h("strong"), h("small")),
      iconButton("reply", "Reply", null, { class: "icon-button reply" }),
      iconButton("jump", "Show in chat", null, { class: "icon-button jump" }),
      h(
        "a",
        { class: "icon-button download", download: "photo.jpg", "aria-label": "Download", title: "Download" },
        icon("download"),
      ),
      iconButton("close", "Close", () => box.close(), { class: "icon-button close" }),
    ),
    h(
      "div",
      {
        class: "stage",
        onclick: (event) => {
          if (event.target.matches(".stage")) box.close();
        },
      },
      h("img", { decoding: "async" }),
      iconButton("previous", "Previous picture", () => show(-1), { class: "icon-button step previous" }),
      iconButton("next", "Next picture", () => show(1), { class: "icon-button step next" }),
    ),
    h("div", { class: "caption", dir: "auto" }),
  ];
}

function leave(box, message, deed) {
  box.close();
  store.emit(deed, deed === "jump" ? { chatId: message.chat.id, messageId: message.message_id } : message);
}
