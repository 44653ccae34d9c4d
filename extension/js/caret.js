// @ts-check
//! Finds the text around the caret: which element is a field, what stands in it near where somebody types or has pasted,
//! and what the page says that the field is for.

(() => {
  const self = /** @type {any} */ (globalThis);
  self.lapwing ??= {};
  if (self.lapwing.caret) return;

  /** Characters before and after the caret. */
  const BEFORE = 900;
  const AFTER = 100;
  /** A longer text is read in pieces of at most this many characters, of which neighbours share about so many. */
  const PIECE = BEFORE + AFTER;
  const SHARED = 150;
  /** Of a pasted book only the end is read. */
  const MOST_PIECES = 20;
  /** A sentence that ends, or a line: what follows can be understood without it. */
  const END = /[.!?…]["'”’)]?\s+|\n+/g;
  const TYPES = new Set(["text", "search", "url", ""]);
  const BLOCKS = /^(P|DIV|LI|H[1-6]|BLOCKQUOTE|PRE|TD|TH|TR|DT|DD|SECTION|ARTICLE|UL|OL|BR)$/;

  /**
   * The field that an element is part of: an input, a text area, or the outermost editable element.
   * @param {Element | null} element
   * @returns {Element | null}
   */
  function field(element) {
    if (element instanceof HTMLTextAreaElement) return element;
    if (element instanceof HTMLInputElement) {
      return TYPES.has(element.type) || element.type === "password" ? element : null;
    }
    if (!(element instanceof HTMLElement) || !element.isContentEditable) return null;
    /** @type {HTMLElement} */
    let host = element;
    while (host.parentElement?.isContentEditable) host = host.parentElement;
    return host;
  }

  /**
   * What was written last: at most a thousand characters around the caret. Where more than that came in at once, pieces
   * that together cover it, the one at the caret last. They are cut between sentences where that can be, so that no
   * sentence is read in halves; one that is in two pieces is in both the same.
   * @param {Element} element
   * @param {number} cameIn how many characters came in at once before the caret
   * @returns {string[]}
   */
  function pieces(element, cameIn) {
    const length = Math.max(BEFORE, Math.min(cameIn + SHARED, MOST_PIECES * PIECE));
    // One more than is wanted shows whether there is more.
    const { before, after } = sides(element, length + 1);
    const skipped = before.length > length ? cuts(before, 0, SHARED)[0] ?? 0 : 0;
    const whole = before.slice(skipped) + after;
    const begin = (/** @type {number} */ at) => (at > 0 ? cuts(whole, at, at + SHARED)[0] ?? at : 0);
    let start = begin(before.length - skipped - BEFORE);
    const found = [whole.slice(start)];
    while (start > 0 && found.length < MOST_PIECES) {
      const end = cuts(whole, start, start + SHARED).pop() ?? start + SHARED;
      start = begin(end - PIECE);
      found.unshift(whole.slice(start, end));
    }
    return found;
  }

  /**
   * Where a stretch of text can be cut: after each sentence, or else after each word.
   * @param {string} text
   * @param {number} from
   * @param {number} to
   * @returns {number[]}
   */
  function cuts(text, from, to) {
    const stretch = text.slice(from, to);
    const after = (/** @type {RegExp} */ pattern) =>
      [...stretch.matchAll(pattern)].map((found) => from + (found.index ?? 0) + found[0].length);
    const sentences = after(END);
    return sentences.length > 0 ? sentences : after(/\s+/g);
  }

  /**
   * The text on both sides of the caret.
   * @param {Element} element
   * @param {number} length how much of what is before it
   */
  function sides(element, length) {
    if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) {
      const at = element.selectionEnd ?? element.value.length;
      return { before: element.value.slice(Math.max(0, at - length), at), after: element.value.slice(at, at + AFTER) };
    }
    const { node, offset } = caretIn(element);
    return {
      before: walk(element, node, offset, "previousNode", length),
      after: walk(element, node, offset, "nextNode", AFTER),
    };
  }

  /**
   * How much text a field holds, in characters.
   * @param {Element} element
   */
  function size(element) {
    if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) return element.value.length;
    return element.textContent?.length ?? 0;
  }

  /**
   * Where the caret is in an editable element; its end where the browser does not say.
   * @param {Element} host
   * @returns {{node: Node, offset: number}}
   */
  function caretIn(host) {
    const root = /** @type {any} */ (host.getRootNode());
    const selection = root.getSelection?.() ?? document.getSelection();
    const node = selection?.focusNode;
    if (node && host.contains(node)) {
      if (node.nodeType === Node.TEXT_NODE) return { node, offset: selection.focusOffset };
      const child = node.childNodes[selection.focusOffset];
      if (child) return { node: child, offset: 0 };
    }
    let last = /** @type {Node} */ (host);
    while (last.lastChild) last = last.lastChild;
    return { node: last, offset: last.textContent?.length ?? 0 };
  }

  /**
   * Text on one side of the caret, with a new line wherever a block begins or ends.
   * @param {Element} host
   * @param {Node} start
   * @param {number} offset
   * @param {"previousNode" | "nextNode"} step
   * @param {number} most
   */
  function walk(host, start, offset, step, most) {
    const back = step === "previousNode";
    const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    walker.currentNode = start;
    let found = "";
    let block = blockOf(start, host);
    /** @param {string} piece */
    const add = (piece) => (found = back ? piece + found : found + piece);
    if (start.nodeType === Node.TEXT_NODE) {
      const own = start.textContent ?? "";
      add(back ? own.slice(0, offset) : own.slice(offset));
    }
    for (let node = walker[step](); node && found.length < most; node = walker[step]()) {
      const here = blockOf(node, host);
      if (here !== block || node.nodeName === "BR") add("\n");
      block = here;
      if (node.nodeType === Node.TEXT_NODE) add(node.textContent ?? "");
    }
    return back ? found.slice(-most) : found.slice(0, most);
  }

  /**
   * @param {Node} node
   * @param {Element} host
   * @returns {Node}
   */
  function blockOf(node, host) {
    let at = /** @type {Node} */ (node);
    while (at !== host && at.parentNode && !BLOCKS.test(at.nodeName)) at = at.parentNode;
    return at;
  }

  /**
   * What the page says about the field: its kind, and “search” where it is a search box.
   * @param {Element} element
   */
  function hint(element) {
    const said = ["type", "role", "aria-label", "placeholder", "name"].map((name) => element.getAttribute(name) ?? "");
    const search = /search|\bq\b/i.test(said.join(" ")) || element.closest('[role="search"], search') !== null;
    const kind = element instanceof HTMLInputElement ? "input" : element instanceof HTMLTextAreaElement ? "area" : "rich";
    return search ? `${kind} search` : kind;
  }

  self.lapwing.caret = { field, pieces, size, hint };
})();
