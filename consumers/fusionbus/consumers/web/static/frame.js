// Light or dark, keyboard shortcuts and their help: what a page needs of the browser alone. Nothing is sent anywhere.
(() => {
  const kept = (name, otherwise) => localStorage.getItem("fusionbus." + name) ?? otherwise;
  const keep = (name, value) => localStorage.setItem("fusionbus." + name, value);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const NEXT = { auto: "light", light: "dark", dark: "auto" };

  const paint = () => {
    const chosen = kept("theme", "auto");
    const dark = chosen === "dark" || (chosen === "auto" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    if (window.Quasar) Quasar.Dark.set(dark);
    for (const button of document.querySelectorAll("[data-theme-switch]")) button.textContent = "Colours: " + chosen;
    dispatchEvent(new CustomEvent("fusionbus-theme", { detail: { dark } }));
  };
  const help = () => document.querySelector("dialog.help");
  const switched = () => { keep("theme", NEXT[kept("theme", "auto")]); paint(); };
  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]") && target.type !== "checkbox";

  let awaited = 0; // when the first key of a pair was pressed
  const pressed = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (event.key === "?") return void help()?.showModal();
    if (kept("keys", "on") !== "on") return;
    if (Date.now() - awaited < 1500) {
      awaited = 0;
      return void document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
    }
    if (event.key === "g") awaited = Date.now();
    else if (event.key === "t") switched();
    else if (event.key === "/") {
      const field = document.querySelector("[data-search]");
      if (field) { event.preventDefault(); field.focus(); }
    }
  };
  const clicked = (event) => {
    const on = event.target.closest?.("[data-theme-switch], [data-help], [data-close]");
    if (!on) return;
    if (on.matches("[data-theme-switch]")) switched();
    else if (on.matches("[data-help]")) help()?.showModal();
    else help()?.close();
  };
  const changed = (event) => {
    if (event.target.matches?.("[data-keys]")) keep("keys", event.target.checked ? "on" : "off");
  };
  paint();
  system.addEventListener("change", paint);
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", clicked);
  document.addEventListener("change", changed);
  // The page's own elements come a moment later: the switch then shows what is chosen.
  new MutationObserver((_, watcher) => {
    const box = document.querySelector("[data-keys]");
    if (!box || !window.Quasar) return;
    watcher.disconnect();
    box.checked = kept("keys", "on") === "on";
    paint();
  }).observe(document, { childList: true, subtree: true });
})();
