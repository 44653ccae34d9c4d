// @ts-check
//! The daily test: whether one is due, and the one part of it that only the browser can do, a real request that the blocking
//! listener has to stop. What is tested and what it means is decided in Rust; what came out goes to the relay at a check-in.

import { canary_is_due, canary_request, canary_told } from "./engine.js";
import * as platform from "./platform.js";
import { analyser, complete } from "./state.js";

/** A request that nobody stops leads nowhere: the name exists nowhere. */
const PATIENCE = 10_000;

/** Requests that are to be stopped. @type {Set<string>} */
const expected = new Set();

/**
 * Whether a request is the test's own: stopped like any other, and recorded nowhere. Each is heard of once.
 * @param {string} url
 */
export const isTest = (url) => expected.delete(url);

/** @typedef {{result: object, under: string}} Run */

/** Whether the relay asks for the test, and one is due now. */
export async function isDue() {
  await complete;
  const { school, canary } = await platform.readLocal(["school", "canary"]);
  if (!school?.canary) return false;
  return canary_is_due(JSON.stringify(canary ?? null), analyser().canary_under(platform.version()), Date.now());
}

/**
 * Runs the test if one is due.
 * @returns {Promise<Run | null>}
 */
export async function run() {
  if (!(await isDue())) return null;
  const listened = await isListening();
  const under = analyser().canary_under(platform.version());
  const result = JSON.parse(analyser().canary(listened, Date.now()));
  return result && { result, under };
}

/**
 * Whether the blocking listener stops a request before it leaves the device: it must have heard the request, and the request
 * must have come to nothing. Either alone proves nothing: a line that is down fails every request, and a browser that does
 * not heed the listener lets one through to whatever answers for a name that exists nowhere.
 */
async function isListening() {
  const url = canary_request(crypto.randomUUID());
  expected.add(url);
  const stopped = await isRejected(url);
  // Whoever stopped it has taken it out of the set.
  const heard = !expected.delete(url);
  return heard && stopped;
}

/**
 * Whether a request is refused, which a stopped one is at once. One that was still on its way when patience ended had left.
 * @param {string} url
 */
async function isRejected(url) {
  const patience = AbortSignal.timeout(PATIENCE);
  try {
    await fetch(url, { cache: "no-store", credentials: "omit", signal: patience });
    return false;
  } catch {
    return !patience.aborted;
  }
}

/**
 * The relay says when it wants the next test: at once, too, when lists were published since the last.
 * @param {{canary?: {due_in: number}}} school
 * @param {Run | null} ran
 */
export async function heard(school, ran) {
  const dueIn = Number(school.canary?.due_in ?? NaN);
  if (!Number.isFinite(dueIn)) return;
  if (!ran && dueIn > 0) return;
  const under = ran?.under ?? "";
  await platform.writeLocal({ canary: JSON.parse(canary_told(dueIn, under, Date.now())) });
}
