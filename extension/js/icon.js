// @ts-check
//! The toolbar button: green with a whole crest while Lapwing watches, grey with a gap in the crest while it does not,
//! and a title that says why. So state is never colour alone.

/** @param {string} set */
const paths = (set) =>
  Object.fromEntries([16, 24, 32, 48, 128].map((size) => [size, `/icons/${set}-${size}.png`]));

/** @type {Record<string, string>} */
const TITLES = {
  starting: "Lapwing is starting",
  not_managed: "Lapwing is off: no school installed it here",
  not_set_up: "Lapwing is off: it is not set up",
  bad_policy: "Lapwing is off: its settings cannot be used",
  broken: "Lapwing is off: it could not start",
};

/** @param {import("./state.js").Status} status */
export function show(status) {
  const on = status.state === "watching";
  const starting = status.state === "starting";
  const title = on ? `Lapwing is on: ${status.school}` : (TITLES[status.state] ?? TITLES.broken);
  const ignore = () => undefined;
  chrome.action.setIcon({ path: paths(on ? "on" : "off") }).catch(ignore);
  chrome.action.setTitle({ title }).catch(ignore);
  chrome.action.setBadgeText({ text: on || starting ? "" : "off" }).catch(ignore);
  chrome.action.setBadgeBackgroundColor({ color: "#4c5a55" }).catch(ignore);
  chrome.action.setBadgeTextColor?.({ color: "#ffffff" }).catch(ignore);
}
