// @ts-check
//! Who is asked about an address: the first module in a worker's first turn, and the analyser from the moment that it is there,
//! which answers the same until it knows more. So there is an answer at any time.

import { isLoaded } from "./engine.js";
import { first } from "./first.js";
import { analyser } from "./state.js";

/**
 * @param {string} url
 * @param {boolean} main
 * @returns {{action: string, page: any, go_to: string | null} | null} `null` when there is nothing to do
 */
export function decide(url, main) {
  const answer = isLoaded() ? analyser().decide(url, main, Date.now()) : first.decide(url, main);
  return answer === "" ? null : JSON.parse(answer);
}

/**
 * Whether an address is a search with words in it.
 * @param {string} url
 */
export const isSearch = (url) => (isLoaded() ? analyser() : first).is_search(url);

/**
 * Whether an address is unlawful content.
 * @param {string} url
 */
export const isUnlawful = (url) => (isLoaded() ? analyser().is_unlawful(url, Date.now()) : first.is_unlawful(url));
