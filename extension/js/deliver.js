// @ts-check
//! Delivery: keeps sending what the outbox says comes next, enrols the device when it has no identity, and checks in.
//! How long to wait and what an answer means is decided by the outbox.

import * as canary from "./canary.js";
import * as device from "./device.js";
import { relay_request } from "./engine.js";
import { fault } from "./fault.js";
import { answered, counts, enrolled, outbox } from "./outbox.js";
import { listsState, offered } from "./lists.js";
import * as platform from "./platform.js";
import * as session from "./session.js";
import * as shadow from "./shadow.js";
import { announced, current, heardPolicy, ready } from "./state.js";

/** A timer is worth setting only while the worker is likely to live; the alarm takes over after that. */
const WORTH_WAITING = 25_000;

/** @type {Promise<void> | null} */
let running = null;
let again = false;

/** Sends what can be sent now. Calls during a run make it look once more at its end. */
export function deliver() {
  if (running) {
    again = true;
    return running;
  }
  running = sendAll()
    .catch(fault)
    .finally(() => {
      running = null;
      if (again) {
        again = false;
        deliver();
      }
    });
  return running;
}

async function sendAll() {
  await ready;
  const box = await outbox();
  while (current().state === "watching") {
    const step = JSON.parse(box.next(Date.now()));
    if (step.step === "wait") {
      const wait = step.until - Date.now();
      if (wait < WORTH_WAITING) setTimeout(deliver, Math.max(wait, 0));
    }
    if (step.step !== "send") return;
    const known = await knownDevice();
    if (!known) return;
    const answer = await device.send(known, step.path, step.body);
    if (await answered(step.ids, answer)) await device.forget();
  }
}

/** @type {Promise<device.Device | undefined> | null} */
let enrolling = null;

/** The device's identity, asked for if need be; nothing when the relay gives none now. */
export async function knownDevice() {
  const known = await device.identity();
  if (known) return known;
  enrolling ??= enrol().finally(() => (enrolling = null));
  return enrolling;
}

async function enrol() {
  const { device: made, answer } = await device.enrol();
  if (made) await enrolled();
  else await answered([], answer);
  return made;
}

/** Tells the relay that this device is alive, and keeps what the school has set. */
export async function checkIn() {
  // The first answer asks for the daily test: whoever uses a browser for a minute only has proved itself then, too.
  if ((await sayHello()) === null && (await canary.isDue())) await sayHello();
}

/** Answers with the daily test that went along; null when none did, nothing when it was no check-in. */
async function sayHello() {
  await ready;
  if (current().state !== "watching") return;
  const known = await knownDevice();
  if (!known) return;
  const offer = await session.offer(known);
  const { school } = await platform.readLocal(["school"]);
  const { version, problem } = await listsState();
  const ran = await canary.run().catch(failedTest);
  const seen = await shadow.told();
  const newer = {
    ...(offer ? { session_point: offer.point } : {}),
    ...(school?.lists || problem ? { lists: { version, problem } } : {}),
    ...(ran ? { canary: ran.result } : {}),
    ...(seen ? { shadow: seen } : {}),
  };
  let answer = await sayAlive(known, newer);
  if (Object.keys(newer).length > 0 && (answer.status === 400 || answer.status === 422)) {
    // A relay refuses what it does not know: this one is of before sessions, or of before packs.
    if (offer) await session.answered(known, offer, null);
    // What was counted must not stand in the way of the rest again: it is given up.
    void shadow.answered(seen);
    answer = await sayAlive(known, {});
  } else if (offer && answer.status === 200) {
    const grant = granted(answer);
    if (grant !== undefined) await session.answered(known, offer, grant);
  }
  await heardBack(answer, ran, seen);
  return answer.status === 200 ? ran : undefined;
}

/** @param {unknown} error */
function failedTest(error) {
  // A test that cannot be made must not silence the device; that it is missing is seen at the relay.
  fault(error);
  return null;
}

/**
 * @param {device.Device} known
 * @param {object} newer what an older relay would not know
 */
async function sayAlive(known, newer) {
  const status = current();
  const { waiting, refused_alerts, refused_words } = await counts();
  const request = JSON.parse(
    relay_request(
      "check-in",
      JSON.stringify({
        extension_version: platform.version(),
        browser: platform.browser(),
        lists_version: status.lists_version,
        policy_version: status.policy_version,
        state: status.problems.length > 0 ? "bad_policy" : "watching",
        waiting,
        refused: refused_alerts + refused_words,
        ...newer,
      }),
    ),
  );
  return device.sendOwn(known, request.path, request.body);
}

/**
 * The session that the relay has begun, null when it begins none; nothing when these are not the relay's words.
 * @param {device.Answer} answer
 */
function granted(answer) {
  try {
    return JSON.parse(answer.body).session ?? null;
  } catch {
    return undefined;
  }
}

/**
 * @param {device.Answer} answer
 * @param {canary.Run | null} ran
 * @param {{batch: string} | null} seen what was told of a trial
 */
async function heardBack(answer, ran, seen) {
  if (answer.status === 401 || answer.status === 403) {
    if (await answered([], answer)) await device.forget();
  }
  if (answer.status !== 200) return;
  try {
    const school = JSON.parse(answer.body);
    announced(school);
    void shadow.answered(seen);
    await platform.writeLocal({ school, contact: Date.now() });
    await canary.heard(school, ran);
    await heardPolicy(school);
    await offered(school.lists);
    void shadow.offered(school.shadow);
  } catch {
    // Not the relay's words (a sign-in page of the network): what was kept still holds.
    return;
  }
  const box = await outbox();
  if (JSON.parse(box.next(Date.now())).step === "halted") await enrolled();
  await deliver();
}

/**
 * Asks the relay for the replies to a report.
 * @param {string} receipt
 * @returns {Promise<device.Answer>}
 */
export async function askThread(receipt) {
  await ready;
  const none = { status: 0, body: "", retry_after: null };
  const known = current().state === "watching" ? await knownDevice() : undefined;
  if (!known) return none;
  const request = JSON.parse(relay_request("thread", JSON.stringify({ receipt })));
  return device.send(known, request.path, request.body);
}

/** The browser has started or the network is back: what held sending back may be over. */
export async function hurry() {
  (await outbox()).hurry();
  await deliver();
}
