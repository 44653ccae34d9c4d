// @ts-check
//! A new version of the extension waits until nobody has typed for a minute, at most an hour, since taking it cuts off
//! the content scripts of every open page for a moment. It never takes a report away that somebody is writing.

import { deliver } from "./deliver.js";
import * as platform from "./platform.js";
import { completeOrStuck } from "./state.js";

const QUIET = 60_000;
const DEADLINE = 3_600_000;

/** When something was typed last; 0 in a worker that has just woken, which was asleep because nothing was. */
let typedAt = 0;

/** Somebody is typing. */
export function typing() {
  typedAt = Date.now();
}

/** A new version is there. */
export async function updateAvailable() {
  const { update_since: since } = await platform.readSession(["update_since"]);
  if (since === undefined) await platform.writeSession({ update_since: Date.now() });
  await updateIfQuiet();
}

/** Takes the new version, if one waits and nobody minds. */
export async function updateIfQuiet() {
  const { update_since: since } = await platform.readSession(["update_since"]);
  if (since === undefined) return;
  const now = Date.now();
  if (now - typedAt < QUIET && now - since < DEADLINE) return;
  if (await platform.reportIsOpen()) return;
  // What is stopped but not yet recorded would be lost. Where the engine cannot be had, the new version may well be what mends it.
  if (await completeOrStuck()) await deliver();
  chrome.runtime.reload();
}
