// @ts-check
//! The phrases that words are checked for: a file of the extension's package, read after a worker's first turn. That turn has to
//! answer about addresses and cannot wait for a file; and whatever it has to load, the page waits for.

import { LISTS_SHA256 } from "../pkg/wasm.js";
import { fault } from "./fault.js";
import { sha256 } from "./bytes.js";
import { analyser, phrased } from "./state.js";

const FILE = "pkg/starter.lists";
const PROBLEM = "the phrases that words are checked for could not be read; only addresses are checked";
/** A disk that does not answer is asked again; everything else waits for this. */
const PATIENCE = 5_000;
/** What fails once, such as while the disk is busy, is tried again so often, after so many milliseconds. */
const TIMES = 3;
const PAUSE = 300;

/** @type {Promise<void> | null} */
let reading = null;

/** Reads them, unless that has been done. What has failed is tried again when this is called again. */
export function readPhrases() {
  reading ??= read();
  return reading;
}

async function read() {
  const bytes = await patiently();
  if (!bytes) {
    reading = null;
    return phrased(PROBLEM);
  }
  try {
    analyser.take_lists(bytes);
  } catch (error) {
    // The very bytes that belong here are refused: that would not change by trying it again.
    fault(error);
    return phrased(PROBLEM);
  }
  await phrased("");
}

/** The file's bytes, if they can be had. */
async function patiently() {
  for (let time = 1; time <= TIMES; time += 1) {
    try {
      return await whole();
    } catch (error) {
      fault(error);
      if (time < TIMES) await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
  return null;
}

async function whole() {
  const answer = await fetch(chrome.runtime.getURL(FILE), { signal: AbortSignal.timeout(PATIENCE) });
  const bytes = await answer.arrayBuffer();
  if ((await sha256(bytes)) !== LISTS_SHA256) throw new Error(`${FILE} is not as it was packed`);
  return new Uint8Array(bytes);
}
