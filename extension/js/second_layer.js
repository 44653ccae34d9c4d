// @ts-check
//! The browser's own rules (declarativeNetRequest): puts in force what the module says they should be. They hold while
//! this worker sleeps or has failed, and come before its own answer. Nothing is decided here.

import * as platform from "./platform.js";
import { analyser } from "./state.js";

const blockPage = chrome.runtime.getURL("pages/block.html");

/** Makes the browser's rules those of the policy in force; none where nobody is watched. */
export function arrange() {
  // One after the other: of two changes at once the later one must be the one that stays.
  last = last.catch(() => {}).then(put);
  return last;
}
let last = Promise.resolve();

async function put() {
  const { dynamic, session } = JSON.parse(analyser.second_layer(blockPage, Date.now()));
  const rules = chrome.declarativeNetRequest;
  const there = await rules.getDynamicRules();
  const digest = await sha256(JSON.stringify(dynamic));
  const { second_layer: kept } = await platform.readLocal(["second_layer"]);
  if (kept !== digest || there.length !== dynamic.length) {
    await rules.updateDynamicRules({ removeRuleIds: there.map(({ id }) => id), addRules: dynamic });
    await platform.writeLocal({ second_layer: digest });
  }
  const now = await rules.getSessionRules();
  await rules.updateSessionRules({ removeRuleIds: now.map(({ id }) => id), addRules: session });
}

/** Over every rule about sites, and under none that makes a search safe. */
const LET_THROUGH = 900_000;

/**
 * Takes a host out of the rules until they are next made: the listener, which knows more, lets it through.
 * @param {string} url
 */
export async function letThrough(url) {
  await arrange();
  const rules = chrome.declarativeNetRequest;
  const id = 1 + Math.max(0, ...(await rules.getSessionRules()).map((rule) => rule.id));
  const condition = { requestDomains: [new URL(url).hostname], resourceTypes: ["main_frame", "sub_frame", "object"] };
  const rule = { id, priority: LET_THROUGH, action: { type: "allow" }, condition };
  await rules.updateSessionRules({ addRules: [/** @type {any} */ (rule)] });
}

/**
 * Whether a request was led to the block page by one of these rules, which give it the address as its fragment.
 * @param {string} to Where it was led.
 */
export const isByRule = (to) => /^chrome-extension:\/\/[^/]+\/pages\/block\.html#/.test(to);

/** @param {string} text */
async function sha256(text) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
