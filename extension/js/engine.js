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
  return native ? native.call(Uint8Array, base64) : Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

initSync({ module: bytes(WASM_BASE64) });

export {
  Analyser,
  Outbox,
  receipt_code,
  receipt_read,
  receipt_shown,
  relay_request,
  reply_entry,
  report_entry,
  signature_header,
  signing,
} from "../pkg/lapwing_extension.js";
