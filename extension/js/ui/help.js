// @ts-check
//! The people who can help now, in one place for every page.

import { el, h2 } from "./dom.js";

const LINES = [
  { who: "Call 999", what: "if anybody is in danger now" },
  { who: "Childline 0800 1111", what: "free, day or night; not on the phone bill" },
  { who: "Samaritans 116 123", what: "free, day or night, about anything" },
  { who: "Shout: text SHOUT to 85258", what: "free, day or night, if you would rather text" },
];

/** Emergency and helplines, under a heading. */
export function helpNow(heading = "Need help now?") {
  const items = LINES.map(({ who, what }) => el("li", null, el("strong", null, who), el("span", null, what)));
  return el("section", { class: "now" }, h2(heading), el("ul", { class: "help" }, ...items));
}
