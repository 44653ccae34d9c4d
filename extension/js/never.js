// @ts-check
//! What is never read: passwords, also when they are shown in clear; payment and sign-in fields.
//! Pages that are never read (banks, helplines) are known to the worker, which says so at the first word.

(() => {
  const self = /** @type {any} */ (globalThis);
  self.lapwing ??= {};
  if (self.lapwing.never) return;

  const AUTOCOMPLETE = /(^|\s)(cc-|current-password|new-password|one-time-code)/i;
  /** In whatever the page says about the field. */
  const NAMES =
    /card.?(num|no\b|holder)|cvv|cvc|security.?code|\biban|sort.?code|account.?(num|no\b)|passw|passcode|one.?time.?(code|pass)/i;
  /** Short words, which mean this only as a field's own name. */
  const SHORT_NAMES = /^(pin|pwd|otp|csc|cc|mfa|totp)$|cc.?(num|name|exp|csc)|[-_](pin|pwd|otp|csc)$/i;

  /** Every field that was ever a password: “show password” turns it into a text field. @type {WeakSet<Element>} */
  const passwords = new WeakSet();
  const watcher = new MutationObserver((changes) => {
    for (const { target, oldValue } of changes) {
      if (oldValue?.toLowerCase() === "password") passwords.add(/** @type {Element} */ (target));
    }
  });

  /** @param {unknown} field */
  function notice(field) {
    if (field instanceof HTMLInputElement && field.type === "password") passwords.add(field);
  }

  /**
   * Whether this field must not be read, as it is now.
   * @param {Element} field
   */
  function read(field) {
    notice(field);
    if (passwords.has(field)) return true;
    if (AUTOCOMPLETE.test(field.getAttribute("autocomplete") ?? "")) return true;
    const said = (/** @type {string[]} */ ...names) => names.map((name) => field.getAttribute(name) ?? "");
    return NAMES.test(said("name", "id", "aria-label", "placeholder").join(" ")) ||
      said("name", "id").some((name) => SHORT_NAMES.test(name));
  }

  self.lapwing.never = {
    notice,
    read,
    attach: () =>
      watcher.observe(document, { subtree: true, attributeFilter: ["type"], attributeOldValue: true }),
    detach: () => watcher.disconnect(),
  };
})();
