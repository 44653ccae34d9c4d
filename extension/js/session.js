// @ts-check
//! A session with the relay: a symmetric key that both ends agree on at a check-in, and that WebCrypto will not let out.
//! The relay checks what it signs at a tenth of the cost. It is kept with the device's identity and is only ever a help:
//! whatever goes wrong with it, the device signs with its own key.

import { fromPoint, point, utf8 } from "./bytes.js";
import { session_derivation, session_due } from "./engine.js";
import * as store from "./store.js";

/**
 * @typedef {{since: number, id?: string, key?: CryptoKey}} Session when it was granted; without a key, when it was declined
 * @typedef {{id: string, session?: Session}} Device
 * @typedef {{keys: CryptoKeyPair, point: string}} Offer
 */

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const KEY = { name: "HMAC", hash: "SHA-256", length: 256 };

/**
 * What to offer at this check-in; nothing while the session is young.
 * @param {Device} device
 * @returns {Promise<Offer | null>}
 */
export async function offer(device) {
  if (!session_due(device.session?.since ?? NaN, Date.now())) return null;
  try {
    const keys = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(CURVE, false, ["deriveKey"]));
    return { keys, point: await point(keys.publicKey) };
  } catch (error) {
    console.warn("Lapwing: no session could be offered:", error);
    return null;
  }
}

/**
 * Takes in what the relay answered to an offer: a session from now on, or none for a day.
 * @param {Device} device
 * @param {Offer} offered
 * @param {{id: string, point: string} | null | undefined} grant
 */
export async function answered(device, offered, grant) {
  /** @type {Session} */
  let session = { since: Date.now() };
  try {
    if (grant) session = { ...session, id: grant.id, key: await agree(device.id, offered, grant) };
  } catch (error) {
    console.warn("Lapwing: the relay’s session could not be begun:", error);
  }
  await keep(device, () => session);
}

/**
 * @param {string} deviceId
 * @param {Offer} offered
 * @param {{id: string, point: string}} grant
 */
async function agree(deviceId, offered, grant) {
  const made = JSON.parse(session_derivation(JSON.stringify({ device_id: deviceId, point: offered.point, grant })));
  const peer = await crypto.subtle.importKey("raw", fromPoint(grant.point), CURVE, false, []);
  const both = { name: "ECDH", public: peer };
  const shared = await crypto.subtle.deriveKey(both, offered.keys.privateKey, "HKDF", false, ["deriveKey"]);
  const derived = { name: "HKDF", hash: "SHA-256", salt: utf8(made.salt), info: utf8(made.info) };
  return crypto.subtle.deriveKey(derived, shared, KEY, false, ["sign"]);
}

/**
 * The relay does not take this session: another is offered at the next check-in.
 * @param {Device} device
 */
export const end = (device) =>
  keep(device, (/** @type {Session} */ kept) => (kept?.id === device.session?.id ? undefined : kept));

/**
 * Changes the session of this device, unless it has another identity by now.
 * @param {Device} device
 * @param {(kept: any) => Session | undefined} change
 */
async function keep(device, change) {
  try {
    await store.changeValue("device", (kept) =>
      kept?.id === device.id ? { ...kept, session: change(kept.session) } : kept,
    );
  } catch (error) {
    // A full or broken disk: the session that is kept goes on, or the relay refuses it again.
    console.warn("Lapwing: a session could not be written to disk:", error);
  }
}
