// What a screen reader or a weak eye would stumble over, as a list of sentences; empty is good.
// The rules are those of WCAG 2.2 AA that can be computed: names, roles, references, contrast, size of targets.
() => {
  const problems = [];
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const say = (rule, node) => problems.push(`${rule}: <${node.tagName.toLowerCase()} class="${node.getAttribute("class") ?? ""}"> ${node.textContent.trim().slice(0, 40)}`);
  const visible = (node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && node.getClientRects().length > 0;

  const rgba = (css) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((value, i) => value * a + below[i] * (1 - a));
  const luminance = (colour) => {
    const [r, g, b] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const stops = (image) => image.match(/(?:rgba?|color|oklab)\([^()]*\)/g) ?? [];

  /** Every colour that may lie behind a node: gradients count with all their stops, pictures as black and as white. */
  const backdrops = (node) => {
    if (!node) return [[255, 255, 255]];
    const style = getComputedStyle(node);
    const layer = rgba(style.backgroundColor);
    const gradient = style.backgroundImage.includes("gradient") ? stops(style.backgroundImage).map(rgba) : [];
    if (gradient.length && gradient.every((colour) => colour[3] === 1)) return gradient.map((colour) => colour.slice(0, 3));
    if (layer[3] === 1) return [layer.slice(0, 3)];
    const below = node.matches(".cell") ? [[0, 0, 0], [255, 255, 255]]
      : node.matches(".meta.over") ? [[0, 0, 0], [255, 255, 255]] : backdrops(node.parentElement);
    return layer[3] === 0 ? below : below.map((colour) => over(layer, colour));
  };

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !visible(node) || node.closest(".sr-only, .skip, [inert], option, :disabled, .spoiler:not(.revealed)")) continue;
    const style = getComputedStyle(node);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    for (const back of backdrops(node)) {
      const ratio = contrast(over(rgba(style.color), back), back);
      if (ratio < needed) {
        say(`contrast ${ratio.toFixed(2)} < ${needed}`, node);
        break;
      }
    }
  }

  const nameOf = (node) => node.getAttribute("aria-label")
    ?? node.getAttribute("aria-labelledby")?.split(" ").map((id) => document.getElementById(id)?.textContent).join(" ")
    ?? [...(node.labels ?? [])].map((label) => label.textContent).join(" ");
  for (const node of document.querySelectorAll("a, button, input, textarea, select, [role=button], [role=option], dialog, [role=log], nav, main, aside")) {
    if (!visible(node)) continue;
    const ownText = node.matches("a, button, [role=button], [role=option]") ? node.textContent.trim() : "";
    if (!nameOf(node)?.trim() && !ownText) say("no name", node);
    if (node.matches("a, button, [role=button]") && node.parentElement.closest("a, button, [role=button]")) say("a control in a control", node);
    const box = node.getBoundingClientRect();
    const inText = getComputedStyle(node).display === "inline" || node.matches(".text-button, input[type=checkbox]");
    if (node.matches("button, input, select, textarea") && !inText && Math.min(box.width, box.height) < 24) say("smaller than 24 px", node);
    if (node.closest("[aria-hidden=true]") && node.tabIndex >= 0 && !node.closest("[inert]")) say("focus in hidden content", node);
  }
  for (const image of document.images) if (!image.hasAttribute("alt")) say("no alt", image);
  for (const node of document.querySelectorAll("[aria-controls], [aria-labelledby], [aria-activedescendant]")) {
    for (const name of ["aria-controls", "aria-labelledby", "aria-activedescendant"]) {
      const id = node.getAttribute(name);
      if (id && !document.getElementById(id)) say(`${name} leads nowhere`, node);
    }
  }
  const parents = { option: "[role=listbox]", tab: "[role=tablist]", menuitem: "[role=menu]", menuitemradio: "[role=menu]" };
  for (const [role, parent] of Object.entries(parents)) {
    for (const node of document.querySelectorAll(`[role=${role}]`)) if (!node.parentElement.closest(parent)) say(`${role} outside ${parent}`, node);
  }
  for (const list of document.querySelectorAll("ul:not([role]), ol:not([role])")) {
    for (const child of list.children) if (child.tagName !== "LI") say("no li in a list", child);
  }
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids.filter((each, i) => ids.indexOf(each) !== i))) problems.push(`two nodes with the id ${id}`);
  if (!document.documentElement.lang) problems.push("the document has no language");
  if (document.querySelectorAll("main").length !== 1) problems.push("not exactly one main");
  return problems;
}
