(() => {
  "use strict";

  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  /* Theme: the system's until somebody chooses. Storage may be forbidden, then the choice lasts as long as the page. */

  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const themeButton = one("#theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches);

  function stored(change) {
    try {
      return change(localStorage);
    } catch {
      return null;
    }
  }

  function nameTheme() {
    themeButton.textContent = isDark() ? "Light theme" : "Dark theme";
  }

  function startTheme() {
    const chosen = stored((storage) => storage.getItem("intime-sync-theme"));
    if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
    themeButton.addEventListener("click", () => {
      const theme = isDark() ? "light" : "dark";
      root.dataset.theme = theme;
      stored((storage) => storage.setItem("intime-sync-theme", theme));
      nameTheme();
    });
    systemDark.addEventListener("change", nameTheme);
    nameTheme();
    themeButton.hidden = false;
  }

  /* Copying: where the clipboard is out of reach the text is selected, one key away from being copied. */

  async function copy(button) {
    const code = one("code", button.parentElement);
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
  }

  function startCopying() {
    for (const button of all(".copy button")) {
      button.hidden = false;
      button.addEventListener("click", () => copy(button));
    }
  }

  /* Details: each waits as the text of a noscript element, and becomes elements when it is first opened. */

  function unfold(details) {
    const kept = one("noscript", details);
    // The page's own markup, escaped where it was written; what is no markup there is none here.
    if (kept) kept.outerHTML = kept.textContent;
  }

  const setOpen = (details, open) => {
    if (open) unfold(details);
    details.open = open;
  };

  function startDetails() {
    // The click comes before the opening, so that nothing is seen empty; toggle catches every other way to open.
    document.addEventListener("click", (event) => {
      const summary = event.target.closest?.("summary");
      if (summary) unfold(summary.parentElement);
    });
    document.addEventListener("toggle", (event) => event.target.open && unfold(event.target), true);
  }

  /* Rows, in lists of fifty, in sections of one kind. */

  const sections = all("section[data-kind]").map((element) => ({
    element,
    kind: element.dataset.kind,
    count: one(".count", element),
    shown: 0,
  }));
  const lists = [];
  const rows = [];
  for (const section of sections) {
    for (const element of all(".rows", section.element)) {
      const list = { element, section, size: element.children.length, shown: element.children.length, was: null };
      lists.push(list);
      for (const item of element.children) {
        const row = { item, list, action: item.classList[0], kind: section.kind, text: null, hidden: false };
        rows.push(row);
      }
    }
    section.size = all(".rows > li", section.element).length;
  }

  const ENTITIES = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'", "&amp;": "&" };

  function textOf(row) {
    if (row.text === null) {
      const [summary, body] = row.item.firstElementChild.children;
      const kept = body.localName === "noscript" ? body.textContent : body.outerHTML;
      const plain = kept.replace(/<thead>.*?<tbody>|<[^>]*>/gs, " ").replace(/&[#\w]+;/g, (e) => ENTITIES[e] ?? e);
      row.text = `${summary.textContent} ${plain}`.toLowerCase();
    }
    return row.text;
  }

  function readAhead(from = 0) {
    // The first key would otherwise wait for the text of every row.
    const readSome = (idle) => {
      let at = from;
      while (at < rows.length && idle.timeRemaining() > 1) textOf(rows[at++]);
      if (at < rows.length) readAhead(at);
    };
    if ("requestIdleCallback" in window) requestIdleCallback(readSome);
  }

  /* Filters: nothing chosen means everything. The address keeps them, so that a link carries them. */

  const search = one("#search");
  const tally = one("#tally");
  const chosen = { action: new Set(), kind: new Set() };
  const toggles = [];
  let visible = rows;

  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const counted = (number) => `${grouped(number)} ${number === 1 ? "change" : "changes"}`;
  const termsOf = () => search.value.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);

  function filter() {
    const terms = termsOf();
    const filtered = terms.length > 0 || chosen.action.size > 0 || chosen.kind.size > 0;
    for (const list of lists) list.shown = 0;
    for (const section of sections) section.shown = 0;
    visible = rows.filter((row) => {
      const shown =
        (chosen.action.size === 0 || chosen.action.has(row.action)) &&
        (chosen.kind.size === 0 || chosen.kind.has(row.kind)) &&
        terms.every((term) => textOf(row).includes(term));
      if (shown) {
        row.list.shown += 1;
        row.list.section.shown += 1;
      }
      if (row.hidden === shown) {
        row.hidden = !shown;
        row.item.hidden = !shown;
      }
      return shown;
    });
    showCounts(filtered);
  }

  function showCounts(filtered) {
    root.classList.toggle("filtered", filtered);
    for (const list of lists) {
      if (list.was === list.shown) continue;
      list.was = list.shown;
      list.element.hidden = list.shown === 0;
      list.element.style.setProperty("--rows", list.shown);
    }
    for (const section of sections) {
      section.element.hidden = section.shown === 0;
      section.count.textContent = filtered ? `${grouped(section.shown)} of ${grouped(section.size)} shown · ` : "";
    }
    tally.textContent = filtered ? `${grouped(visible.length)} of ${counted(rows.length)}` : counted(rows.length);
    one("#nothing").hidden = visible.length > 0;
    one("#clear").hidden = !filtered;
    one("#fold").disabled = visible.length === 0;
    for (const { button, set, value } of toggles) button.setAttribute("aria-pressed", set.has(value));
  }

  let frame = 0;
  function filterSoon() {
    // Several keys may come within one frame; one pass answers them all.
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      filter();
    });
    writeHashSoon();
  }

  function clearFilters() {
    search.value = "";
    chosen.action.clear();
    chosen.kind.clear();
    filterSoon();
    search.focus();
  }

  let hashTimer = 0;
  function writeHashSoon() {
    // Browsers refuse an address that changes with every key.
    clearTimeout(hashTimer);
    hashTimer = setTimeout(writeHash, 200);
  }

  function writeHash() {
    const state = new URLSearchParams();
    for (const name of ["action", "kind"]) if (chosen[name].size) state.set(name, [...chosen[name]].join(","));
    if (search.value.trim()) state.set("q", search.value.trim());
    const hash = String(state);
    if (hash === location.hash.slice(1)) return;
    try {
      history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    } catch {
      // A page in a sandbox has no address of its own; its filters work all the same.
    }
  }

  function readHash() {
    const state = new URLSearchParams(location.hash.slice(1));
    search.value = state.get("q") ?? "";
    for (const name of ["action", "kind"]) {
      const known = new Set(rows.map((row) => row[name]));
      chosen[name] = new Set((state.get(name) ?? "").split(",").filter((value) => known.has(value)));
    }
    for (const toggle of toggles) toggle.set = chosen[toggle.name];
    filter();
  }

  function addToggle(button, name, value) {
    const toggle = { button, name, value, set: chosen[name] };
    toggles.push(toggle);
    button.addEventListener("click", () => {
      if (!toggle.set.delete(value)) toggle.set.add(value);
      filterSoon();
    });
  }

  function startFilters() {
    for (const tile of all(".tiles [data-action]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "tile";
      button.append(...one(".tile", tile).childNodes);
      tile.replaceChildren(button);
      addToggle(button, "action", tile.dataset.action);
    }
    for (const button of all(".chips button")) addToggle(button, "kind", button.dataset.kind);
    search.addEventListener("input", filterSoon);
    one("#clear").addEventListener("click", clearFilters);
    one("#nothing button").addEventListener("click", clearFilters);
    one("#fold").addEventListener("click", (event) => {
      const open = visible.some((row) => !row.item.firstElementChild.open);
      for (const row of visible) setOpen(row.item.firstElementChild, open);
      event.target.textContent = open ? "Close all" : "Open all";
    });
    addEventListener("hashchange", readHash);
    for (const part of all(".bar, .keys")) part.hidden = false;
    const bar = one(".bar");
    new ResizeObserver(() => {
      const sticks = getComputedStyle(bar).position === "sticky";
      root.style.setProperty("--bar", sticks ? `${bar.offsetHeight}px` : "0px");
    }).observe(bar);
    readHash();
  }

  /* Keys */

  let latest = null;

  function move(step) {
    const item = document.activeElement.closest(".rows > li") ?? latest;
    const at = visible.findIndex((row) => row.item === item);
    const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), visible.length - 1);
    if (!visible.length) return;
    latest = visible[next].item;
    const summary = one("summary", latest);
    summary.focus({ preventScroll: true });
    summary.scrollIntoView({ block: "nearest" });
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const inSearch = event.target === search;
    const inRow = event.target.closest?.(".rows > li");
    const down = event.key === "ArrowDown" ? inSearch || inRow : event.key === "j" && !inSearch;
    const up = event.key === "ArrowUp" ? inRow : event.key === "k" && !inSearch;
    if (event.key === "/" && !inSearch) {
      search.focus();
      search.select();
    } else if (event.key === "Escape" && (inSearch || root.classList.contains("filtered"))) clearFilters();
    else if (down) move(1);
    else if (up) move(-1);
    else return;
    event.preventDefault();
  }

  /* Printing: every row that is shown, open; afterwards as it was. */

  let opened = [];

  function beforePrint() {
    const closed = visible.map((row) => row.item.firstElementChild).filter((details) => !details.open);
    for (const details of closed) setOpen(details, true);
    opened.push(...closed);
  }

  function afterPrint() {
    for (const details of opened) details.open = false;
    opened = [];
  }

  function startPrinting() {
    addEventListener("beforeprint", beforePrint);
    addEventListener("afterprint", afterPrint);
    matchMedia("print").addEventListener("change", (print) => (print.matches ? beforePrint() : afterPrint()));
  }

  startTheme();
  startCopying();
  if (rows.length) {
    startDetails();
    startFilters();
    startPrinting();
    readAhead();
    document.addEventListener("keydown", onKey);
  }
})();
