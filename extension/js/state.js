// @ts-check
//! What the worker knows: the analyser, and where the extension stands. The worker dies after thirty quiet seconds,
//! so each start gathers it again: from the last start at once, from managed storage when that answers.

import { Analyser } from "./engine.js";
import * as icon from "./icon.js";
import * as platform from "./platform.js";

/**
 * @typedef {object} Status
 * @property {string} state
 * @property {string} school
 * @property {string} relay_url
 * @property {string} enrolment_key
 * @property {string} policy_version
 * @property {string} lists_version
 * @property {string[]} problems
 */

export const analyser = new Analyser();

/** @type {Status} */
let status = {
  state: "starting",
  school: "",
  relay_url: "",
  enrolment_key: "",
  policy_version: "",
  lists_version: "",
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

/** What has been gathered so far, in the shape that the analyser reads. */
const setup = {
  install_type: /** @type {string | null} */ (null),
  managed: /** @type {unknown} */ (null),
  kept: /** @type {unknown} */ (null),
  empty_since: /** @type {number | null} */ (null),
  now: 0,
};

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
  const session = analyser.session();
  if (session === remembered) return;
  remembered = session;
  await platform.writeSession({ analyser: session });
}
let remembered = "";

/** Gathers everything. Called once, in the worker's first turn. */
export async function start() {
  const [installType, local, session, who] = await Promise.all([
    platform.installType(),
    platform.readLocal(["policy", "policy_empty_since", "school"]),
    platform.readSession(["analyser", "checked_under"]),
    platform.account(),
  ]);
  account = who;
  restore(session.analyser);
  announced(local.school);
  checkedUnder = session.checked_under ?? "";
  setup.install_type = installType;
  setup.kept = local.policy ?? null;
  setup.empty_since = local.policy_empty_since ?? null;
  await settle();
  await refresh();
}

/** Asks managed storage again. */
export async function refresh() {
  const managed = await platform.managed();
  if (managed === null) return;
  setup.managed = managed;
  await settle();
}

/**
 * Takes in the lessons that staff have announced, from what the school has set. Which of them hold is asked at each check.
 * @param {{lessons?: unknown} | null | undefined} school
 */
export function announced(school) {
  analyser.announced(JSON.stringify(school?.lessons ?? []));
}

/** @param {unknown} session */
function restore(session) {
  if (typeof session !== "string") return;
  try {
    analyser.restore(session);
    remembered = session;
  } catch (error) {
    console.warn("Lapwing: what the last worker remembered could not be read:", error);
  }
}

/** Under which standing the open tabs were last checked. */
let checkedUnder = "";

async function settle() {
  try {
    const change = JSON.parse(analyser.settle(JSON.stringify({ ...setup, now: Date.now() })));
    status = change.status;
    if (status.state !== "starting") await keep(change);
  } catch (error) {
    status = { ...status, state: "broken", problems: [String(error)] };
  }
  icon.show(status);
  if (status.state === "starting") return;
  isReady();
  const { state, policy_version, relay_url, lists_version, problems } = status;
  const under = [state, policy_version, relay_url, lists_version, ...problems].join(" ");
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
