// @ts-check
//! The browser's own rules (declarativeNetRequest): puts in force what the module says they should be. They hold while
//! this worker sleeps or has failed, and come before its own answer. Nothing is decided here.

import { sha256, utf8 } from "./bytes.js";
import { fault } from "./fault.js";
import * as platform from "./platform.js";
import { analyser } from "./state.js";

const blockPage = chrome.runtime.getURL("pages/block.html");

/** Makes the browser's rules those of the policy in force; none where nobody is watched. */
export const arrange = () => inTurn(put);

/** @type {Promise<void>} */
let last = Promise.resolve();

/**
 * One after the other: of two changes at once the later one must be the one that stays, and no two may take the same number.
 * @param {() => Promise<void>} change
 */
function inTurn(change) {
  last = last.catch(() => {}).then(change);
  return last;
}

async function put() {
  const { dynamic, session } = JSON.parse(analyser().second_layer(blockPage, Date.now()));
  const rules = chrome.declarativeNetRequest;
  const there = await rules.getDynamicRules();
  const digest = await sha256(utf8(JSON.stringify(dynamic)));
  const { second_layer: kept } = await platform.readLocal(["second_layer"]);
  if (kept !== digest || there.length !== dynamic.length) {
    await replace((rules) => chrome.declarativeNetRequest.updateDynamicRules(rules), there, dynamic);
    await platform.writeLocal({ second_layer: digest });
  }
  const now = await rules.getSessionRules();
  const all = [...session, ...through(session.length)];
  await replace((rules) => chrome.declarativeNetRequest.updateSessionRules(rules), now, all);
}

/**
 * Puts rules in the place of those that are there. A browser refuses all of them for one whose expression it finds too large:
 * then that one is left out.
 * @param {(rules: {removeRuleIds: number[], addRules: any[]}) => Promise<void>} update
 * @param {{id: number}[]} there
 * @param {any[]} wanted
 */
async function replace(update, there, wanted) {
  const removeRuleIds = there.map(({ id }) => id);
  try {
    await update({ removeRuleIds, addRules: wanted });
  } catch (error) {
    fault(error);
    const reads = await Promise.all(wanted.map(isReadable));
    await update({ removeRuleIds, addRules: wanted.filter((_, index) => reads[index]) });
  }
}

/** @param {{condition: {regexFilter?: string, isUrlFilterCaseSensitive?: boolean}}} rule */
async function isReadable({ condition: { regexFilter: regex, isUrlFilterCaseSensitive: isCaseSensitive = false } }) {
  if (!regex) return true;
  return (await chrome.declarativeNetRequest.isRegexSupported({ regex, isCaseSensitive })).isSupported;
}

/** Over every rule about sites, and under none that makes a search safe. */
const LET_THROUGH = 900_000;

/** Hosts that are taken out of the rules: the listener, which knows more, decides about them. @type {Set<string>} */
const hosts = new Set();

/** More than anybody opens before the worker next ends; then the rules are asked again. */
const MOST_HOSTS = 1_000;

/**
 * Takes a host out of the rules for as long as this worker lives: the listener lets it through, and goes on deciding.
 * @param {string} url
 */
export function letThrough(url) {
  if (hosts.size >= MOST_HOSTS) hosts.clear();
  hosts.add(new URL(url).hostname);
  return arrange();
}

/**
 * One rule for all of them.
 * @param {number} before How many rules there are.
 * @returns {any[]}
 */
function through(before) {
  if (hosts.size === 0) return [];
  const condition = { requestDomains: [...hosts], resourceTypes: ["main_frame", "sub_frame", "object"] };
  return [{ id: before + 1, priority: LET_THROUGH, action: { type: "allow" }, condition }];
}

/**
 * Whether a request was led to the block page by one of these rules, which give it the address as its fragment.
 * @param {string} to Where it was led.
 */
export const isByRule = (to) => /^chrome-extension:\/\/[^/]+\/pages\/block\.html#/.test(to);
