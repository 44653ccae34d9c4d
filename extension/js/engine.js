// @ts-check
//! The whole WebAssembly module: a file of the extension's package, read and started after a worker's first turn, in which a
//! smaller one answers (`first.js`). Nothing that is handed on from here can be used before it is there.

import { initSync } from "../pkg/lapwing_extension.js";
import { WHOLE_SHA256 } from "../pkg/wasm.js";
import { release } from "./bytes.js";
import { carried } from "./carried.js";

const FILE = "pkg/whole.wasm";

/** @type {() => void} */
let isThere;
/** Done when the module is there. What needs it waits for this. */
export const loaded = new Promise((resolve) => (isThere = () => resolve(undefined)));

let there = false;

/** Whether the module is there. */
export const isLoaded = () => there;

/** @type {Promise<void> | null} */
let loading = null;

/**
 * Reads and starts the module, unless that has been done. What has failed is tried again when this is called again.
 * @returns {Promise<void>}
 */
export function loadEngine() {
  loading ??= load();
  loading.catch(() => (loading = null));
  return loading;
}

async function load() {
  const bytes = await carried(FILE, WHOLE_SHA256);
  // The browser compiles it in other threads; a page that is being opened has this one's core.
  const module = await WebAssembly.compile(bytes);
  release(bytes.buffer);
  initSync({ module });
  there = true;
  isThere();
}

export {
  Analyser,
  HeldPack,
  Outbox,
  Packs,
  Shadow,
  canary_is_due,
  canary_request,
  canary_told,
  pack_places,
  receipt_code,
  receipt_read,
  receipt_shown,
  relay_request,
  reply_entry,
  report_entry,
  session_derivation,
  session_due,
  signature_header,
  signing,
} from "../pkg/lapwing_extension.js";
