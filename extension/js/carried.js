// @ts-check
//! Files of the extension's package that are read after a worker's first turn: that turn cannot wait for a file, and whatever it
//! has to load, the page waits for. Only what is byte for byte as it was packed is given out.

import { sha256 } from "./bytes.js";
import { fault } from "./fault.js";

/** A disk that does not answer is asked again; everything else waits for this. */
const PATIENCE = 5_000;
/** What fails once, such as while the disk is busy, is tried again so often, after so many milliseconds. */
const TIMES = 3;
const PAUSE = 300;

/**
 * The file's bytes.
 * @param {string} file
 * @param {string} digest
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function carried(file, digest) {
  for (let time = 1; ; time += 1) {
    try {
      return await whole(file, digest);
    } catch (error) {
      if (time === TIMES) throw error;
      fault(error);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

/**
 * @param {string} file
 * @param {string} digest
 */
async function whole(file, digest) {
  const answer = await fetch(chrome.runtime.getURL(file), { signal: AbortSignal.timeout(PATIENCE) });
  const bytes = await answer.arrayBuffer();
  if ((await sha256(bytes)) !== digest) throw new Error(`${file} is not as it was packed`);
  return new Uint8Array(bytes);
}
