// @ts-check
//! IndexedDB: what must survive the worker, the browser and a power cut. The outbox is written with strict
//! durability, before any network call.

const NAME = "lapwing";
const OUTBOX = "outbox";
const VALUES = "values";

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

/** @returns {Promise<IDBDatabase>} */
function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(OUTBOX, { keyPath: "id" });
      request.result.createObjectStore(VALUES);
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
