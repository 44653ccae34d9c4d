// @ts-check
//! Addresses: asks the analyser about each, and shows the block or support page instead of what may not be opened.
//!
//! `beforeRequest` answers in the same turn, before the page loads. A worker that has just woken does not yet know the
//! school's policy; it then answers from the lists and the default policy, and asks again when it knows: the stopped
//! page lets through what the school allows, and a page that should have been stopped is replaced.

import { fault } from "./fault.js";
import { keep } from "./outbox.js";
import * as platform from "./platform.js";
import { analyser, current, ready, remember, stamp } from "./state.js";

/**
 * One stopped address. `url` is empty for unlawful content, which is never kept.
 * @typedef {{url: string, main: boolean, page: any}} Stop
 */

/** Stopped addresses that can still be asked about. */
const KEPT_STOPS = 100;

/** @type {Map<string, Stop>} */
const stops = new Map();
const restored = platform.readSession(["stops"]).then(({ stops: stored }) => {
  for (const [key, stop] of Object.entries(stored ?? {})) if (!stops.has(key)) stops.set(key, stop);
});

/**
 * @param {string} url
 * @param {boolean} main
 * @returns {{action: string, page: any} | null} `null` when there is nothing to do
 */
function decide(url, main) {
  const answer = analyser.decide(url, main, Date.now());
  return answer === "" ? null : JSON.parse(answer);
}

/**
 * Keeps a stopped address and gives the page to show instead.
 * @param {string} url
 * @param {boolean} main
 * @param {any} page
 */
function stop(url, main, page) {
  const key = crypto.randomUUID();
  stops.set(key, { url: page.address === "" && !page.search ? "" : url, main, page });
  for (const oldest of stops.keys()) {
    if (stops.size <= KEPT_STOPS) break;
    stops.delete(oldest);
  }
  restored.then(() => platform.writeSession({ stops: Object.fromEntries(stops) }));
  return pageFor(page, key);
}

/**
 * @param {any} page
 * @param {string} key
 */
const pageFor = (page, key) =>
  chrome.runtime.getURL(`pages/${page.action === "support" ? "support" : "block"}.html?k=${key}`);

/**
 * Makes the alert, if one is due, when the policy is known.
 * @param {string} url
 * @param {boolean} main
 * @param {number} tab
 */
async function record(url, main, tab) {
  await ready;
  const answer = JSON.parse(analyser.opened(JSON.stringify({ url, main, tab, ...stamp() })));
  await Promise.all([remember(), answer.entry ? keep(answer.entry) : undefined]);
}

/**
 * The blocking listener. An error here must never stop a browser from opening pages.
 * @param {any} details
 * @returns {chrome.webRequest.BlockingResponse | undefined}
 */
export function beforeRequest(details) {
  const main = details.type === "main_frame";
  const { url, tabId, frameId } = details;
  const answer = decide(url, main);
  // A page that nobody has opened yet: refuse to prepare it, and judge it when somebody does.
  if (answer && details.documentLifecycle === "prerender") return { cancel: true };
  if (answer?.page) {
    record(url, main, tabId).catch(fault);
    return { redirectUrl: stop(url, main, answer.page) };
  }
  if (current().state === "starting") enforce({ url, tabId, frameId }).catch(fault);
  else if (answer) record(url, main, tabId).catch(fault);
  return undefined;
}

/**
 * Judges an address that is already on its way or open: in-page navigation, pages that a site's own worker served,
 * and everything where the browser does not let us block.
 * @param {{url: string, tabId: number, frameId: number, documentLifecycle?: string}} details
 */
export async function enforce(details) {
  const { url, tabId, frameId } = details;
  if (!/^https?:/.test(url) || details.documentLifecycle === "prerender") return;
  await ready;
  const main = frameId === 0;
  const answer = decide(url, main);
  if (!answer) return;
  await record(url, main, tabId);
  if (!answer.page) return;
  const page = stop(url, main, answer.page);
  await (main ? platform.replaceTab(tabId, url, page) : platform.replaceFrame(tabId, frameId, url, page));
}

/** Judges every open tab again, after the policy has changed. Only what is stopped is recorded. */
export async function checkOpenTabs() {
  await ready;
  for (const tab of await platform.openTabs()) {
    if (tab.id !== undefined && tab.url && decide(tab.url, true)?.page) {
      await enforce({ url: tab.url, tabId: tab.id, frameId: 0 });
    }
  }
}

/**
 * What a stopped page shows: the page, or where to go because it may be opened after all.
 * @param {string} key
 * @returns {Promise<{page?: any, goTo?: string, main?: boolean}>}
 */
export async function stopped(key) {
  await Promise.all([ready, restored]);
  const found = stops.get(key);
  if (!found) return {};
  if (found.url === "") return { page: found.page, main: found.main };
  const answer = decide(found.url, found.main);
  return answer?.page ? { page: answer.page, main: found.main } : { goTo: found.url };
}

/**
 * The pupil was warned, and goes on. Answers with the address.
 * @param {string} key
 */
export async function goOn(key) {
  await Promise.all([ready, restored]);
  const found = stops.get(key);
  if (!found || !found.main || found.page.action !== "warn") return {};
  analyser.go_on(found.url, Date.now());
  await remember();
  return { goTo: found.url };
}
