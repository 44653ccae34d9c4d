// @ts-check
//! The service worker: registers every listener in its first turn, since the browser wakes a stopped worker only for
//! listeners that it finds then. Each listener hands on to the module that knows what to do.

import { awaitsAnswer } from "./access.js";
import { checkIn, deliver, hurry } from "./deliver.js";
import { loadEngine } from "./engine.js";
import { fault } from "./fault.js";
import { fetchLists, load } from "./lists.js";
import { beforeFetch, beforeRequest, checkOpenTabs, enforce, enforceInPage, ledAway } from "./navigation.js";
import { keep, onKept } from "./outbox.js";
import { answerPage } from "./pages.js";
import { readPhrases } from "./phrases.js";
import * as platform from "./platform.js";
import { isOwnPage, typed } from "./protocol.js";
import { arrange } from "./second_layer.js";
import { visited } from "./shadow.js";
import { analyser, follow, loadedOrStuck, notStarted, readable, refresh, remember, stamp, start } from "./state.js";
import { typing, updateAvailable, updateIfQuiet } from "./update.js";

const TICK = "tick";
const CHECK_IN = "check-in";
/** How long a worker waits for the event that woke it before it gathers what it knows, in milliseconds. */
const FIRST = 20;
/** So long at most what comes in waits for the engine, in milliseconds: without it less can be answered. */
const PATIENCE = 3_000;

function listenToAddresses() {
  const frames = { urls: ["http://*/*", "https://*/*"], types: ["main_frame", "sub_frame", "object"] };
  const fetches = {
    urls: ["http://*/*", "https://*/*", "ws://*/*", "wss://*/*"],
    types: ["stylesheet", "script", "image", "font", "xmlhttprequest", "media", "websocket", "other"],
  };
  /** @param {(details: any) => chrome.webRequest.BlockingResponse | undefined} answer */
  const guarded = (answer) => (/** @type {any} */ details) => {
    try {
      return answer(details);
    } catch (error) {
      fault(error);
      return undefined;
    } finally {
      beginLater(0);
    }
  };
  try {
    chrome.webRequest.onBeforeRequest.addListener(guarded(beforeRequest), /** @type {any} */ (frames), ["blocking"]);
    chrome.webRequest.onBeforeRequest.addListener(guarded(beforeFetch), /** @type {any} */ (fetches), ["blocking"]);
    chrome.webRequest.onBeforeRedirect.addListener(guarded(ledAway), /** @type {any} */ (frames));
  } catch (error) {
    // Only where no school's policy installed the extension; then it watches nobody, so nothing is lost.
    fault(error);
  }
  const enforceLater = (/** @type {any} */ details) => void enforce(details).catch(fault);
  const web = { url: [{ schemes: ["http", "https"] }] };
  const committed = { url: [{ schemes: ["http", "https", "blob", "data", "filesystem"] }] };
  chrome.webNavigation.onCommitted.addListener(enforceLater, committed);
  chrome.webNavigation.onCommitted.addListener((details) => void visited(details).catch(fault), web);
  const enforceWhenStill = (/** @type {any} */ details) => void enforceInPage(details).catch(fault);
  chrome.webNavigation.onHistoryStateUpdated.addListener(enforceWhenStill, web);
  chrome.webNavigation.onReferenceFragmentUpdated.addListener(enforceWhenStill, web);
}

/** @param {NonNullable<ReturnType<typeof typed>>} heard */
async function readTyped(heard) {
  typing();
  await engine();
  await readable;
  // Done long ago, unless it has failed: then it is tried once more for these words.
  await readPhrases();
  const reading = JSON.parse(analyser().heard(JSON.stringify({ ...heard, ...stamp() })));
  await Promise.all([remember(), reading.entry ? keep(reading.entry) : undefined]);
  return { read: reading.read, around: reading.around };
}

/**
 * @param {unknown} message
 * @param {chrome.runtime.MessageSender} sender
 * @param {(answer: unknown) => void} respond
 */
function onMessage(message, sender, respond) {
  const heard = isOwnPage(sender) ? null : typed(message, sender);
  const work = isOwnPage(sender) ? engine().then(() => answerPage(message, sender)) : heard && readTyped(heard);
  if (!work) return false;
  work.then(respond, (error) => {
    fault(error);
    respond({ fault: true });
  });
  return true;
}

/** @param {chrome.alarms.Alarm} alarm */
async function onAlarm(alarm) {
  await engine();
  // All else is the engine's, which is waited for where it is merely slow; where it cannot be had it is tried again at the next tick.
  if (!(await loadedOrStuck())) return updateIfQuiet();
  void readPhrases();
  if (alarm.name === CHECK_IN) return checkIn();
  await refresh();
  void fetchLists();
  await deliver();
  if (await awaitsAnswer()) await checkIn();
  await updateIfQuiet();
}

/**
 * The first worker after the extension was installed, updated or started again: pages that are open already have no
 * content script, or one that is cut off. Session storage is emptied by all of these, and by nothing else.
 */
async function ensureListening() {
  const { listening } = await platform.readSession(["listening"]);
  if (listening) return;
  await platform.listenInOpenTabs();
  // Afterwards: a worker that is stopped before has perhaps not reached every page, and the next begins again.
  await platform.writeSession({ listening: true });
}

async function ensureAlarms() {
  if (!(await chrome.alarms.get(TICK))) await chrome.alarms.create(TICK, { periodInMinutes: 0.5 });
  if (!(await chrome.alarms.get(CHECK_IN))) await chrome.alarms.create(CHECK_IN, { periodInMinutes: 5 });
}

let begun = false;

/**
 * Starts the engine, and what a worker has to know is gathered. Done when the engine is there, or cannot be had now: what has
 * failed is tried again when this is called again.
 */
function engine() {
  begin();
  const started = loadEngine().catch((error) => {
    fault(error);
    notStarted(error);
  });
  return Promise.race([started, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
}

/** Gathers what a worker has to know, once. A page that waits for the worker's first answer does not wait for this too. */
function begin() {
  if (begun) return;
  begun = true;
  void engine();
  load().catch(fault);
  void readPhrases();
  start().catch(fault);
  ensureListening().catch(fault);
  ensureAlarms().catch(fault);
}

/** @param {number} wait */
function beginLater(wait) {
  if (!begun) setTimeout(begin, wait);
}

listenToAddresses();
chrome.runtime.onMessage.addListener(onMessage);
chrome.alarms.onAlarm.addListener((alarm) => void onAlarm(alarm).catch(fault));
chrome.storage.onChanged.addListener((_, area) => void (area === "managed" && refresh().catch(fault)));
chrome.identity.onSignInChanged.addListener(() => void refresh().catch(fault));
chrome.runtime.onStartup.addListener(() => void engine().then(hurry).catch(fault));
chrome.runtime.onUpdateAvailable.addListener(() => void updateAvailable().catch(fault));
self.addEventListener("online", () => void engine().then(hurry).catch(fault));

onKept(() => void deliver());
follow((status) => {
  arrange().catch(fault);
  if (status.state !== "watching") return;
  checkOpenTabs().catch(fault);
  checkIn().catch(fault);
});
beginLater(FIRST);
