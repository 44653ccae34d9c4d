// @ts-check
//! Starts the first WebAssembly module, synchronously: a blocking listener that is asked in the worker's first turn must have its
//! answer in that turn. The module lies in the worker's script, knows the sites that are built in, and nothing else; the whole
//! engine comes after that turn (`engine.js`). Nothing else lives here.

import { First, initSync } from "../pkg/first.js";
import { FIRST_BASE64 } from "../pkg/wasm.js";

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
  // Uint8Array.from with a function takes over a second for four megabytes; this takes a fiftieth of it.
  for (let at = 0; at < text.length; at += 1) made[at] = text.charCodeAt(at);
  return made;
}

initSync({ module: bytes(FIRST_BASE64) });

/** Answers about addresses while nothing else is known. */
export const first = new First();
