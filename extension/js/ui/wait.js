// @ts-check
//! The page at which a search waits for some tenths of a second while the worker wakes: it goes on to the search, or to the page
//! that is shown instead. Nothing else lives here.

import { ask } from "./dom.js";

const key = new URLSearchParams(location.search).get("k") ?? "";
const { goTo, page } = await ask("stopped", { key });
// A page that nobody knows any more says so itself.
location.replace(goTo ?? `${page?.action === "support" ? "support" : "block"}.html?k=${encodeURIComponent(key)}`);
