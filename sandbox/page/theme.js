// Applied before the first paint, so it is no module: "light" or "dark" where chosen, else what the system says.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "system";
