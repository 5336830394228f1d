// The quoted message over a reply, in bubbles and above the composer.

import { h } from "./element.js";
import { author, colourClass } from "./person.js";
import { store } from "./store.js";
import { summary, thumbnailUrl } from "./summary.js";

/** Its author, one line of it and a small picture: the inside of a quote. */
export function quoteBody(message, part) {
  const thumbnail = thumbnailUrl(message);
  return [
    thumbnail && h("img", { src: thumbnail, alt: "", width: 34, height: 34, loading: "lazy" }),
    h(
      "span",
      { class: "lines" },
      h("strong", {}, author(message).name),
      h("span", { class: "excerpt" }, part ?? summary(message)),
    ),
  ];
}

/** A quote that leads to what it quotes. In a topic the message that opened it is no reply worth showing. */
export function quote(message) {
  const replied = message.reply_to_message;
  if (!replied || replied.forum_topic_created) return null;
  const hidden = replied.has_media_spoiler ? " blurred" : "";
  return h(
    "button",
    {
      type: "button",
      class: `quote ${colourClass(author(replied).id)}${hidden}`,
      "data-key": "quote",
      tabindex: "-1",
      "aria-label": `In reply to ${author(replied).name}: ${summary(replied)}`,
      onclick: () => store.emit("jump", { chatId: message.chat.id, messageId: replied.message_id }),
    },
    quoteBody(replied, message.quote?.text),
  );
}
