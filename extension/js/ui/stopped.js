// @ts-check
//! What the block page and the support page share: asking what this page is about, and the way back.

import { ask, button, el, h1, p, show, when } from "./dom.js";

/**
 * What this page is about. Goes on to the address by itself where the school allows it after all.
 * @returns {Promise<{page: any, main: boolean, key: string} | null>}
 */
export async function reason() {
  // Led here by the worker, under a key, or by one of the browser's own rules, with the address.
  const given = new URLSearchParams(location.search).get("k") ?? "";
  const answer = await ask("stopped", { key: given, url: given ? "" : location.hash.slice(1) });
  const key = answer.key ?? given;
  if (answer.goTo) {
    location.replace(answer.goTo);
    return null;
  }
  if (!answer.page) {
    show([mark(), h1("This page is not open here"), p("Go back, or open another page."), back()]);
    return null;
  }
  return { page: answer.page, main: answer.main === true && window.top === window, key };
}

/** Whose page this is. */
export const mark = () => el("img", { src: "../icons/on-48.png", width: 48, height: 48, alt: "Lapwing" });

/** A button to where the pupil was; an empty tab when there is no such place. */
export function back() {
  return button("Go back", () => {
    if (history.length > 1) history.back();
    else location.replace("about:blank");
  });
}

/** @param {any} page */
export const whoDecided = (page) =>
  p(`${page.school ? `${page.school} decides` : "Your school decides"} what can be opened here. If you think that this is wrong, tell a teacher.`);

/**
 * “gambling”, “gambling and dating”, “gambling, dating and games”.
 * @param {any} page
 */
export function about(page) {
  const labels = page.categories.map((/** @type {any} */ category) => category.label);
  return labels.length < 2 ? labels.join("") : `${labels.slice(0, -1).join(", ")} and ${labels.at(-1)}`;
}

/** @param {any} page */
export const where = (page) => (page.address ? el("p", { class: "where quiet" }, page.address) : null);

/**
 * Which rule stopped it, and whose it is.
 * @param {any} page
 */
export const decided = (page) =>
  page.decided && p(page.until ? `${page.decided} It ends on ${when(page.until)}.` : page.decided);
