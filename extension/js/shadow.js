// @ts-check
//! A trial of a change of the lists: fetches its pack, asks it about pages that were opened, and tells the relay how often it
//! would have stopped one. What counts, and what is believed, is decided in Rust. It decides nothing about any page: it is only
//! asked once everything else is known, and whatever goes wrong here ends this device's part in the trial, and no more.

import { HeldPack, Shadow } from "./engine.js";
import { release } from "./bytes.js";
import { fault } from "./fault.js";
import { hash, isTrusted } from "./lists.js";
import * as platform from "./platform.js";
import { analyser, complete, current } from "./state.js";
import * as store from "./store.js";

/** A worker may die after thirty quiet seconds: a pack that takes longer than this is asked for again at the next check-in. */
const PATIENCE = 25_000;

/** For so long a check-in waits to hear what was counted. However slow the disk is, it must not silence the device. */
const LONGEST = 2_000;

/** @type {Promise<Shadow> | null} */
let opening = null;

/** What is known of the trial: read when it is first asked for, long after a worker's first decisions. */
const opened = () =>
  (opening ??= platform.readLocal(["shadow"]).then(({ shadow }) => new Shadow(String(shadow ?? ""))));

/** @param {Shadow} shadow */
const keep = (shadow) => platform.writeLocal({ shadow: shadow.json() });

/** The last piece of work: none begins before the one before it has ended. @type {Promise<unknown>} */
let last = Promise.resolve();

/**
 * Does something for the trial, and takes the device out of it when that fails.
 * @template T
 * @param {(shadow: Shadow) => Promise<T>} work
 * @returns {Promise<T | null>}
 */
function guarded(work) {
  const done = last.then(async () => {
    const shadow = await opened();
    try {
      return await work(shadow);
    } catch (error) {
      fault(error);
      shadow.give_up();
      await keep(shadow);
      return null;
    }
  });
  // A module that has stopped cannot even give up; `fault` has started the extension again.
  const ended = done.catch(() => null);
  last = ended;
  return ended;
}

/**
 * A page is in a tab of its own: it was let through, or is being replaced and is not counted for that.
 * @param {{url: string, frameId: number, documentLifecycle?: string}} details
 */
export async function visited({ url, frameId, documentLifecycle }) {
  if (frameId !== 0 || documentLifecycle === "prerender") return;
  await complete;
  await guarded(async (shadow) => {
    if (shadow.digest() === "" || !(await isLoaded(shadow))) return;
    if (shadow.visited(analyser(), url, Date.now())) await keep(shadow);
  });
}

/**
 * Whether the trial's pack can be asked; it is read from the disk when it is here.
 * @param {Shadow} shadow
 */
async function isLoaded(shadow) {
  if (shadow.is_loaded()) return true;
  const digest = shadow.digest();
  const stored = await store.shadowPack();
  if (stored?.digest !== digest) return false;
  // That the extension itself may end here is on the disk before it can.
  const goesOn = shadow.tries();
  await keep(shadow);
  if (!goesOn) return false;
  const buffer = await stored.pack.arrayBuffer();
  shadow.take(new HeldPack(new Uint8Array(buffer)), digest, await hash(buffer));
  release(buffer);
  await keep(shadow);
  return shadow.is_loaded();
}

/**
 * What to say at a check-in; null when there is nothing, or nothing yet.
 * @returns {Promise<{batch: string} | null>}
 */
export const told = () =>
  Promise.race([tell(), /** @type {Promise<null>} */ (new Promise((resolve) => setTimeout(resolve, LONGEST, null)))]);

const tell = () =>
  guarded(async (shadow) => {
    const before = shadow.json();
    const seen = JSON.parse(shadow.told(current().relay_url, crypto.randomUUID()));
    // On the disk before it is sent: it must be the same when it is sent again.
    if (shadow.json() !== before) await keep(shadow);
    return seen;
  });

/**
 * The relay has what was told, or has refused it for good.
 * @param {{batch: string} | null} seen
 */
export const answered = (seen) =>
  guarded(async (shadow) => {
    if (!seen) return;
    shadow.answered(seen.batch);
    await keep(shadow);
  });

/**
 * The relay has told which trial runs, if any.
 * @param {any} offer
 */
export const offered = (offer) =>
  guarded(async (shadow) => {
    const { relay_url } = current();
    const before = shadow.json();
    const trusted = offer ? await isTrusted(String(offer.key)) : false;
    shadow.offered(JSON.stringify(offer ?? null), relay_url, trusted);
    if (shadow.json() !== before) {
      await keep(shadow);
      if (shadow.digest() === "") await store.putShadowPack(undefined);
    }
    if (shadow.digest() !== "" && !shadow.is_loaded()) await fetchPack(shadow, relay_url);
  });

/**
 * @param {Shadow} shadow
 * @param {string} relay
 */
async function fetchPack(shadow, relay) {
  const digest = shadow.digest();
  if ((await store.shadowPack())?.digest === digest) return;
  const pack = await get(relay + shadow.path());
  // Something else came, or nothing: the next check-in asks again.
  if (pack?.size === shadow.bytes()) await store.putShadowPack({ digest, pack });
}

/** @param {string} url */
async function get(url) {
  try {
    const response = await fetch(url, {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
    });
    return response.status === 200 ? await response.blob() : null;
  } catch {
    return null;
  }
}
