// @ts-check
//! Bytes as the text that is sent, and back. Nothing else lives here.

/** @param {string} text */
export const utf8 = (text) => new TextEncoder().encode(text);

/** @param {ArrayBuffer} bytes */
export const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/**
 * Gives the memory of bytes back at once that have been copied into the module; left to itself the browser may keep it for minutes.
 * @param {ArrayBuffer} buffer
 */
export const release = (buffer) => void /** @type {any} */ (buffer).transfer?.(0);

/**
 * As hexadecimal digits.
 * @param {BufferSource} bytes
 */
export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The point of a public key: unpadded base64url.
 * @param {CryptoKey} key
 */
export const point = async (key) =>
  base64(await crypto.subtle.exportKey("raw", key)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** @param {string} point */
export const fromPoint = (point) =>
  Uint8Array.from(atob(point.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
