// @ts-check
//! The outbox as the worker holds it: the decisions of the Rust state machine, joined to the entries on disk.

import { Outbox } from "./engine.js";
import * as store from "./store.js";

/** @type {Promise<Outbox> | null} */
let opening = null;

/** What came while the disk could not be read: it waits here until it can. @type {{id: string}[]} */
const held = [];
const MOST_HELD = 200;

/** The state machine, with everything that is on disk. */
export function outbox() {
  opening ??= open();
  opening.catch(() => (opening = null));
  return opening;
}

async function open() {
  const [entries, pace] = await Promise.all([store.entries(), store.value("pace")]);
  const box = restored(entries, pace ?? "{}");
  for (const entry of held.splice(0)) await put(box, entry);
  return box;
}

/**
 * One entry that cannot be read must not keep all others here for ever.
 * @param {any[]} entries
 * @param {string} pace
 */
function restored(entries, pace) {
  try {
    return new Outbox(JSON.stringify(entries), pace);
  } catch (error) {
    console.error("Lapwing: something in the outbox cannot be read:", error);
    return new Outbox(JSON.stringify(entries.filter(isReadable)), "{}");
  }
}

/** @param {any} entry */
function isReadable(entry) {
  try {
    new Outbox(JSON.stringify([entry]), "{}").free();
    return true;
  } catch {
    return false;
  }
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
 * Keeps an entry: on disk first, and only then is anything sent. Answers whether it is on disk.
 * @param {{id: string}} entry
 * @returns {Promise<boolean>}
 */
export async function keep(entry) {
  let saved = false;
  try {
    saved = await put(await outbox(), entry);
  } catch (error) {
    console.error("Lapwing: the outbox cannot be opened:", error);
    if (held.length < MOST_HELD) held.push(entry);
  }
  whenKept();
  return saved;
}

/**
 * @param {Outbox} box
 * @param {{id: string}} entry
 */
async function put(box, entry) {
  let saved = true;
  try {
    await store.putEntry(entry);
  } catch (error) {
    // A full or broken disk: it can still be sent while this worker lives, which is better than not at all.
    console.error("Lapwing: an alert could not be written to disk:", error);
    saved = false;
  }
  const dropped = JSON.parse(box.add(JSON.stringify(entry)));
  if (dropped.length > 0) await store.applyOutcome({ forget: dropped, refused: [] }, box.pace()).catch(console.error);
  return saved;
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
