// @ts-check
//! The phrases that words are checked for: a file of the extension's package, read after a worker's first turn. That turn has to
//! answer about addresses and cannot wait for a file; and whatever it has to load, the page waits for.

import { fault } from "./fault.js";
import { analyser, phrased } from "./state.js";

const FILE = "pkg/starter.lists";
const PROBLEM = "the phrases that words are checked for could not be read; only addresses are checked";

/** @type {Promise<void> | null} */
let reading = null;

/** Reads them, unless that has been done. What has failed is tried again when this is called again. */
export function readPhrases() {
  reading ??= read().catch(async (error) => {
    reading = null;
    fault(error);
    await phrased(PROBLEM);
  });
  return reading;
}

async function read() {
  const answer = await fetch(chrome.runtime.getURL(FILE));
  analyser.take_lists(new Uint8Array(await answer.arrayBuffer()));
  await phrased("");
}
