// @ts-check
//! What is checked, and what never is, in plain words: by which school, and by which version.

import { ask, el, h1, h2, p, show, when } from "./dom.js";

const CHECKED = [
  "The address of each page that you open in this browser.",
  "The words that you type in this browser: in searches, messages, AI chats and documents.",
];

const NEVER = [
  "Passwords, bank cards and codes.",
  "Helplines, health advice lines, banks and payment pages.",
  "What you write when you report a concern. Only the people that you send it to can read it.",
  "Anything outside this browser: other apps, the camera, the microphone and the screen.",
];

/** @param {string[]} lines */
const list = (lines) => el("ul", null, ...lines.map((line) => el("li", null, line)));

/** What is said of a state in which nobody is watched. @param {any} known */
function off({ fault, status }) {
  if (fault || status?.state === "broken") {
    return "Lapwing could not start in this browser, so it checks nothing, or very little. Tell a teacher or the IT team.";
  }
  if (status?.state === "starting") return "Lapwing is starting. It will be ready in a moment.";
  return "Lapwing is off in this browser just now, so nothing is checked.";
}

/** @param {any} known */
function draw(known) {
  const { status, school, contact, version, lists } = known;
  const on = status?.state === "watching";
  show(
    [
      h1("What is checked"),
      on
        ? p(`Lapwing is on. ${school?.school || status.school} has put it in this browser to help keep pupils safe.`)
        : p(off(known)),
      h2("What Lapwing checks"),
      list(CHECKED),
      p("It does this on this device. What you type stays here unless it looks serious. Then only that sentence, and the address of the page, go to the people who look after pupils at your school."),
      p("It does not keep a list of the pages that you visit."),
      ...(on && school?.shadow
        ? [p("Just now your school is trying a new list of sites. Lapwing counts how often a site on it is opened in the whole school. It does not say who opened it.")]
        : []),
      h2("What Lapwing never reads"),
      list(NEVER),
      h2("What happens then"),
      p("A person looks at it. No computer decides about you. Asking for help never gets you into trouble."),
      p("If you think that Lapwing got something wrong, or you want to know what your school holds about you, ask a teacher."),
      h2("For the IT team"),
      el(
        "ul",
        { class: "quiet" },
        el("li", null, `Lapwing ${version ?? "not known"}`),
        el("li", null, `Lists ${status?.lists_version || "not known"}`),
        ...(lists?.progress != null ? [el("li", null, `New lists are on their way: ${lists.progress}%`)] : []),
        ...(lists?.problem ? [el("li", null, `Lists: ${lists.problem}`)] : []),
        el("li", null, `Policy ${status?.policy_version || "none"}`),
        el("li", null, contact ? `Last heard from the school on ${when(contact)}` : "Not yet heard from the school"),
        ...(status?.problems ?? []).map((/** @type {string} */ problem) => el("li", null, problem)),
      ),
    ],
    { focus: false },
  );
}

const known = await ask("status");
draw(known);
if (known.status?.state === "starting") draw(await ask("status", { settled: true }));
