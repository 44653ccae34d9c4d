// @ts-check
//! The outbox as the worker holds it: the decisions of the Rust state machine, joined to the entries on disk.

import { Outbox } from "./engine.js";
import * as store from "./store.js";

/** @type {Promise<Outbox> | null} */
let opening = null;

/** The state machine, with everything that is on disk. */
export function outbox() {
  opening ??= Promise.all([store.entries(), store.value("pace")]).then(
    ([entries, pace]) => new Outbox(JSON.stringify(entries), pace ?? "{}"),
  );
  opening.catch(() => (opening = null));
  return opening;
}

/** @type {() => void} */
let whenKept = () => undefined;

/**
 * Calls back when there is something new to send.
 * @param {() => void} callback
 */
export function onKept(callback) {
  whenKept = callback;
}

/**
 * Keeps an entry: on disk first, and only then is anything sent.
 * @param {{id: string}} entry
 */
export async function keep(entry) {
  const box = await outbox();
  try {
    await store.putEntry(entry);
  } catch (error) {
    // A full or broken disk: it can still be sent while this worker lives, which is better than not at all.
    console.error("Lapwing: an alert could not be written to disk:", error);
  }
  const dropped = JSON.parse(box.add(JSON.stringify(entry)));
  if (dropped.length > 0) await store.applyOutcome({ forget: dropped, refused: [] }, box.pace());
  whenKept();
}

/**
 * Takes in an answer of the relay, on disk and in memory alike. Answers whether to enrol again.
 * @param {string[]} sent
 * @param {{status: number, body: string, retry_after: number | null}} answer
 * @returns {Promise<boolean>}
 */
export async function answered(sent, answer) {
  const box = await outbox();
  const outcome = JSON.parse(
    box.answered(JSON.stringify(sent), JSON.stringify(answer), Date.now(), Math.random()),
  );
  await store.applyOutcome(outcome, box.pace());
  return outcome.enrol_again;
}

/** The device has an identity (again): nothing holds sending back. */
export async function enrolled() {
  const box = await outbox();
  box.enrolled();
  await store.putValue("pace", box.pace());
}

/** @returns {Promise<{waiting: number, refused_alerts: number, refused_words: number}>} */
export const counts = async () => JSON.parse((await outbox()).counts());
