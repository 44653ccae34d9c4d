// @ts-check
//! A pupil's request that a blocked site be opened for school work: sends it, and checks in more often while it waits
//! for an answer. What became of it comes with the check-in, and so does what it opens.

import { checkIn, knownDevice } from "./deliver.js";
import * as device from "./device.js";
import { relay_request } from "./engine.js";
import { stopped } from "./navigation.js";
import * as platform from "./platform.js";
import { wellFormed } from "./protocol.js";
import { current, readyOrStuck, stamp } from "./state.js";

/** For how long after a request the relay is asked every half minute, in milliseconds: then it waits like all else. */
const IMPATIENT = 30 * 60_000;
/** A page that shows a request asks for its answer every few seconds; so long after that somebody still looks at it. */
const LOOKING = 60_000;

/** When a page last showed a request that is not answered. */
let shownAt = 0;

/**
 * Sends the request for what would open a stopped page.
 * @param {string} key
 * @param {string} reason
 * @returns {Promise<{sent?: boolean, later?: number, offline?: boolean, problem?: string}>}
 */
export async function askAccess(key, reason) {
  if (!(await readyOrStuck())) return { offline: true };
  const { page } = await stopped(key);
  const known = current().state === "watching" && page?.ask ? await knownDevice() : undefined;
  if (!known) return { offline: true };
  const { id, now, account } = stamp();
  const categories = page.categories.map((/** @type {any} */ category) => category.name).slice(0, 12);
  const asked = { id, host: page.ask, reason: wellFormed(reason), categories, account, asked_at: now };
  const request = JSON.parse(relay_request("access", JSON.stringify(asked)));
  const answer = await device.send(known, request.path, request.body);
  if (answer.status === 429) return { later: answer.retry_after ?? 600 };
  if (answer.status === 422) return { problem: "Your school cannot open this site." };
  if (answer.status !== 200) return { offline: true };
  await platform.writeLocal({ asked: now });
  await checkIn();
  return { sent: true };
}

/**
 * What became of the newest request for a site; nothing when there is none.
 * @param {string} host A host, with a path where only a part of a site is meant.
 */
export async function accessState(host) {
  const { school } = await platform.readLocal(["school"]);
  const found = (school?.requests ?? []).find((/** @type {any} */ request) => request.host === host);
  if (found?.answered === "open") shownAt = Date.now();
  return { request: found ?? null };
}

/** Whether somebody has asked of late, or looks at the page on which they asked, and waits for the answer. */
export async function awaitsAnswer() {
  if (Math.abs(Date.now() - shownAt) < LOOKING) return true;
  const { asked, school } = await platform.readLocal(["asked", "school"]);
  const passed = Date.now() - Number(asked ?? 0);
  if (!asked || passed < 0 || passed > IMPATIENT) return false;
  return (school?.requests ?? []).some((/** @type {any} */ request) => request.answered === "open");
}
