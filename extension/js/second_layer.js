// @ts-check
//! The browser's own rules (declarativeNetRequest): puts in force what the module says they should be. They hold while
//! this worker sleeps or has failed, and come before its own answer. Nothing is decided here.

import { sha256, utf8 } from "./bytes.js";
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
    await rules.updateDynamicRules({ removeRuleIds: there.map(({ id }) => id), addRules: dynamic });
    await platform.writeLocal({ second_layer: digest });
  }
  const now = await rules.getSessionRules();
  await rules.updateSessionRules({ removeRuleIds: now.map(({ id }) => id), addRules: [...session, ...through(session.length)] });
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
