// A message in one line: for the chat list, quotes, announcements and names of controls.

import { fileUrl } from "./api.js";
import { author } from "./person.js";
import { serviceText } from "./service.js";

const KINDS = {
  photo: "Photo",
  document: "File",
  sticker: "Sticker",
  animation: "GIF",
  video: "Video",
  voice: "Voice message",
  audio: "Audio",
  location: "Location",
  contact: "Contact",
  poll: "Poll",
  dice: "Dice",
};

/** What a message is when it is not text: "Photo", "File"…, or null. */
export const kindOf = (message) => Object.keys(KINDS).find((kind) => message[kind] !== undefined) ?? null;

export function summary(message) {
  const service = serviceText(message);
  if (service) return service;
  const kind = kindOf(message);
  const words = message.text ?? message.caption ?? "";
  if (!kind) return words || "Message";
  const name = kind === "document" ? (message.document.file_name ?? KINDS.document) : KINDS[kind];
  return words ? `${name}: ${words}` : name;
}

/** Who and what, for a person who cannot see the bubble. */
export const spoken = (message) => `${author(message).name}: ${summary(message)}`;

/** The smallest picture of a message at least `pixels` wide, or its largest. */
export function photoSize(sizes, pixels) {
  const sorted = [...sizes].sort((a, b) => a.width - b.width);
  return sorted.find((size) => size.width >= pixels) ?? sorted.at(-1);
}

/** The address of a small picture that stands for the message, or null. */
export function thumbnailUrl(message) {
  if (message.photo?.length) return fileUrl(photoSize(message.photo, 60).file_unique_id);
  const thumbnail = message.document?.thumbnail;
  return thumbnail ? fileUrl(thumbnail.file_unique_id) : null;
}
