// Pictures inside bubbles: one alone or an album as a mosaic; files; each with its room reserved before it loads.

import { fileUrl } from "./api.js";
import { h, icon } from "./element.js";
import { mosaic } from "./mosaic.js";
import { store } from "./store.js";
import { photoSize, summary } from "./summary.js";
import { fileSize } from "./time.js";

const ALONE = { widest: 420, highest: 440, narrowest: 150 };
const ALBUM_WIDTH = 430;
const revealed = new Set();

/** The picture or pictures of a bubble. `messages` all carry a photo. */
export function pictures(messages) {
  return messages.length === 1 ? alone(messages[0]) : album(messages);
}

function alone(message) {
  const { width, height } = message.photo.at(-1);
  const scale = Math.min(ALONE.widest / width, ALONE.highest / height, Math.max(1, 240 / Math.max(width, height)));
  const shown = Math.max(ALONE.narrowest, Math.round(width * scale));
  const ratio = Math.min(height / width, ALONE.highest / shown);
  return frame("media", shown, ratio, [cell(message, { x: 0, y: 0, width: 1, height: 1 }, shown)]);
}

function album(messages) {
  const ratios = messages.map((message) => message.photo.at(-1).width / message.photo.at(-1).height);
  const { height, cells } = mosaic(ratios);
  const children = messages.map((message, i) => {
    const { x, y, width, height: own } = cells[i];
    return cell(message, { x, y: y / height, width, height: own / height }, ALBUM_WIDTH * width);
  });
  return frame("media album", ALBUM_WIDTH, height, children);
}

function frame(name, width, ratio, children) {
  const style = { "--width": `${width}px`, "--ratio": `${(ratio * 100).toFixed(3)}%` };
  return h("div", { class: name, style }, h("div", { class: "frame" }, children));
}

function cell(message, box, shownWidth) {
  const size = photoSize(message.photo, shownWidth * Math.min(2, window.devicePixelRatio));
  const image = h("img", {
    src: fileUrl(size.file_unique_id),
    alt: "",
    class: "loading",
    width: size.width,
    height: size.height,
    loading: "lazy",
    decoding: "async",
    draggable: "false",
    onload: () => image.classList.remove("loading"),
    onerror: () => button.classList.add("broken"),
  });
  const style = Object.fromEntries(
    ["x", "y", "width", "height"].map((name, i) => [
      ["left", "top", "width", "height"][i],
      `${(box[name] * 100).toFixed(3)}%`,
    ]),
  );
  const button = h(
    "button",
    {
      type: "button",
      class: "cell",
      style,
      "data-message-id": message.message_id,
      "data-key": `photo-${message.message_id}`,
      "aria-label": `Open ${summary(message)}`,
      tabindex: "-1",
      onclick: () => store.emit("lightbox", message),
    },
    image,
  );
  const key = `${message.chat.id}:${message.message_id}`;
  if (message.has_media_spoiler && !revealed.has(key)) cover(button, key, message);
  return button;
}

/** A spoiler: blurred until asked for, and not opened by the same press. */
function cover(button, key, message) {
  const veil = h("span", { class: "veil" }, h("span", {}, icon("eye"), "Spoiler"));
  button.classList.add("hidden-picture");
  button.setAttribute("aria-label", "Hidden picture, press to show");
  button.append(veil);
  button.addEventListener(
    "click",
    (event) => {
      if (revealed.has(key)) return;
      event.stopImmediatePropagation();
      revealed.add(key);
      veil.remove();
      button.classList.remove("hidden-picture");
      button.setAttribute("aria-label", `Open ${summary(message)}`);
    },
    { capture: true },
  );
}

/** A file: its name and size, with a small picture where it has one. */
export function documentOf(message) {
  const file = message.document;
  const thumbnail = file.thumbnail;
  const picture = thumbnail
    ? h("img", { src: fileUrl(thumbnail.file_unique_id), alt: "", loading: "lazy", width: 52, height: 52 })
    : icon("file");
  return h(
    "a",
    {
      class: "document",
      href: fileUrl(file.file_unique_id),
      download: file.file_name ?? "file",
      "data-key": "document",
      tabindex: "-1",
    },
    h("span", { class: "thumb" }, picture),
    h("span", { class: "lines" }, h("strong", {}, file.file_name ?? "File"), h("small", {}, fileSize(file.file_size))),
  );
}
