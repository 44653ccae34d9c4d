// @ts-check
//! Hears what is typed, in every frame, and passes it to the worker. Runs in pages that may be hostile: it shows
//! nothing, stores nothing and decides nothing, but for what must never be read, which is left out here, before any
//! message. A classic script, since content scripts cannot be modules; `caret.js` and `never.js` run before it.

(() => {
  const self = /** @type {any} */ (globalThis);
  // Started again after an update: the listeners of before belong to an extension that is gone.
  self.lapwing.stop?.();
  const { never, caret } = self.lapwing;

  /** How long a pause ends a burst of typing. */
  const PAUSE = 800;
  const SHORTEST = 3;
  const EVENTS = /** @type {const} */ ([
    ["beforeinput", onInput],
    ["input", onInput],
    ["compositionend", onInput],
    ["change", onInput],
    ["focusin", (/** @type {Event} */ event) => never.notice(target(event))],
    ["keydown", (/** @type {any} */ event) => event.key === "Enter" && !event.isComposing && flush()],
    ["pointerdown", flush],
    ["focusout", flush],
    ["submit", flush],
    ["pagehide", flush],
  ]);

  /** @type {WeakMap<Element, {number: number, sent: string, seen: string}>} */
  const fields = new WeakMap();
  let numbers = 0;
  /** @type {Element | null} */
  let pending = null;
  let timer = 0;

  /**
   * The field that an event is about, also inside closed shadow roots, where the page itself cannot look.
   * @param {Event} event
   * @returns {Element | null}
   */
  function target(event) {
    let found = event.composedPath()[0];
    while (found instanceof Element) {
      const root = /** @type {any} */ (chrome).dom?.openOrClosedShadowRoot?.(found);
      if (!root?.activeElement) return found;
      found = root.activeElement;
    }
    return found instanceof Document ? found.body : null;
  }

  /** @param {any} event */
  function onInput(event) {
    // A page can make events of its own; only the browser's say that somebody typed.
    if (!event.isTrusted || !isAlive()) return;
    const field = caret.field(target(event));
    if (!field) return;
    never.notice(field);
    if (event.isComposing || never.read(field)) return;
    if (pending && pending !== field) flush();
    if (!fields.has(field)) fields.set(field, { number: ++numbers, sent: "", seen: "" });
    const known = /** @type {{seen: string, sent: string}} */ (fields.get(field));
    // Before the page's own handlers empty the box.
    const now = caret.text(field);
    const removed = event.type === "input" && event.inputType?.startsWith("delete");
    known.seen = removed ? now : now || known.seen;
    // The box was emptied and is being filled again: the same words are then said a second time.
    if (now.length * 2 < known.sent.length) known.sent = "";
    pending = field;
    clearTimeout(timer);
    timer = setTimeout(flush, PAUSE);
  }

  /** Sends what is in the field that was typed in last, if it has changed. */
  function flush() {
    clearTimeout(timer);
    const field = pending;
    pending = null;
    const known = field && fields.get(field);
    if (!field || !known || !isAlive() || never.read(field)) return;
    const text = caret.text(field) || known.seen;
    known.seen = "";
    const plain = text.trim();
    // Without a letter it is a number: a card, a code, a sum.
    if (plain.length < SHORTEST || plain === known.sent || !/\p{L}/u.test(plain)) return;
    known.sent = plain;
    const message = { kind: "typed", text, hint: caret.hint(field), url: location.href, field: known.number };
    chrome.runtime.sendMessage(message).then(
      (answer) => void (answer?.read === false && detach()),
      () => void isAlive(),
    );
  }

  /** Whether the extension that started this script is still there; a script that outlived it goes quiet. */
  function isAlive() {
    if (chrome.runtime?.id) return true;
    detach();
    return false;
  }

  function detach() {
    clearTimeout(timer);
    for (const [name, listener] of EVENTS) removeEventListener(name, /** @type {any} */ (listener), true);
    never.detach();
    self.lapwing.stop = undefined;
  }

  self.lapwing.stop = detach;
  never.attach();
  for (const [name, listener] of EVENTS) addEventListener(name, /** @type {any} */ (listener), true);
})();
