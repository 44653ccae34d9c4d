// @ts-check
//! The browser's own functions, guarded: each answers or says `null`, and none throws. What to do with the answers is
//! decided elsewhere.

/**
 * @template T
 * @param {() => Promise<T>} ask
 * @returns {Promise<T | null>}
 */
async function guarded(ask) {
  try {
    return await ask();
  } catch (error) {
    console.warn("Lapwing: the browser did not answer:", error);
    return null;
  }
}

/** How the extension was installed: “admin” when a school's policy did it. */
export const installType = () => guarded(async () => (await chrome.management.getSelf()).installType);

/** What device management has set; `{}` when nothing has been. */
export const managed = () => guarded(() => chrome.storage.managed.get(null));

/** @type {(keys: string[]) => Promise<Record<string, any>>} */
export const readLocal = async (keys) => (await guarded(() => chrome.storage.local.get(keys))) ?? {};

/** @param {Record<string, unknown>} values */
export const writeLocal = (values) => guarded(() => chrome.storage.local.set(values));

/** @type {(keys: string[]) => Promise<Record<string, any>>} */
export const readSession = async (keys) => (await guarded(() => chrome.storage.session.get(keys))) ?? {};

/** @param {Record<string, unknown>} values */
export const writeSession = (values) => guarded(() => chrome.storage.session.set(values));

/** Whether this worker is the first since the browser started, or since the extension did. To be asked once a worker. */
export async function isFirstWorker() {
  const { began } = await readSession(["began"]);
  if (!began) await writeSession({ began: true });
  return !began;
}

/** The account signed in to the browser; empty where there is none, nothing when the browser does not say. A claim, and sent as one. */
export async function account() {
  const info = await guarded(
    () => chrome.identity.getProfileUserInfo({ accountStatus: /** @type {any} */ ("ANY") }),
  );
  return info ? (info.email ?? "") : null;
}

/** A name by which IT knows the device: its asset tag or serial number on ChromeOS, else the platform. */
export async function deviceLabel() {
  const attributes = /** @type {any} */ (chrome).enterprise?.deviceAttributes;
  if (attributes) {
    const asset = await guarded(() => attributes.getDeviceAssetId());
    const serial = asset || (await guarded(() => attributes.getDeviceSerialNumber()));
    if (serial) return String(serial);
  }
  return browser();
}

/** The browser and platform, as the browser names them: “Chromium 156 on Linux”. */
export function browser() {
  const data = /** @type {any} */ (navigator).userAgentData;
  if (!data) return navigator.userAgent;
  const brands = data.brands.filter((/** @type {any} */ brand) => !/not.?a.?brand/i.test(brand.brand));
  const brand = brands.find((/** @type {any} */ found) => found.brand !== "Chromium") ?? brands[0];
  return `${brand?.brand ?? "Browser"} ${brand?.version ?? ""} on ${data.platform}`;
}

export const version = () => chrome.runtime.getManifest().version;

/**
 * Shows another page in a tab, if the tab still shows the address that was judged.
 * @param {number} tabId
 * @param {string} judged
 * @param {string} page
 */
export async function replaceTab(tabId, judged, page) {
  const tab = await guarded(() => chrome.tabs.get(tabId));
  const shown = tab?.pendingUrl || tab?.url;
  if (shown && sameAddress(shown, judged)) await guarded(() => chrome.tabs.update(tabId, { url: page }));
}

/**
 * Loads a tab anew, with nothing of what it has fetched before.
 * @param {number} tabId
 */
export async function loadAnew(tabId) {
  // Whatever is still in memory is not asked about.
  await guarded(() => chrome.webRequest.handlerBehaviorChanged());
  await guarded(() => chrome.tabs.reload(tabId, { bypassCache: true }));
}

/**
 * Shows another page in a frame, if the frame still shows the address that was judged.
 * @param {number} tabId
 * @param {number} frameId
 * @param {string} judged
 * @param {string} page
 */
export async function replaceFrame(tabId, frameId, judged, page) {
  const frame = await guarded(() => chrome.webNavigation.getFrame({ tabId, frameId }));
  if (!frame || !sameAddress(frame.url, judged)) return;
  const go = (/** @type {string} */ url) => location.replace(url);
  await guarded(() => chrome.scripting.executeScript({ target: { tabId, frameIds: [frameId] }, func: go, args: [page] }));
}

/** As in the manifest: the last of them needs the others. */
const CONTENT_SCRIPTS = ["js/never.js", "js/caret.js", "js/content.js"];

/** How long open pages are waited for: a frozen one answers when somebody looks at it again, perhaps never. */
const ANSWERS_WITHIN = 5_000;

/**
 * Runs the content script in every open page: those that were open before the extension was. What somebody is looking
 * at comes first, and none waits for another.
 */
export async function listenInOpenTabs() {
  const tabs = await openTabs();
  tabs.sort((a, b) => Number(b.active) - Number(a.active));
  const started = tabs.map(async ({ id: tabId }) => {
    if (tabId === undefined) return;
    const target = { tabId, allFrames: true };
    await guarded(() => chrome.scripting.executeScript({ target, files: CONTENT_SCRIPTS, injectImmediately: true }));
  });
  await Promise.race([Promise.all(started), new Promise((resolve) => setTimeout(resolve, ANSWERS_WITHIN))]);
}

/** Whether somebody has the popup open, as such or in a tab: perhaps in the middle of a report. */
export async function reportIsOpen() {
  const kinds = /** @type {any} */ (["POPUP", "TAB"]);
  const open = (await guarded(() => chrome.runtime.getContexts({ contextTypes: kinds }))) ?? [];
  return open.some((context) => context.documentUrl?.includes("/pages/popup.html"));
}

/** Every open page. */
export const openTabs = async () =>
  (await guarded(() => chrome.tabs.query({ url: ["http://*/*", "https://*/*"] }))) ?? [];

/**
 * @param {string} a
 * @param {string} b
 */
const sameAddress = (a, b) => a.split("#")[0] === b.split("#")[0];
