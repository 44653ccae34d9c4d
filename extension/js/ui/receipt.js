// @ts-check
//! Sends a report, and shows the receipt: the code, whether it has arrived, who will see it, and when.

import { ask, button, el, h1, h2, p, say, show } from "./dom.js";

/**
 * @param {import("./report.js").Report} report
 * @param {(report: import("./report.js").Report, problems: {field: string, text: string}[]) => void} again
 */
export async function send(report, again) {
  // A second press while the first is on its way is the same report.
  if (report.isSending) return;
  report.isSending = true;
  say("Sending");
  const { id, random } = attempt(report);
  const { adult, about, story, wish, mode, name } = report.draft;
  const identity = mode === "anonymous" ? { mode } : { mode, name };
  const answer = await ask("report", { draft: { id, random, adult, about, story, wish, identity } });
  say("");
  report.isSending = false;
  if (!answer.receipt) {
    const text = answer.problem ?? "It could not be saved. What you wrote is still here. Try again, or tell an adult in person.";
    return again(report, [{ field: "", text }]);
  }
  const saved = answer.saved ? "It is saved on this device. It is being sent now." : "It is being sent now.";
  const state = el("p", { id: "sent", role: "status" }, saved);
  const promises = [p(whoSees(report)), p(hours(report))];
  show([
    h1("Thank you for telling us"),
    state,
    p("Your receipt code:"),
    el("p", { class: "receipt", id: "receipt" }, answer.receipt),
    p("Write it down. It is the only way to see the reply: press “See a reply” and type it in. We cannot show it again."),
    ...promises,
    p("If you are in danger now, call 999. You can talk to Childline free on 0800 1111."),
    button("Done", report.leave),
  ]);
  const { sent } = await ask("sent", { id: answer.id });
  state.textContent = became(sent, answer.saved);
  if (sent === "halted") {
    // Nobody will read it at any time: only what was written stays, to be shown to an adult.
    for (const promise of promises) promise.remove();
    const words = [story, wish].filter(Boolean).map((text) => el("p", { class: "words" }, text));
    state.after(h2("What you wrote"), ...words);
  }
  if (sent === "refused") state.after(button("See what I wrote", () => again({ ...report, attempt: undefined }, [])));
}

/**
 * What has become of it, in words that are true: a child who reads “your school has it” waits for an adult to come.
 * @param {string} [sent]
 * @param {boolean} [saved]
 */
function became(sent, saved) {
  if (sent === "sent") return "It has been sent. Your school has it.";
  if (sent === "refused") return "It could not be delivered. Nobody at your school has it. Please tell an adult in person.";
  if (sent === "halted") {
    return "This device is not let through to your school. Nobody at your school has your report. Tell an adult in person, or use another device.";
  }
  if (saved) return "It has not been sent yet. It will be sent when this device is online, even if you close this window.";
  return "It has not been sent yet, and could not be saved on this device. Try again when you are online, or tell an adult in person.";
}

/**
 * The same words go under the same id and receipt, however often they are sent: the school reads them once.
 * @param {import("./report.js").Report} report
 */
function attempt(report) {
  const words = JSON.stringify(report.draft);
  if (report.attempt?.words !== words) {
    report.attempt = { words, id: crypto.randomUUID(), random: [...crypto.getRandomValues(new Uint8Array(64))] };
  }
  return report.attempt;
}

/** @param {import("./report.js").Report} report */
function whoSees({ school, draft }) {
  const adult = (school?.adults ?? []).find((/** @type {any} */ found) => found.id === draft.adult);
  const who = adult ? `${adult.name} and the safeguarding team` : "The safeguarding team";
  if (draft.mode === "anonymous") return `${who} will see what you wrote, but not your name.`;
  if (draft.mode === "confidant" && adult) {
    return `${who} will see what you wrote. Only ${adult.name} will see your name, unless somebody is not safe, or ${adult.name} has left.`;
  }
  return `${who} will see what you wrote, and your name.`;
}

/** @param {import("./report.js").Report} report */
function hours({ school }) {
  return school?.hours
    ? `Reports are read at these times: ${school.hours}.`
    : "We cannot say when it will be read. If it cannot wait, tell an adult in person.";
}
