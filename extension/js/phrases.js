// @ts-check
//! The phrases that words are checked for: a file of the extension's package, read after a worker's first turn, in which only
//! addresses can be answered about.

import { LISTS_SHA256 } from "../pkg/wasm.js";
import { release } from "./bytes.js";
import { carried } from "./carried.js";
import { loaded } from "./engine.js";
import { fault } from "./fault.js";
import { analyser, phrased } from "./state.js";

const FILE = "pkg/starter.lists";
const PROBLEM = "the phrases that words are checked for could not be read; only addresses are checked";
/** @type {Promise<void> | null} */
let reading = null;

/** Reads them, unless that has been done. What has failed is tried again when this is called again. */
export function readPhrases() {
  reading ??= read();
  return reading;
}

async function read() {
  let bytes;
  try {
    bytes = await carried(FILE, LISTS_SHA256);
  } catch (error) {
    fault(error);
    reading = null;
    return phrased(PROBLEM);
  }
  await loaded;
  try {
    analyser().take_lists(bytes);
    release(bytes.buffer);
  } catch (error) {
    // The very bytes that belong here are refused: that would not change by trying it again.
    fault(error);
    return phrased(PROBLEM);
  }
  await phrased("");
}
