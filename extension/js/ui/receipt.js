// @ts-check
//! Sends a report, and shows the receipt: the code, whether it has arrived, who will see it, and when.

import { ask, button, el, h1, p, say, show } from "./dom.js";

/**
 * @param {import("./report.js").Report} report
 * @param {(report: import("./report.js").Report, problems: {field: string, text: string}[]) => void} again
 */
export async function send(report, again) {
  const { draft } = report;
  say("Sending");
  const answer = await ask("report", {
    draft: {
      adult: draft.adult,
      about: draft.about,
      story: draft.story,
      wish: draft.wish,
      identity: draft.mode === "anonymous" ? { mode: draft.mode } : { mode: draft.mode, name: draft.name },
    },
  });
  say("");
  if (!answer.receipt) {
    const text = answer.problem ?? "It could not be saved. What you wrote is still here. Try again, or tell an adult in person.";
    return again(report, [{ field: "", text }]);
  }
  const state = el("p", { id: "sent", role: "status" }, "It is saved on this device. It is being sent now.");
  show([
    h1("Thank you for telling us"),
    state,
    p("Your receipt code:"),
    el("p", { class: "receipt", id: "receipt" }, answer.receipt),
    p("Write it down. It is the only way to see the reply: press “See a reply” and type it in. We cannot show it again."),
    p(whoSees(report)),
    p(hours(report)),
    p("If you are in danger now, call 999. You can talk to Childline free on 0800 1111."),
    button("Done", report.leave),
  ]);
  const { sent } = await ask("sent", { id: answer.id });
  state.textContent = sent
    ? "It has been sent. Your school has it."
    : "It has not been sent yet. It will be sent when this device is online, even if you close this window.";
}

/** @param {import("./report.js").Report} report */
function whoSees({ school, draft }) {
  const adult = (school?.adults ?? []).find((/** @type {any} */ found) => found.id === draft.adult);
  const who = adult ? `${adult.name} and the safeguarding team` : "The safeguarding team";
  if (draft.mode === "anonymous") return `${who} will see what you wrote, but not your name.`;
  if (draft.mode === "confidant" && adult) {
    return `${who} will see what you wrote. Only ${adult.name} will see your name, unless somebody is not safe.`;
  }
  return `${who} will see what you wrote, and your name.`;
}

/** @param {import("./report.js").Report} report */
function hours({ school }) {
  return school?.hours
    ? `Reports are read at these times: ${school.hours}.`
    : "We cannot say when it will be read. If it cannot wait, tell an adult in person.";
}
