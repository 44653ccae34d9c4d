// @ts-check
//! IndexedDB: what must survive the worker, the browser and a power cut. The outbox is written with strict
//! durability, before any network call.

const NAME = "lapwing";
const OUTBOX = "outbox";
const VALUES = "values";
/** Packs of lists by digest, their pieces by digest and place, and what is known of them. Apart from the others: writing
 * megabytes must not make an alert wait. */
const PACKS = "packs";

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

/** @returns {Promise<IDBDatabase>} */
function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 2);
    request.onupgradeneeded = () => {
      const there = request.result.objectStoreNames;
      if (!there.contains(OUTBOX)) request.result.createObjectStore(OUTBOX, { keyPath: "id" });
      if (!there.contains(VALUES)) request.result.createObjectStore(VALUES);
      if (!there.contains(PACKS)) request.result.createObjectStore(PACKS);
    };
    request.onsuccess = () => {
      request.result.onclose = () => (opening = null);
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  opening.catch(() => (opening = null));
  return opening;
}

/**
 * One transaction: its result when it is on disk.
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(outbox: IDBObjectStore, values: IDBObjectStore) => IDBRequest<T> | void} work
 * @returns {Promise<T | undefined>}
 */
async function transact(mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction([OUTBOX, VALUES], mode, { durability: "strict" });
    const request = work(transaction.objectStore(OUTBOX), transaction.objectStore(VALUES));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Everything in the outbox. */
export const entries = async () => (await transact("readonly", (outbox) => outbox.getAll())) ?? [];

/** @param {{id: string}} entry */
export const putEntry = (entry) => transact("readwrite", (outbox) => outbox.put(entry));

/** @param {string} key */
export const value = (key) => transact("readonly", (_, values) => values.get(key));

/**
 * @param {string} key
 * @param {unknown} stored
 */
export const putValue = (key, stored) => transact("readwrite", (_, values) => values.put(stored, key));

/**
 * Changes a value; nobody else changes it meanwhile.
 * @param {string} key
 * @param {(stored: any) => unknown} change
 */
export const changeValue = (key, change) =>
  transact("readwrite", (_, values) => {
    const request = values.get(key);
    request.onsuccess = () => values.put(change(request.result), key);
  });

/**
 * Applies what an answer of the relay meant, all of it or nothing.
 * @param {{forget: string[], refused: {id: string, detail: string}[]}} outcome
 * @param {string} pace
 */
export const applyOutcome = (outcome, pace) =>
  transact("readwrite", (outbox, values) => {
    for (const id of outcome.forget) outbox.delete(id);
    for (const { id, detail } of outcome.refused) {
      const request = outbox.get(id);
      request.onsuccess = () => request.result && outbox.put({ ...request.result, refused: detail });
    }
    values.put(pace, "pace");
  });

const STATE = "state";
/** The pack of a trial, beside those of lists. */
const SHADOW = "shadow";

/**
 * One transaction on packs.
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(packs: IDBObjectStore) => IDBRequest<T> | void} work
 * @param {"strict" | "relaxed"} durability
 * @returns {Promise<T | undefined>}
 */
async function withPacks(mode, work, durability = "strict") {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction([PACKS], mode, { durability });
    const request = work(transaction.objectStore(PACKS));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** What is known of packs, as JSON. */
export const packState = () => withPacks("readonly", (packs) => packs.get(STATE));

/**
 * @param {string} state
 * @param {"strict" | "relaxed"} durability What is relaxed outlives the worker and the browser, not a power cut.
 */
export const putPackState = (state, durability = "strict") =>
  withPacks("readwrite", (packs) => packs.put(state, STATE), durability);

/**
 * A pack's bytes.
 * @param {string} digest
 * @returns {Promise<Blob | undefined>}
 */
export const pack = (digest) => withPacks("readonly", (packs) => packs.get(digest));

/** @param {string} digest */
const pieces = (digest) => IDBKeyRange.bound(`${digest}/`, `${digest}/~`);

/**
 * Keeps a piece, and that it is here.
 * @param {string} digest
 * @param {number} from
 * @param {Blob} piece
 * @param {string} state
 */
export const putPiece = (digest, from, piece, state) =>
  withPacks("readwrite", (packs) => {
    if (from === 0) packs.delete(pieces(digest));
    packs.put(piece, `${digest}/${String(from).padStart(12, "0")}`);
    packs.put(state, STATE);
  });

/**
 * The pieces of a pack as one.
 * @param {string} digest
 */
export const joined = async (digest) =>
  new Blob((await withPacks("readonly", (packs) => packs.getAll(pieces(digest)))) ?? []);

/**
 * Keeps a whole pack in place of its pieces.
 * @param {string} digest
 * @param {Blob} whole
 * @param {string} state
 */
export const putPack = (digest, whole, state) =>
  withPacks("readwrite", (packs) => {
    packs.delete(pieces(digest));
    packs.put(whole, digest);
    packs.put(state, STATE);
  });

/**
 * Forgets every pack but these, and their pieces.
 * @param {string[]} needed
 * @param {string} state
 */
export const keepPacks = (needed, state) =>
  withPacks("readwrite", (packs) => {
    packs.put(state, STATE);
    const keys = packs.getAllKeys();
    keys.onsuccess = () => {
      for (const key of keys.result) {
        if (key !== STATE && key !== SHADOW && !needed.includes(String(key).split("/")[0])) packs.delete(key);
      }
    };
  });

/**
 * The pack of a trial, with the digest that it should have.
 * @returns {Promise<{digest: string, pack: Blob} | undefined>}
 */
export const shadowPack = () => withPacks("readonly", (packs) => packs.get(SHADOW));

/** @param {{digest: string, pack: Blob} | undefined} pack In place of the one that is there; none to forget it. */
export const putShadowPack = (pack) =>
  withPacks("readwrite", (packs) => void (pack ? packs.put(pack, SHADOW) : packs.delete(SHADOW)));
