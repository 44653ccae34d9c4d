// @ts-check
//! Draws pages from elements and text. There is no HTML from strings here, so nothing that anybody wrote can become
//! markup.

import { ASK } from "../protocol.js";

/**
 * Makes an element. Attributes that are `false` or missing are left out; `on…` attributes are listeners.
 * @param {string} name
 * @param {Record<string, any> | null} attributes
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === false || value === null) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** @param {...(Node | string | null | undefined | false)} children */
export const p = (...children) => el("p", null, ...children);

/** @param {string} text */
export const h1 = (text) => el("h1", { tabindex: "-1" }, text);

/** @param {string} text */
export const h2 = (text) => el("h2", null, text);

/**
 * @param {string} text
 * @param {(event: Event) => void} onclick
 * @param {string} [look]
 */
export const button = (text, onclick, look) => el("button", { type: "button", class: look, onclick }, text);

/**
 * Shows a screen, and moves to its heading so that it is read out.
 * @param {(Node | string | null | undefined | false)[]} children
 * @param {{focus?: boolean}} [how]
 */
export function show(children, { focus = true } = {}) {
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  main.replaceChildren(.../** @type {Node[]} */ (children.filter(Boolean)));
  window.scrollTo(0, 0);
  if (focus) main.querySelector("h1")?.focus();
}

/**
 * Says something to a screen reader, without moving.
 * @param {string} text
 */
export function say(text) {
  const news = document.getElementById("news");
  if (news) news.textContent = text;
}

/**
 * The box at the top of a form that says what is missing, with links to the fields.
 * @param {{field: string, text: string}[]} problems
 */
export function problemBox(problems) {
  if (problems.length === 0) return null;
  /** @param {{field: string, text: string}} problem */
  const line = ({ field, text }) => {
    if (!field) return p(text);
    const go = (/** @type {Event} */ event) => {
      event.preventDefault();
      document.getElementById(field)?.focus();
    };
    return p(el("a", { href: `#${field}`, onclick: go }, text));
  };
  return el("div", { class: "problem", role: "alert" }, ...problems.map(line));
}

/**
 * Asks the worker. It answers even when it has to be woken.
 * @param {keyof typeof ASK} kind
 * @param {Record<string, unknown>} [message]
 */
export async function ask(kind, message = {}) {
  try {
    return (await chrome.runtime.sendMessage({ ...message, kind: ASK[kind] })) ?? { fault: true };
  } catch {
    return { fault: true };
  }
}

/**
 * “Tuesday 24 November 2026, 9.14am”.
 * @param {number} at
 */
export function when(at) {
  const date = new Date(at);
  const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const hour = date.getHours();
  const minutes = String(date.getMinutes()).padStart(2, "0");
  return `${day.format(date).replace(",", "")}, ${hour % 12 || 12}.${minutes}${hour < 12 ? "am" : "pm"}`;
}
