// @ts-check
//! This device's identity with the relay: a key that WebCrypto will not let out, and the id that the relay gave for
//! it. Signs requests, with that key or a session's, and sends them; what they say is put together in Rust.

import { base64, point, utf8 } from "./bytes.js";
import { relay_request, signature_header, signing } from "./engine.js";
import * as platform from "./platform.js";
import * as session from "./session.js";
import { current } from "./state.js";
import * as store from "./store.js";

const KEY = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const PATIENCE = 20_000;

/**
 * @typedef {{id: string, keys: CryptoKeyPair, relay_url: string, enrolment_key: string, session?: session.Session}} Device
 * @typedef {{status: number, body: string, retry_after: number | null}} Answer
 */

/** The identity under the policy in force, or nothing when this device has none there yet. */
export async function identity() {
  const device = /** @type {Device | undefined} */ (await store.value("device"));
  const { relay_url, enrolment_key } = current();
  const same = device?.relay_url === relay_url && device?.enrolment_key === enrolment_key;
  return same ? device : undefined;
}

/** The relay no longer knows this device. */
export const forget = () => store.putValue("device", undefined);

/**
 * Asks the relay for an identity, with a fresh key.
 * @returns {Promise<{device?: Device, answer: Answer}>}
 */
export async function enrol() {
  const { relay_url, enrolment_key } = current();
  const keys = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(KEY, false, ["sign", "verify"]));
  const enrolment = {
    enrolment_key,
    public_key: await point(keys.publicKey),
    label: await platform.deviceLabel(),
    extension_version: platform.version(),
  };
  const request = JSON.parse(relay_request("enrol", JSON.stringify(enrolment)));
  const answer = await post(relay_url + request.path, request.body, {});
  const id = answer.status >= 200 && answer.status < 300 ? readId(answer.body) : null;
  if (!id) return { answer };
  const device = { id, keys, relay_url, enrolment_key };
  await store.putValue("device", device);
  return { device, answer };
}

/** @param {string} body */
function readId(body) {
  try {
    const id = JSON.parse(body).device_id;
    return typeof id === "string" && id !== "" ? id : null;
  } catch {
    return null;
  }
}

/**
 * Sends a signed request. Where the relay does not take the session's signature, the same request goes again at once, with
 * the device's own.
 * @param {Device} device
 * @param {string} path
 * @param {string} body
 * @returns {Promise<Answer>}
 */
export async function send(device, path, body) {
  const { id, key } = device.session ?? {};
  if (id && key) {
    // A key that the browser cannot use any more must not hold up an alert either.
    const answer = await sendSigned(device, path, body, { id, key }).catch(() => null);
    if (answer && answer.status !== 401) return answer;
    await session.end(device);
  }
  return sendOwn(device, path, body);
}

/**
 * The same with the device's own signature, as a check-in must be.
 * @param {Device} device
 * @param {string} path
 * @param {string} body
 */
export const sendOwn = (device, path, body) => sendSigned(device, path, body, null);

/**
 * @param {Device} device
 * @param {string} path
 * @param {string} body
 * @param {{id: string, key: CryptoKey} | null} by
 * @returns {Promise<Answer>}
 */
async function sendSigned(device, path, body, by) {
  const digest = base64(await crypto.subtle.digest("SHA-256", utf8(body)));
  const toSign = { method: "POST", path, digest, now: Date.now(), device_id: device.id, session: by?.id };
  const made = JSON.parse(signing(JSON.stringify(toSign)));
  const signed = by
    ? await crypto.subtle.sign("HMAC", by.key, utf8(made.base))
    : await crypto.subtle.sign(SIGNATURE, device.keys.privateKey, utf8(made.base));
  return post(device.relay_url + path, body, {
    "Content-Digest": made.content_digest,
    "Signature-Input": made.signature_input,
    Signature: signature_header(base64(signed)),
  });
}

/**
 * @param {string} url
 * @param {string} body
 * @param {Record<string, string>} headers
 * @returns {Promise<Answer>} status 0 when there was no answer
 */
async function post(url, body, headers) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
    });
    return {
      status: response.status,
      body: await response.text(),
      retry_after: retryAfter(response.headers.get("Retry-After")),
    };
  } catch {
    return { status: 0, body: "", retry_after: null };
  }
}

/**
 * Seconds, from a header that holds seconds or a date.
 * @param {string | null} header
 */
function retryAfter(header) {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.ceil(seconds) : null;
}
