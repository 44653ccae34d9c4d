// @ts-check
//! What the worker knows: the analyser, and where the extension stands. The worker dies after thirty quiet seconds,
//! so each start gathers it again: from the last start at once, from managed storage when that answers.

import { Analyser, isLoaded, loaded } from "./engine.js";
import * as icon from "./icon.js";
import * as platform from "./platform.js";

/**
 * @typedef {object} Status
 * @property {string} state
 * @property {string} school
 * @property {string} relay_url
 * @property {string} enrolment_key
 * @property {string} policy_version
 * @property {string} in_force
 * @property {string} lists_version
 * @property {string} lists_key
 * @property {string[]} problems
 */

/** @type {Analyser | null} */
let made = null;

/** What decides. It can be asked when the engine is there. */
export const analyser = () => (made ??= new Analyser());

/** @type {Status} */
let status = {
  state: "starting",
  school: "",
  relay_url: "",
  enrolment_key: "",
  policy_version: "",
  in_force: "",
  lists_version: "",
  lists_key: "",
  problems: [],
};

/** Where the extension stands now. */
export const current = () => status;

/** The account signed in to the browser. */
let account = "";

/** @type {((status: Status) => void)[]} */
const followers = [];

/** @type {() => void} */
let isReady;
/** Done when the extension knows whether it watches, and under which policy. */
export const ready = new Promise((resolve) => (isReady = () => resolve(undefined)));

/** @type {() => void} */
let isListed;
const packsKnown = new Promise((resolve) => (isListed = () => resolve(undefined)));
let packsAreKnown = false;

/** @type {() => void} */
let isPhrased;
const phrasesKnown = new Promise((resolve) => (isPhrased = () => resolve(undefined)));
/** Why words are not checked; null while it is not known whether they are. @type {string | null} */
let phraseProblem = null;

/** Why words are not checked; empty when they are, or that is not known yet. */
export const wordsProblem = () => phraseProblem ?? "";

/** Done when the extension knows whether it watches, and words can be read. */
export const readable = Promise.all([ready, phrasesKnown]);

/** Done when, besides, the packs of lists that are stored decide too. */
export const complete = Promise.all([readable, packsKnown]);

/** @type {() => void} */
let isStuck;
const stuck = new Promise((resolve) => (isStuck = () => resolve(undefined)));

/**
 * Waits, but no longer than until it is known that the engine cannot be had: a page that was stopped still says so.
 * @param {Promise<unknown>} done What can only be done with the engine.
 * @returns {Promise<boolean>} Whether it is.
 */
async function orStuck(done) {
  await Promise.race([done, stuck]);
  if (isLoaded()) await done;
  return isLoaded();
}

/** Whether the engine is there, as soon as everything is known or it is clear that it cannot be had. */
export const completeOrStuck = () => orStuck(complete);

/** The same, as soon as it is there or cannot be had. */
export const loadedOrStuck = () => orStuck(loaded);

/** The same, as soon as it is known whether the extension watches. */
export const readyOrStuck = () => orStuck(ready);

/** Whether addresses are judged by everything that is known. */
export const isComplete = () => isLoaded() && packsAreKnown && phraseProblem !== null && status.state !== "starting";

/** Why the lists that the relay has are not in force. */
let packProblem = "";

/**
 * The packs of lists are in force, or others are than before, or it is known that there are none.
 * @param {string} problem
 */
export async function listed(problem) {
  packsAreKnown = true;
  packProblem = problem;
  isListed();
  await settle();
}

/**
 * The phrases are there, or it is known why not.
 * @param {string} problem
 */
export async function phrased(problem) {
  phraseProblem = problem;
  isPhrased();
  await settle();
}

/** What has been gathered so far, in the shape that the analyser reads. */
const setup = {
  install_type: /** @type {string | null} */ (null),
  managed: /** @type {unknown} */ (null),
  kept: /** @type {unknown} */ (null),
  empty_since: /** @type {number | null} */ (null),
  now: 0,
};

/**
 * The engine could not be started: only the sites that are built in are checked. It is tried again.
 * @param {unknown} error
 */
export function notStarted(error) {
  status = { ...status, state: "broken", problems: [String(error)] };
  icon.show(status);
  isStuck();
}

/**
 * Calls back whenever another policy decides than before, or the extension starts or stops watching.
 * @param {(status: Status) => void} follower
 */
export function follow(follower) {
  followers.push(follower);
}

/** What every alert carries that only the browser can give. */
export const stamp = () => ({ id: crypto.randomUUID(), now: Date.now(), account });

/** Keeps what must outlive the worker. Unchanged text is not written again. */
export async function remember() {
  const session = analyser().session();
  if (session === remembered) return;
  remembered = session;
  await platform.writeSession({ analyser: session });
}
let remembered = "";

/** Gathers everything. Called once, in the worker's first turn. */
export async function start() {
  const [installType, local, session, who] = await Promise.all([
    platform.installType(),
    platform.readLocal(["policy", "policy_empty_since", "school", "school_policy"]),
    platform.readSession(["analyser", "checked_under"]),
    platform.account(),
    loaded,
  ]);
  account = who ?? "";
  restore(session.analyser);
  announced(local.school);
  analyser().school_kept(JSON.stringify(local.school_policy ?? {}), account);
  checkedUnder = session.checked_under ?? "";
  setup.install_type = installType;
  setup.kept = local.policy ?? null;
  setup.empty_since = local.policy_empty_since ?? null;
  await settle();
  await refresh();
}

/** Asks managed storage again, and who is signed in: that changes while a worker lives, and alerts name it. */
export async function refresh() {
  await heedAccount();
  const managed = await platform.managed();
  if (managed === null) return;
  setup.managed = managed;
  await settle();
}

/** What was allowed to one pupil holds for the account that is signed in now. */
async function heedAccount() {
  await loaded;
  const who = await platform.account();
  if (who === null || who === account) return;
  const { school_policy: kept } = await platform.readLocal(["school_policy"]);
  account = who;
  analyser().school_kept(JSON.stringify(kept ?? {}), account);
}

/**
 * Takes in the lessons that staff have announced, from what the school has set. Which of them hold is asked at each check.
 * @param {{lessons?: unknown} | null | undefined} school
 */
export function announced(school) {
  analyser().announced(JSON.stringify(school?.lessons ?? []));
}

/**
 * Takes in the school's policy as a check-in told of it, keeps the last good one, and follows it at once.
 * @param {{policy?: unknown}} school
 */
export async function heardPolicy(school) {
  const keep = analyser().school_news(JSON.stringify(school.policy ?? null), status.relay_url);
  if (keep !== keptPolicy) {
    keptPolicy = keep;
    await platform.writeLocal({ school_policy: JSON.parse(keep) });
  }
  await settle();
}
let keptPolicy = "";

/** @param {unknown} session */
function restore(session) {
  if (typeof session !== "string") return;
  try {
    analyser().restore(session);
    remembered = session;
  } catch (error) {
    console.warn("Lapwing: what the last worker remembered could not be read:", error);
  }
}

/** Under which standing the open tabs were last checked. */
let checkedUnder = "";

async function settle() {
  await loaded;
  try {
    const change = JSON.parse(analyser().settle(JSON.stringify({ ...setup, now: Date.now() })));
    status = change.status;
    if (status.state !== "starting") await keep(change);
  } catch (error) {
    status = { ...status, state: "broken", problems: [String(error)] };
  }
  icon.show(status);
  if (status.state === "starting") return;
  isReady();
  // A worker that has just woken has not read its packs nor its phrases yet: that is no change.
  if (!isComplete()) return;
  const { state, policy_version, in_force, relay_url, lists_version, problems } = status;
  const under = [state, policy_version, in_force, relay_url, lists_version, packProblem, wordsProblem(), ...problems].join(" ");
  if (under === checkedUnder) return;
  checkedUnder = under;
  await platform.writeSession({ checked_under: under });
  for (const follower of followers) follower(status);
}

/** @param {{keep: unknown, empty_since: number | null}} change */
async function keep(change) {
  const same = JSON.stringify(setup.kept) === JSON.stringify(change.keep);
  if (same && setup.empty_since === change.empty_since) return;
  setup.kept = change.keep;
  setup.empty_since = change.empty_since;
  await platform.writeLocal({ policy: change.keep, policy_empty_since: change.empty_since });
}
