// A pop-up menu: arrows move, Enter chooses, Escape closes and gives the focus back.

import { h, icon } from "./element.js";

let close = () => {};

/**
 * Show `items` (`{label, icon, action, danger, checked, node}`, `{row, items}` for several side by side, or null for a
 * line) at a point or below an element. `checked` makes an item one of several choices.
 */
export function openMenu(at, items, label) {
  close();
  const back = document.activeElement;
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label, onkeydown: move }, items.map(entry));
  document.body.append(menu);
  put(menu, at);
  const outside = (event) => {
    if (!menu.contains(event.target)) shut(false);
  };
  function shut(refocus) {
    if (!menu.isConnected) return;
    menu.remove();
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", shut);
    if (refocus && back?.isConnected) back.focus({ preventScroll: true });
  }
  close = () => shut(true);
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", shut);
  (menu.querySelector("[aria-checked=true]") ?? menu.querySelector(":scope > button")).focus();
}

function entry(item) {
  if (item === null) return h("div", { role: "separator" });
  if (item.row) return h("div", { class: "menu-row", role: "group", "aria-label": item.row }, item.items.map(entry));
  const choice = item.checked !== undefined;
  return h(
    "button",
    {
      type: "button",
      role: choice ? "menuitemradio" : "menuitem",
      "aria-checked": choice ? String(item.checked) : null,
      class: item.danger ? "danger" : "",
      tabindex: "-1",
      onclick: () => {
        close();
        item.action();
      },
    },
    item.node ?? (item.icon && icon(item.icon)),
    h("span", {}, item.label),
    item.checked ? icon("check") : null,
  );
}

function move(event) {
  const items = [...event.currentTarget.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  const steps = {
    ArrowDown: at + 1,
    ArrowRight: at + 1,
    ArrowUp: at - 1 + items.length,
    ArrowLeft: at - 1 + items.length,
    Home: 0,
    End: items.length - 1,
  };
  if (event.key === "Escape" || event.key === "Tab") {
    close();
  } else if (event.key in steps) {
    items[steps[event.key] % items.length].focus();
  } else if (event.key.length === 1) {
    const letter = event.key.toLowerCase();
    items.find((item) => item.textContent.toLowerCase().startsWith(letter))?.focus();
  } else {
    return;
  }
  event.stopPropagation();
  if (event.key !== "Enter" && event.key !== " ") event.preventDefault();
}

/** Keep the menu inside the window, whatever it was opened at. */
function put(menu, at) {
  const box = at instanceof Element ? at.getBoundingClientRect() : { left: at.x, bottom: at.y, top: at.y };
  const left = Math.min(box.left, window.innerWidth - menu.offsetWidth - 8);
  const below = box.bottom + 4;
  const fits = below + menu.offsetHeight < window.innerHeight - 8;
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${fits ? below : Math.max(8, box.top - menu.offsetHeight - 4)}px`;
}
