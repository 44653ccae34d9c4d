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
  /** How long after a message was lost it is sent once more. */
  const AGAIN = 1_000;
  /** How long a tab is left alone that is never read: it may show another address by then. */
  const REFUSED = 60_000;
  const EVENTS = /** @type {const} */ ([
    ["beforeinput", onInput],
    ["input", onInput],
    // Many editors put in by themselves what is pasted, and no event of the browser's says so afterwards.
    ["paste", onInput],
    ["drop", onInput],
    ["compositionend", onInput],
    ["change", onInput],
    ["focusin", (/** @type {Event} */ event) => never.notice(target(event))],
    ["keydown", (/** @type {any} */ event) => event.key === "Enter" && !event.isComposing && flush()],
    ["pointerdown", flush],
    ["focusout", flush],
    ["submit", flush],
    ["pagehide", flush],
  ]);

  /**
   * What is known of a field: what was sent last, what was seen in it since, how much it held, and how much was put in
   * at once.
   * @typedef {{number: number, sent: string, seen: string[], size: number, cameIn: number}} Known
   */
  /** @type {WeakMap<Element, Known>} */
  const fields = new WeakMap();
  let numbers = 0;
  /** @type {Element | null} */
  let pending = null;
  let timer = 0;
  /** Where nothing may be read, and until when. @type {{at: string, until: number} | null} */
  let refused = null;

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
    if (event.isComposing || isRefused() || never.read(field)) return;
    if (pending && pending !== field) flush();
    if (!fields.has(field)) {
      fields.set(field, { number: ++numbers, sent: "", seen: [], size: caret.size(field), cameIn: 0 });
    }
    const known = /** @type {Known} */ (fields.get(field));
    known.cameIn = Math.max(known.cameIn, putIn(event));
    // Before the page's own handlers empty the box.
    const now = caret.pieces(field, known.cameIn);
    const removed = event.type === "input" && event.inputType?.startsWith("delete");
    if (removed || saysAnything(now)) known.seen = now;
    // The box was emptied and is being filled again: the same words are then said a second time.
    if (now[now.length - 1].length * 2 < known.sent.length) known.sent = "";
    pending = field;
    clearTimeout(timer);
    timer = setTimeout(flush, PAUSE);
  }

  /**
   * How much text an event puts in at once, in characters: by pasting, dropping, or taking a suggestion.
   * @param {any} event
   * @returns {number}
   */
  function putIn(event) {
    const carried = event.data ?? (event.clipboardData ?? event.dataTransfer)?.getData("text/plain");
    return carried?.length ?? 0;
  }

  /**
   * An editor that was emptied still holds an empty line.
   * @param {string[]} pieces
   */
  const saysAnything = (pieces) => pieces.some((piece) => piece.trim() !== "");

  /** Sends what is in the field that was typed in last, if it has changed. */
  function flush() {
    clearTimeout(timer);
    const field = pending;
    pending = null;
    const known = field && fields.get(field);
    if (!field || !known || !isAlive() || isRefused() || never.read(field)) return;
    const size = caret.size(field);
    const cameIn = Math.max(known.cameIn, size - known.size);
    const now = caret.pieces(field, cameIn);
    const pieces = saysAnything(now) ? now : known.seen;
    Object.assign(known, { seen: [], size, cameIn: 0 });
    const last = pieces.length > 0 ? pieces[pieces.length - 1].trim() : "";
    if (pieces.length < 2 && last === known.sent) return;
    const [at, hint] = [here(), caret.hint(field)];
    for (const text of pieces) {
      const plain = text.trim();
      // Without a letter it is a number: a card, a code, a sum.
      if (plain.length < SHORTEST || !/\p{L}/u.test(plain)) continue;
      known.sent = plain;
      send({ kind: "typed", text, hint, url: location.href, field: known.number }).then(
        (answer) => heed(answer, at),
        // The next key sends it all again.
        () => void Object.assign(known, { sent: "", cameIn: Math.max(known.cameIn, cameIn) }),
      );
    }
  }

  /**
   * Sends a message, and once more if the worker could not deal with it.
   * @param {object} message
   */
  async function send(message) {
    const first = await ask(message);
    if (first) return first;
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
    const second = isAlive() ? await ask(message) : null;
    if (!second) throw new Error("the worker does not answer");
    return second;
  }

  /**
   * The worker's answer; nothing where it failed.
   * @param {object} message
   */
  async function ask(message) {
    try {
      const answer = await chrome.runtime.sendMessage(message);
      return answer && !answer.fault ? answer : null;
    } catch {
      return null;
    }
  }

  /**
   * Where nothing may be read, nothing is sent while the page has that address. It may show another part of the site
   * later, and so may the page around it, whose address is not known here.
   * @param {{read: boolean, around?: boolean}} answer
   * @param {string} at where it was typed
   */
  function heed(answer, at) {
    if (!answer.read) refused = { at, until: answer.around ? Date.now() + REFUSED : Infinity };
  }

  const isRefused = () => refused !== null && refused.at === here() && Date.now() < refused.until;

  const here = () => location.origin + location.pathname;

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
