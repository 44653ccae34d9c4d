// @ts-check
//! Packs of lists: fetched from the school's relay in pieces, verified as a whole, and put in force in place of the last.
//! What to fetch and what to refuse is decided in Rust; the lists that are built in decide meanwhile.

import { release } from "./bytes.js";
import { HeldPack, Packs, loaded, pack_places } from "./engine.js";
import { fault, hasStopped } from "./fault.js";
import { isFirstWorker } from "./platform.js";
import { analyser, current, listed, wordsProblem } from "./state.js";
import * as store from "./store.js";

/** Every pack's header ends within this. */
const HEAD = 1024;
/** A worker may die after thirty quiet seconds: a piece that takes longer than this is asked for again. */
const PATIENCE = 25_000;
/** However slow the disk is, addresses are judged again after this long. */
const LONGEST_LOAD = 10_000;

/** @typedef {{digest: string, version: number, bytes: number}} Pack */

/** @type {Promise<Packs> | null} */
let opening = null;

/** What is known of packs: read when it is first asked for, since a worker's first turn is no time for it. */
const known = () => (opening ??= open());

async function open() {
  const isFirst = isFirstWorker();
  const stored = store.packState().catch(fault);
  await loaded;
  const kept = await stored;
  const packs = new Packs(kept ?? "{}");
  if (packs.started(await isFirst, Date.now())) await keep(packs);
  return packs;
}

/**
 * Keeps what is known of packs. Where the disk is full it is known in this worker alone: lists that are there go on deciding.
 * @param {Packs} packs
 * @param {"strict" | "relaxed"} durability
 */
async function keep(packs, durability = "strict") {
  await store.putPackState(packs.json(), durability).catch(fault);
}

/**
 * @template T
 * @param {T} answer What it is then.
 * @returns {Promise<T>}
 */
const patience = (answer) => new Promise((resolve) => setTimeout(resolve, LONGEST_LOAD, answer));

/** @type {Promise<null> | null} */
let waited = null;

/** What is known of packs; nothing as long as storage does not answer, for which only the first who asks waits. */
const knownInTime = () => Promise.race([known(), (waited ??= patience(null))]);

/** @type {Promise<void>} */
let loading = Promise.resolve();

/** Puts in force what is stored. Called once, in the worker's first turn. */
export async function load() {
  loading = loadStored().catch(fault);
  // The time that the engine takes is none of storage's.
  await loaded;
  // Storage that does not answer is not asked again here: everything else waits for this.
  if ((await Promise.race([loading, patience(true)])) === true) listed("");
  await loading;
  await tell();
}

async function loadStored() {
  const packs = await known();
  const stored = JSON.parse(packs.in_force());
  if (stored.packs.length === 0) return analyser().drop_packs();
  const { digest } = stored.packs.at(-1);
  try {
    // That the extension itself may end here is noted where only a power cut could lose it: this is done at every start.
    packs.tries(digest);
    await keep(packs, "relaxed");
    await use(packs, { digest, ...stored });
    await keep(packs, "relaxed");
  } catch (error) {
    // Damaged or lost bytes can be fetched again; what is too much for this device cannot be made less.
    if (hasStopped(error) || error instanceof RangeError) packs.refuse(digest, notUsable(error), Date.now());
    else packs.lost(words(error));
    await keep(packs);
    if (hasStopped(error)) throw error;
    analyser().drop_packs();
    if (!isAboutPack(error)) fault(error);
  }
}

/** @param {unknown} error */
const isAboutPack = (error) => error instanceof Error && error.name === "PackError";

/** @param {unknown} error */
const words = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Why lists are refused that are sound, as IT reads it.
 * @param {unknown} error
 */
const notUsable = (error) =>
  isAboutPack(error) ? words(error) : `they could not be put in force on this device, and are refused: ${words(error)}`;

/**
 * Verifies packs and lays them on each other, in their order. That it is tried has been stored before, for the case that
 * nothing of this worker is left to say how it went.
 * @param {Packs} packs
 * @param {{digest: string, packs: Pack[], key: string}} what
 */
async function use(packs, { digest, packs: all, key }) {
  const read = await Promise.all(all.map(readStored));
  for (const { held, digests } of read) analyser().take_pack(held, key, digests);
  packs.adopted(digest);
}

/** @param {Pack} pack */
async function readStored({ digest, version }) {
  const blob = await store.pack(digest);
  if (!blob) throw Object.assign(new Error(`version ${version} is not there`), { name: "PackError" });
  const buffer = await blob.arrayBuffer();
  const hashing = hash(buffer);
  // The browser hashes in another thread while the module takes its copy.
  hashing.catch(() => undefined);
  const held = new HeldPack(new Uint8Array(buffer));
  const digests = await hashing;
  release(buffer);
  return { held, digests };
}

/**
 * The SHA-256 of each section, one after another: the browser's own is several times as quick as one in WebAssembly.
 * @param {ArrayBuffer} buffer
 */
export async function hash(buffer) {
  const head = new Uint8Array(buffer, 0, Math.min(HEAD, buffer.byteLength));
  const places = pack_places(head, buffer.byteLength);
  const hashes = [];
  for (let at = 0; at < places.length; at += 2) {
    const section = new Uint8Array(buffer, places[at], places[at + 1] - places[at]);
    hashes.push(crypto.subtle.digest("SHA-256", section));
  }
  const digests = new Uint8Array(32 * hashes.length);
  (await Promise.all(hashes)).forEach((one, index) => digests.set(new Uint8Array(one), 32 * index));
  return digests;
}

/**
 * The relay has told which lists it has.
 * @param {unknown} offer
 */
export async function offered(offer) {
  const packs = await known();
  const { relay_url, lists_key } = current();
  const before = packs.json();
  packs.offered(JSON.stringify(offer ?? null), relay_url, lists_key, Date.now(), Math.random());
  if (packs.json() !== before) await keep(packs);
  void fetchLists();
}

/**
 * Whether lists that are signed with this key would be taken from the relay.
 * @param {string} key
 */
export async function isTrusted(key) {
  const { relay_url, lists_key } = current();
  return (await known()).trusts(key, relay_url, lists_key);
}

/** @returns {Promise<{version: number, problem: string, progress: number | null}>} */
const packsState = async () => JSON.parse((await knownInTime())?.state() ?? '{"version": 0, "problem": "", "progress": null}');

/** The packs' version, and what is wrong with any lists: that words are not checked is the gravest. */
export async function listsState() {
  const state = await packsState();
  return { ...state, problem: wordsProblem() || state.problem };
}

/** What is in force, or what was refused, goes to the relay and over the open tabs when it is other than before. */
const tell = async () => listed((await packsState()).problem);

/** @type {Promise<void> | null} */
let running = null;

/** Goes on with what is to be fetched, if anything is. */
export function fetchLists() {
  running ??= run()
    .catch(fault)
    .finally(() => (running = null));
  return running;
}

async function run() {
  const packs = await known();
  // What was in force must not be laid over what replaces it.
  await loading;
  while (current().state === "watching") {
    const step = JSON.parse(packs.next(Date.now()));
    if (step.step === "fetch") await fetchPiece(packs, step);
    else if (step.step === "copy") await copyPiece(packs, step);
    else if (step.step === "verify") await verify(packs, step);
    else if (step.step === "adopt") await adopt(packs, step);
    else break;
  }
  await tell();
}

/**
 * @param {Packs} packs
 * @param {{digest: string, path: string, from: number, to: number}} step
 */
async function fetchPiece(packs, { digest, path, from, to }) {
  const { piece, retryAfter } = await get(current().relay_url + path, from, to);
  if (!piece) {
    packs.failed(retryAfter, Date.now(), Math.random());
    return keep(packs);
  }
  const head = from === 0 ? new Uint8Array(await piece.slice(0, HEAD).arrayBuffer()) : new Uint8Array();
  packs.fetched(digest, to + 1, head, Date.now());
  await putPiece(packs, digest, from, piece);
}

/**
 * @param {Packs} packs
 * @param {string} digest
 * @param {number} from
 * @param {Blob} piece
 */
async function putPiece(packs, digest, from, piece) {
  try {
    await store.putPiece(digest, from, piece, packs.json());
  } catch (error) {
    console.warn("Lapwing: a piece could not be stored:", error);
    packs.not_stored(digest, words(error), Date.now());
  }
}

/**
 * @param {Packs} packs
 * @param {{digest: string, of: string, from: number, to: number, at: number}} step
 */
async function copyPiece(packs, { digest, of, from, to, at }) {
  const piece = (await store.pack(of))?.slice(from, to);
  if (piece?.size !== to - from) return packs.cannot_copy();
  packs.fetched(digest, at + piece.size, new Uint8Array(), Date.now());
  await putPiece(packs, digest, at, piece);
}

/**
 * @param {string} url
 * @param {number} from
 * @param {number} to
 * @returns {Promise<{piece?: Blob, retryAfter?: number}>}
 */
async function get(url, from, to) {
  try {
    const response = await fetch(url, {
      headers: { Range: `bytes=${from}-${to}` },
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
    if (response.status !== 206 && response.status !== 200) return { retryAfter };
    const body = await response.blob();
    // Something between here and the relay may give the whole where a part was asked for.
    const piece = response.status === 200 ? body.slice(from, to + 1) : body;
    return piece.size === to - from + 1 ? { piece } : {};
  } catch {
    return {};
  }
}

/**
 * @param {Packs} packs
 * @param {{digest: string, bytes: number}} step
 */
async function verify(packs, { digest, bytes }) {
  packs.tries(digest);
  try {
    await store.putPackState(packs.json());
    const whole = await store.joined(digest);
    const buffer = await whole.arrayBuffer();
    const head = new Uint8Array(buffer, 0, Math.min(HEAD, buffer.byteLength));
    if (buffer.byteLength !== bytes) throw new Error("its pieces are not as long as the whole; it is fetched again later");
    const digests = await hash(buffer);
    const sound = packs.verified(digest, head, digests, Date.now());
    release(buffer);
    if (sound) await store.putPack(digest, whole, packs.json());
    else await forgetUnneeded(packs);
  } catch (error) {
    await refuse(packs, digest, error);
    await forgetUnneeded(packs);
  }
}

/**
 * Swaps: what was in force decides until this is done, and again if it fails.
 * @param {Packs} packs
 * @param {{digest: string, packs: Pack[], key: string}} step
 */
async function adopt(packs, step) {
  packs.tries(step.digest);
  try {
    await store.putPackState(packs.json());
    await use(packs, step);
  } catch (error) {
    await refuse(packs, step.digest, error);
    await loadStored();
  }
  await forgetUnneeded(packs);
}

/**
 * Whatever went wrong with a pack, it is refused, and that is on disk before anything else is done.
 * @param {Packs} packs
 * @param {string} digest
 * @param {unknown} error
 */
async function refuse(packs, digest, error) {
  packs.refuse(digest, notUsable(error), Date.now());
  await keep(packs);
  if (hasStopped(error)) throw error;
}

/** @param {Packs} packs */
const forgetUnneeded = (packs) => store.keepPacks(JSON.parse(packs.needed()), packs.json()).catch(fault);
