// Text with Bot API entities as DOM nodes. Offsets and lengths are UTF-16 units (Bot API, MessageEntity), which is
// what JavaScript strings count in.

import { h } from "./element.js";

const SAFE_LINK = /^(https?|tg|mailto|tel):/i;

/** `follow(url, event)` is told of clicked links, `command(text)` of tapped bot commands. */
export function formatted(text, entities, { follow, command }) {
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return nest(text, 0, text.length, sorted, { follow, command });
}

/** Entities nest but never cross, so each level takes its own and hands what lies inside to the next. */
function nest(text, start, end, entities, actions) {
  const nodes = [];
  let at = start;
  for (let i = 0; i < entities.length; i++) {
    const entity = entities[i];
    const stop = Math.min(entity.offset + entity.length, end);
    if (entity.offset < at || entity.offset >= end) continue;
    const inside = entities.slice(i + 1).filter((other) => other.offset < stop);
    const block = BLOCKS.has(entity.type);
    if (entity.offset > at)
      nodes.push(block ? text.slice(at, entity.offset).replace(/\n$/, "") : text.slice(at, entity.offset));
    nodes.push(
      wrap(entity, text.slice(entity.offset, stop), nest(text, entity.offset, stop, inside, actions), actions),
    );
    at = block && text[stop] === "\n" ? stop + 1 : stop;
  }
  if (at < end) nodes.push(text.slice(at, end));
  return nodes;
}

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]); // each on lines of its own: no line break beside it
const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

function wrap(entity, raw, children, actions) {
  switch (entity.type) {
    case "pre":
      return h("pre", { "data-language": entity.language }, h("code", {}, children));
    case "spoiler":
      return spoiler(children);
    case "url":
      return link(SAFE_LINK.test(raw) ? raw : `https://${raw}`, children, actions);
    case "text_link":
      return link(entity.url, children, actions);
    case "email":
      return link(`mailto:${raw}`, children, actions);
    case "phone_number":
      return link(`tel:${raw}`, children, actions);
    case "bot_command":
      return h("button", { type: "button", class: "text-button", onclick: () => actions.command(raw) }, children);
    case "mention":
    case "text_mention":
    case "hashtag":
    case "cashtag":
      return h("span", { class: "mention" }, children);
    default:
      return TAGS[entity.type] ? h(TAGS[entity.type], {}, children) : h("span", {}, children);
  }
}

/** A link that could run a script (`javascript:`, `data:`) stays plain text. */
function link(url, children, actions) {
  if (!SAFE_LINK.test(url)) return h("span", {}, children);
  return h(
    "a",
    {
      href: url,
      target: "_blank",
      rel: "noopener noreferrer",
      title: url,
      onclick: (event) => actions.follow(url, event),
    },
    children,
  );
}

/** Hidden from eyes and screen readers alike until asked for. */
function spoiler(children) {
  const content = h("span", { class: "spoiler-text", "aria-hidden": "true" }, children);
  content.inert = true;
  const reveal = () => {
    node.classList.add("revealed");
    content.removeAttribute("aria-hidden");
    content.inert = false;
    for (const name of ["role", "tabindex", "aria-label"]) node.removeAttribute(name);
  };
  const node = h(
    "span",
    {
      class: "spoiler",
      role: "button",
      tabindex: "0",
      "aria-label": "Hidden text, press to show",
      onclick: reveal,
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        reveal();
      },
    },
    content,
  );
  return node;
}
