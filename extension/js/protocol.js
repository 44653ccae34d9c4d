// @ts-check
//! The messages inside the extension, and who may send which. This is the line of trust: a content script lives in a
//! page that may be hostile, so it may only say what was typed; everything else comes from the extension's own pages.

/**
 * From the content script: what is in one field.
 * @typedef {{kind: "typed", text: string, hint: string, url: string, field: number}} TypedMessage
 */

/** What the extension's own pages may ask. */
export const ASK = Object.freeze({
  /** Where the extension stands, and what the school has set. */
  status: "status",
  /** What a stopped page is about, or that it may be opened after all. */
  stopped: "stopped",
  /** The pupil was warned, and goes on. */
  goOn: "go_on",
  /** Ask staff for a blocked site. */
  access: "access",
  /** What became of that. */
  accessState: "access_state",
  /** Store a report; answers with its receipt code. */
  report: "report",
  /** Whether a report or a message has reached the school. */
  sent: "sent",
  /** Read the replies to a report. */
  thread: "thread",
  /** Add a message to a report. */
  reply: "reply",
});

const LONGEST_TEXT = 1_100;
const LONGEST_HINT = 200;
const LONGEST_URL = 4_000;

/**
 * Whether a message comes from one of the extension's own pages.
 * @param {chrome.runtime.MessageSender} sender
 */
export function isOwnPage(sender) {
  return sender.id === chrome.runtime.id && (sender.url ?? "").startsWith(chrome.runtime.getURL("pages/"));
}

/**
 * Reads what a content script said, or nothing when it is not of the shape that ours sends.
 * @param {any} message
 * @param {chrome.runtime.MessageSender} sender
 */
export function typed(message, sender) {
  const tab = sender.tab?.id;
  if (sender.id !== chrome.runtime.id || tab === undefined || message?.kind !== "typed") return null;
  if (typeof message.text !== "string" || typeof message.url !== "string") return null;
  return {
    text: wellFormed(message.text.slice(-LONGEST_TEXT)),
    hint: wellFormed(String(message.hint ?? "").slice(0, LONGEST_HINT)),
    url: wellFormed(message.url.slice(0, LONGEST_URL)),
    // As the browser tells it, not the page: a frame without an address has that of whoever made it.
    origin: wellFormed((sender.origin ?? "").slice(0, LONGEST_URL)),
    top: wellFormed((sender.tab?.url ?? "").slice(0, LONGEST_URL)),
    tab,
    field: `${tab}/${sender.frameId}/${sender.documentId}/${Number(message.field)}`,
  };
}

/**
 * Text without halves of characters, which cutting leaves behind and JSON cannot carry.
 * @param {string} text
 * @returns {string}
 */
export const wellFormed = (text) => /** @type {any} */ (text).toWellFormed();
