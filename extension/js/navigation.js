// @ts-check
//! Addresses: asks the analyser about each, and shows the block or support page instead of what may not be opened.
//!
//! `beforeRequest` answers in the same turn, before the page loads. A worker that has just woken does not yet know the
//! school's policy, the packs of lists nor the phrases that searches are checked for; it then answers from the sites that are built
//! in and the default policy, and asks again when it knows: the stopped page lets through what the school allows, and a page that
//! should have been stopped is replaced. A search waits until it can be judged.

import { isTest } from "./canary.js";
import { isLoaded } from "./engine.js";
import { fault } from "./fault.js";
import { decide, isSearch, isUnlawful } from "./judge.js";
import { keep } from "./outbox.js";
import * as platform from "./platform.js";
import { isByRule, letThrough } from "./second_layer.js";
import { analyser, complete, completeOrStuck, isComplete, remember, stamp } from "./state.js";

/**
 * One stopped address. `url` is empty for unlawful content, which is never kept; `page` is null for a search that waits.
 * @typedef {{url: string, main: boolean, page: any}} Stop
 */

/** Characters of an address that is itself a page. */
const BEGINNING = 200;

/** Stopped addresses that can still be asked about. */
const KEPT_STOPS = 100;
/** Letters of one; of a longer one only the page is kept. Session storage takes ten megabytes in all, and conversations are there too. */
const LONGEST_KEPT = 8_192;

/** However slow the disk is, a search goes on after this long, in milliseconds, and is judged when it is open. */
const LONGEST_HOLD = 3_000;

/** Searches that wait, or have waited, for this worker to know everything. @type {Set<string>} */
const held = new Set();

/** @type {Map<string, Stop>} */
const stops = new Map();

/** @type {Promise<void> | null} */
let restoring = null;

/** Done when the stops of earlier workers are known; they are read when they are first asked for. */
const restored = () =>
  (restoring ??= platform.readSession(["stops"]).then(({ stops: stored }) => {
    for (const [key, stop] of Object.entries(stored ?? {})) if (!stops.has(key)) stops.set(key, stop);
  }));

/**
 * Keeps a stopped address and gives the page to show instead.
 * @param {string} url
 * @param {boolean} main
 * @param {any} page
 */
const stop = (url, main, page) => pageFor(page, kept(url, main, page));

/**
 * Keeps a stopped address and gives the key under which its page asks about it.
 * @param {string} url
 * @param {boolean} main
 * @param {any} page
 */
function kept(url, main, page) {
  const key = crypto.randomUUID();
  const isShown = page === null || page.address !== "" || page.search;
  stops.set(key, { url: isShown && url.length <= LONGEST_KEPT ? url : "", main, page });
  for (const oldest of stops.keys()) {
    if (stops.size <= KEPT_STOPS) break;
    stops.delete(oldest);
  }
  keepStops();
  return key;
}

const keepStops = () => void restored().then(() => platform.writeSession({ stops: Object.fromEntries(stops) }));

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
  await complete;
  const answer = JSON.parse(analyser().opened(JSON.stringify({ url, main, tab, ...stamp() })));
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
  if (details.documentLifecycle === "prerender" && (answer || !isComplete())) return { cancel: true };
  if (answer?.page) {
    record(url, main, tabId).catch(fault);
    return { redirectUrl: stop(url, main, answer.page) };
  }
  if (main && waits(details)) {
    held.add(url);
    record(url, main, tabId).catch(fault);
    return { redirectUrl: chrome.runtime.getURL(`pages/wait.html?k=${kept(url, main, null)}`) };
  }
  // The same search, in the engine's safe mode; it is judged when it comes back here.
  if (answer?.go_to) return { redirectUrl: answer.go_to };
  if (!isComplete()) enforce({ url, tabId, frameId }).catch(fault);
  else if (answer) record(url, main, tabId).catch(fault);
  return undefined;
}

/**
 * Whether an address is a search whose words cannot be judged yet: it is not asked for before they can be. What it leads to may
 * have an address that says nothing of the words, so it could not be found again.
 * @param {any} details
 */
const waits = ({ url, method }) =>
  !isComplete() && method === "GET" && url.length <= LONGEST_KEPT && !held.has(url) && isSearch(url);

/**
 * What the browser's own rules have stopped is told here, since the blocking listener never hears of it.
 * @param {any} details
 */
export function ledAway(details) {
  if (!isByRule(details.redirectUrl) || details.documentLifecycle === "prerender") return;
  record(details.url, details.type === "main_frame", details.tabId).catch(fault);
}

/**
 * Stops whatever a page fetches of unlawful content, and nothing else. The address is not kept.
 * @param {any} details
 * @returns {chrome.webRequest.BlockingResponse | undefined}
 */
export function beforeFetch(details) {
  if (!isUnlawful(details.url)) {
    if (!isComplete()) fetchedEarly(details).catch(fault);
    return undefined;
  }
  if (!isTest(details.url)) record(details.url, false, details.tabId).catch(fault);
  return { cancel: true };
}

/** Tabs that have been loaded anew by this worker because of what they had fetched. @type {Set<number>} */
const loadedAnew = new Set();

/**
 * Judges again what a page fetched before the licensed lists were read: the tab is loaded anew, without what it has fetched.
 * @param {{url: string, tabId: number}} details
 */
async function fetchedEarly({ url, tabId }) {
  await complete;
  if (!isUnlawful(url) || isTest(url)) return;
  await record(url, false, tabId);
  if (tabId < 0 || loadedAnew.has(tabId)) return;
  loadedAnew.add(tabId);
  await platform.loadAnew(tabId);
}

/**
 * Judges an address that is already on its way or open: in-page navigation, pages that a site's own worker served,
 * and everything where the browser does not let us block.
 * @param {{url: string, tabId: number, frameId: number, documentLifecycle?: string}} details
 */
export async function enforce(details) {
  const { url, tabId, frameId } = details;
  if (!/^(https?|blob|filesystem|data):/.test(url) || details.documentLifecycle === "prerender") return;
  await complete;
  const main = frameId === 0;
  // A whole page may be written into such an address; how it begins is enough.
  const judged = url.startsWith("data:") ? url.slice(0, BEGINNING) : url;
  const answer = decide(judged, main);
  if (!answer) return;
  await record(judged, main, tabId);
  if (!answer.page) return;
  const page = stop(judged, main, answer.page);
  await (main ? platform.replaceTab(tabId, url, page) : platform.replaceFrame(tabId, frameId, url, page));
}

/** A query that changes with every letter is judged when nobody has changed it for this long, in milliseconds. */
const STILL = 700;

/** What is being written into addresses, by tab and frame. @type {Map<string, {timer: number, judge: () => void}>} */
const writing = new Map();

/**
 * Judges an address that a page has given itself. A site is stopped at once; words are read when they are complete.
 * @param {{url: string, tabId: number, frameId: number, documentLifecycle?: string}} details
 */
export async function enforceInPage(details) {
  const { url, tabId, frameId } = details;
  await complete;
  const key = `${tabId} ${frameId}`;
  const before = writing.get(key);
  const search = isSearch(url);
  if (before) {
    clearTimeout(before.timer);
    writing.delete(key);
    // Gone from the search, not on with it: what was written before was complete.
    if (!search) before.judge();
  }
  if (!search || decide(url, frameId === 0)?.page?.search === false) return enforce(details);
  const judge = () => void enforce(details).catch(fault);
  const timer = setTimeout(() => {
    writing.delete(key);
    judge();
  }, STILL);
  writing.set(key, { timer, judge });
}

/** Judges every open tab again, after the policy has changed. Only what is stopped is recorded. */
export async function checkOpenTabs() {
  await complete;
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
  await restored();
  const found = stops.get(key);
  if (!found) return {};
  await (found.page ? completeOrStuck() : Promise.race([complete, new Promise((resolve) => setTimeout(resolve, LONGEST_HOLD))]));
  if (found.url === "") return { page: found.page, main: found.main };
  const answer = decide(found.url, found.main);
  // Without the engine nothing is known of what the school or a pack has stopped.
  if (!answer?.page && found.page && !isLoaded()) return { page: found.page, main: found.main };
  if (!answer?.page) return { goTo: found.url };
  if (!found.page) {
    found.page = answer.page;
    keepStops();
  }
  return { page: withAsk(answer.page, found.url, found.main), main: found.main };
}

/**
 * Adds what a pupil may ask for. Of a frame nobody asks.
 * @param {any} page
 * @param {string} url
 * @param {boolean} main
 */
const withAsk = (page, url, main) => ({ ...page, ask: main && isLoaded() ? analyser().ask(url, Date.now()) : "" });

/**
 * The same for a page that one of the browser's own rules shows, which knows the address and has no key.
 * @param {string} url
 * @param {boolean} main
 * @returns {Promise<{page?: any, goTo?: string, main?: boolean, key?: string}>}
 */
export async function stoppedByRule(url, main) {
  await Promise.all([completeOrStuck(), restored()]);
  if (!/^https?:/.test(url)) return {};
  const answer = decide(url, main);
  if (answer?.page) return { page: withAsk(answer.page, url, main), main, key: kept(url, main, answer.page) };
  // The rule may be the school's own, of which nothing is known without the engine.
  if (!isLoaded()) return {};
  await letThrough(url);
  return { goTo: url };
}

/**
 * The pupil was warned, and goes on. Answers with the address.
 * @param {string} key
 */
export async function goOn(key) {
  const [isThere] = await Promise.all([completeOrStuck(), restored()]);
  const found = stops.get(key);
  if (!isThere || !found?.url || !found.main || found.page.action !== "warn") return {};
  analyser().go_on(found.url, Date.now());
  await remember();
  return { goTo: found.url };
}
