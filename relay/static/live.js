// Keeps the inbox up to date while it is open. The server says only that something changed; this asks for the list
// again, as the same signed-in person, and puts it in place without moving the reader's focus or place on the page.
(() => {
  "use strict";
  const list = document.getElementById("waiting");
  const news = document.getElementById("news");
  const state = document.getElementById("live-state");
  if (!list || !news || !state || !window.EventSource) return;

  // The one place that turns text into HTML: the list, from this same relay, which has escaped it.
  const policy = window.trustedTypes?.createPolicy("lapwing", { createHTML: (html) => html });
  const read = (html) => new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
  const ids = (root) => new Set(Array.from(root.querySelectorAll("[data-item]"), (row) => row.dataset.item));
  const title = document.title;

  function swap(html) {
    const fresh = read(html).getElementById("waiting");
    if (!fresh) throw new Error("the answer holds no list");
    const before = ids(list);
    const added = [...ids(fresh)].filter((id) => !before.has(id)).length;
    const focused = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const anchor = Array.from(list.querySelectorAll("[data-item]")).find((row) => row.getBoundingClientRect().bottom > 0);
    const top = anchor?.getBoundingClientRect().top;

    list.replaceChildren(...fresh.childNodes);

    if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    const same = anchor && list.querySelector(`[data-item="${CSS.escape(anchor.dataset.item)}"]`);
    if (same && window.scrollY > 0) window.scrollBy(0, same.getBoundingClientRect().top - top);
    if (added > 0) {
      news.textContent = added === 1 ? "1 new item" : `${added} new items`;
      if (document.hidden) document.title = `New – ${title}`;
    }
  }

  let asking = false;
  let again = false;
  let behind = false;
  let later = 0;
  let events;
  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      do {
        again = false;
        const answer = await fetch("/inbox?part=list", { headers: { Accept: "text/html" }, redirect: "error" });
        if (!answer.ok) throw new Error(`the relay answered ${answer.status}`);
        swap(await answer.text());
      } while (again);
      if (behind) state.textContent = "Updates by itself.";
      behind = false;
    } catch {
      // Whatever opens the connection again asks again; while it is open, nothing else would until something changes.
      if (events.readyState !== EventSource.OPEN) return;
      state.textContent = "Not up to date: use Refresh, or wait. Trying again.";
      behind = true;
      clearTimeout(later);
      later = setTimeout(refresh, 5000);
    } finally {
      asking = false;
    }
  }

  function listen() {
    events = new EventSource("/inbox/events");
    // Whatever changed while there was no connection is fetched on each opening.
    events.addEventListener("open", () => { state.textContent = "Updates by itself."; refresh(); });
    events.addEventListener("change", refresh);
    events.addEventListener("end", () => {
      events.close();
      clearTimeout(later);
      state.textContent = "You have been signed out. Refresh to sign in again.";
      document.title = `Signed out – ${title}`;
    });
    events.addEventListener("error", () => {
      clearTimeout(later);
      behind = false;
      state.textContent = "Connection lost. Trying again.";
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    });
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) document.title = title; });
  listen();
})();
