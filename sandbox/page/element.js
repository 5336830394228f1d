// Builds DOM nodes. Text only ever becomes a text node: nothing in this page parses HTML from data.

/** `h("p", {class: "note", onclick: f}, "text", child)`: functions become listeners, `true` an empty attribute. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
    else if (name === "value" || name === "checked") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Make `children` the children of `parent`, touching only what differs, so focus and scroll survive. */
export function place(parent, children) {
  let next = parent.firstChild;
  const wanted = new Set(children);
  for (const child of children) {
    while (next && next !== child && !wanted.has(next)) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
    if (next === child) next = next.nextSibling;
    else parent.insertBefore(child, next);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

/** A drawing function that runs once a frame however often it is asked for. */
export function oncePerFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

export const byId = (id) => document.getElementById(id);

const PATHS = {
  attach: "M16.5 6.5v9.8a4.5 4.5 0 0 1-9 0V5.8a3 3 0 0 1 6 0v9.7a1.5 1.5 0 0 1-3 0V7",
  back: "M19 12H5m6-6-6 6 6 6",
  bot: "M6 9h12v9H6zM12 9V5m-1.5 0h3M9.5 13v1m5-1v1M3.5 12v3m17-3v3",
  channel: "M4 10v4l11 4.500V5.500zM7 15v3.500h3V16M18 9.500a3.500 3.500 0 0 1 0 5",
  check: "m5 12.5 4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h10v11H9zM5 15V4h10",
  down: "m6 9.5 6 6 6-6",
  download: "M12 4v11m-5-4.5 5 5 5-5M5 20h14",
  edit: "M5 19h3.5L19 8.5 15.5 5 5 15.5zM13 7.5l3.5 3.5",
  eye: "M3 12s3.3-6 9-6 9 6 9 6-3.3 6-9 6-9-6-9-6zm9 2.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  file: "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
  forward: "m14 6 6 6-6 6m6-6H4",
  jump: "M12 19V5m-6 6 6-6 6 6",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1m2 3.7a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  next: "m9 5 7 7-7 7",
  plus: "M12 5v14M5 12h14",
  previous: "m15 5-7 7 7 7",
  pulse: "M3 12h4l3-7 4 14 3-7h4",
  reply: "M10 6 4 12l6 6v-4c5 0 8 1.5 10 5 0-6-4-9-10-9z",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zm4.8-1.7L20 20",
  send: "M4 4.5 21 12 4 19.5 6.5 12zM6.5 12H14",
  theme: "M12 3.5a8.5 8.5 0 1 0 0 17zM12 3.5a8.5 8.5 0 0 1 0 17",
  topic: "M9 4 7 20M17 4l-2 16M4.5 9h16M3.5 15h16",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13M10.5 11v5.5m3-5.5v5.5",
};

/** A 24-unit line drawing, hidden from screen readers: its button carries the name. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A round button that shows an icon and says `label` in its tooltip and to screen readers. */
export function iconButton(name, label, onclick, properties = {}) {
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...properties },
    icon(name),
  );
}
