// A small form in a box: new topics, people and chats.

import { h } from "./element.js";
import { dialog } from "./toast.js";

/**
 * Ask for `fields` (`{name, label, required, options: [[value, label], …], checkbox}`).
 * Resolves to `{name: value}`, or to null where the person changed their mind.
 */
export function ask(title, fields) {
  return new Promise((resolve) => {
    let answer = null;
    const inputs = fields.map((field) => [field.name, control(field)]);
    const form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          answer = Object.fromEntries(
            inputs.map(([name, input]) => [name, input.type === "checkbox" ? input.checked : input.value.trim()]),
          );
          box.close();
        },
      },
      h("h2", {}, title),
      fields.map((field, i) => labelled(field, inputs[i][1])),
      h(
        "div",
        { class: "dialog-actions" },
        h("button", { type: "button", class: "button", onclick: () => box.close() }, "Cancel"),
        h("button", { type: "submit", class: "button primary" }, "Create"),
      ),
    );
    const box = dialog("ask", form);
    box.setAttribute("aria-label", title);
    box.addEventListener("close", () => resolve(answer));
    box.showModal();
    inputs[0][1].focus();
  });
}

function control(field) {
  if (field.options) {
    return h(
      "select",
      { class: "field" },
      field.options.map(([value, label]) => h("option", { value }, label)),
    );
  }
  if (field.checkbox) return h("input", { type: "checkbox" });
  return h("input", { class: "field", type: "text", required: field.required, maxlength: "128", autocomplete: "off" });
}

function labelled(field, input) {
  return field.checkbox
    ? h("label", { class: "check" }, input, field.label)
    : h("label", { class: "labelled" }, h("span", {}, field.label), input);
}
