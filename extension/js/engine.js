// @ts-check
//! Starts the WebAssembly module, synchronously: a blocking listener that is asked in the worker's first turn must
//! have its answer in that turn. Nothing else lives here.

import { initSync } from "../pkg/lapwing_extension.js";
import { WASM_BASE64 } from "../pkg/wasm.js";

/**
 * @param {string} base64
 * @returns {Uint8Array}
 */
function bytes(base64) {
  // Uint8Array.fromBase64 is quicker, and younger than the oldest browser that we support.
  const native = /** @type {any} */ (Uint8Array).fromBase64;
  if (native) return native.call(Uint8Array, base64);
  const text = atob(base64);
  const made = new Uint8Array(text.length);
  // Uint8Array.from with a function takes over a second for a module of four megabytes; this takes a fiftieth of it.
  for (let at = 0; at < text.length; at += 1) made[at] = text.charCodeAt(at);
  return made;
}

initSync({ module: bytes(WASM_BASE64) });

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
