// @ts-check
//! The popup's first screen: whether Lapwing is on and for which school, the way to report a concern, help now, and
//! the way to the replies. It also works as a page in a tab.

import { ask, button, el, h1, p, show } from "./dom.js";
import { helpNow } from "./help.js";
import { replies } from "./replies.js";
import { startReport } from "./report.js";

/** Why Lapwing is off, in words for a pupil. @type {Record<string, string>} */
const OFF = {
  not_managed: "It works only where a school has put it. No school put it in this browser, so it checks nothing.",
  not_set_up: "It is not set up here yet, so it checks nothing. Tell a teacher or the IT team.",
  bad_policy: "The settings from school have a mistake, so it checks nothing. Tell a teacher or the IT team.",
  broken: "It could not start, so it checks nothing. Tell a teacher or the IT team.",
};

/** @param {any} known */
function heading(known) {
  const on = known.status?.state === "watching";
  const starting = known.status?.state === "starting";
  const title = on ? "Lapwing is on" : starting ? "Lapwing is starting" : "Lapwing is off";
  const school = known.school?.school || known.status?.school;
  const image = { src: `../icons/${on ? "on" : "off"}-48.png`, width: 48, height: 48, alt: "" };
  return el(
    "div",
    { class: "state" },
    el("img", image),
    el("div", null, h1(title), on ? el("p", null, school) : null),
  );
}

/** @param {any} known */
function news(known) {
  const { counts, halted, status, words } = known;
  const lines = [];
  if (counts?.refused_words > 0) {
    lines.push("Something that you or somebody else wrote here could not be delivered. Please tell an adult in person.");
  }
  if (halted) lines.push("This device cannot reach your school’s Lapwing. Tell a teacher or the IT team.");
  if (status?.problems?.length > 0) {
    lines.push("For the IT team: the newest settings have a mistake.", ...status.problems);
  }
  // What is wrong with newer lists of sites is IT's alone: those in force go on (“What is checked” and the relay say it).
  if (words) lines.push(`For the IT team: ${words}.`);
  return lines.length > 0 ? el("div", { class: "note" }, ...lines.map((line) => p(line))) : null;
}

/** Draws the first screen. */
export async function home({ focus = true } = {}) {
  const known = await ask("status");
  const on = known.status?.state === "watching";
  const about = el("a", { href: "checked.html", target: "_blank" }, "See what is checked");
  show(
    [
      heading(known),
      on
        ? p("Your school checks sites you open and words you type in this browser. ", about, ".")
        : p(OFF[known.status?.state] ?? (known.fault ? OFF.broken : "It will be ready in a moment.")),
      news(known),
      on && button("Report a concern", () => startReport(known.school, home), "wide"),
      helpNow(),
      on && button("See a reply", () => replies(home), "wide plain"),
    ],
    { focus },
  );
  if (known.status?.state === "starting") ask("status", { settled: true }).then(() => home({ focus: false }));
  return known;
}

const known = await home({ focus: false });
const wanted = /^#report(?:\/(.+))?$/.exec(location.hash);
if (wanted && known.status?.state === "watching") {
  startReport(known.school, home, wanted[1] ? decodeURIComponent(wanted[1]) : undefined);
}
