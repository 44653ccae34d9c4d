// @ts-check
//! What to do about an error that should not have happened: say so in the worker's log, and, where the module itself
//! has stopped, start the extension again, since detection would otherwise be off until the worker next sleeps.

import * as platform from "./platform.js";

/** A fault that comes back at once must not make the extension start over and over. */
const AT_MOST_EVERY = 60_000;

/**
 * Whether the module can do nothing more.
 * @param {unknown} error
 */
export function hasStopped(error) {
  // After a trap inside one of its methods an object stays borrowed, and each later call says so.
  const stuck = error instanceof Error && error.message.includes("recursive use of an object");
  return stuck || error instanceof WebAssembly.RuntimeError;
}

/** @param {unknown} error */
export function fault(error) {
  console.error("Lapwing:", error);
  if (hasStopped(error)) void restart();
}

async function restart() {
  const { restarted_at: last = 0 } = await platform.readLocal(["restarted_at"]);
  const now = Date.now();
  if (last <= now && now - last < AT_MOST_EVERY) return;
  await platform.writeLocal({ restarted_at: now });
  chrome.runtime.reload();
}
