// @ts-check
//! Finds the text around the caret: which element is a field, what stands in it near where somebody types, and what
//! the page says that the field is for.

(() => {
  const self = /** @type {any} */ (globalThis);
  self.lapwing ??= {};
  if (self.lapwing.caret) return;

  /** Characters before and after the caret. */
  const BEFORE = 900;
  const AFTER = 100;
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
   * At most a thousand characters around the caret.
   * @param {Element} element
   * @returns {string}
   */
  function text(element) {
    if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) {
      const at = element.selectionEnd ?? element.value.length;
      return element.value.slice(Math.max(0, at - BEFORE), at + AFTER);
    }
    const { node, offset } = caretIn(element);
    return walk(element, node, offset, "previousNode", BEFORE) + walk(element, node, offset, "nextNode", AFTER);
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

  self.lapwing.caret = { field, text, hint };
})();
