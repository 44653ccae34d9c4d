// @ts-check
//! See a reply: the receipt code, the conversation that it opens, and the pupil's answer. Nothing is kept.

import { ask, button, el, h1, h2, p, problemBox, say, show, when } from "./dom.js";

const UNREACHABLE = "We cannot reach your school just now. Try again when this device is online.";
const REFUSED = "It could not be delivered. Nobody at your school has it. Please tell an adult in person.";
const HALTED =
  "This device is not let through to your school. Nobody at your school has this message. Tell an adult in person, or use another device.";
const SHUT = "This device is not let through to your school. Use another device to see the reply, or ask an adult in person.";
const UNSAVED = "It could not be saved. What you wrote is still here. Try again.";
const UNKNOWN = "No report has this code. Check each number. If you sent it just now, it may not have arrived yet.";

/**
 * @param {() => void} home
 * @param {string} [typed]
 * @param {string} [problem]
 * @param {string} [note] What has become of the words that were just sent: it stands whatever becomes of the conversation.
 */
export function replies(home, typed = "", problem, note) {
  const input = el("input", {
    type: "text",
    id: "code",
    inputmode: "numeric",
    autocomplete: "off",
    maxlength: 40,
    value: typed,
    "aria-describedby": "code-more",
  });
  const form = el(
    "form",
    { novalidate: true },
    el("label", { class: "label", for: "code" }, "Your receipt code"),
    el("p", { class: "quiet", id: "code-more" }, "16 numbers, like 1234 5678 9012 3456."),
    input,
    el("button", { type: "submit" }, "Open"),
    button("Back", home, "plain"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open(home, /** @type {HTMLInputElement} */ (input).value);
  });
  show([h1("See a reply"), noted(note), problem ? problemBox([{ field: "code", text: problem }]) : null, form]);
}

/**
 * @param {() => void} home
 * @param {string} receipt
 * @param {string} [note]
 */
async function open(home, receipt, note) {
  say("Opening");
  const answer = await ask("thread", { receipt });
  say("");
  if (answer.thread) return conversation(home, receipt, answer.thread, note);
  const slow = answer.later && `That was a lot of tries. Wait ${answer.later} seconds, then try again.`;
  const problem = answer.problem ?? (slow || (answer.unknown ? UNKNOWN : answer.halted ? SHUT : UNREACHABLE));
  replies(home, receipt, problem, note);
}

/** @param {string} [note] */
const noted = (note) => (note ? el("div", { class: "note", role: "status" }, p(note)) : null);

/** @param {{from: string, name: string, text: string, at: number}} message */
const line = ({ from, name, text, at }) =>
  el(
    "li",
    null,
    el("strong", null, from === "staff" ? name || "Your school" : "You"),
    el("span", { class: "quiet" }, `, ${when(at)}`),
    el("p", { class: "words" }, text),
  );

/**
 * @param {() => void} home
 * @param {string} receipt
 * @param {{received_at: number, seen_at?: number, messages: any[]}} thread
 * @param {string} [note]
 */
function conversation(home, receipt, thread, note) {
  const { received_at: received, seen_at: seen, messages } = thread;
  const answer = el("textarea", { id: "answer", rows: 4, maxlength: 10000 });
  const form = el(
    "form",
    { novalidate: true },
    el("label", { class: "label", for: "answer" }, "Write back"),
    answer,
    el("button", { type: "submit" }, "Send"),
    button("Close", home, "plain"),
  );
  /** @param {string} text */
  const problem = (text) => {
    form.querySelector(".problem")?.remove();
    form.prepend(/** @type {Node} */ (problemBox([{ field: "answer", text }])));
  };
  let isSending = false;
  let last = { text: "", id: "" };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    // A second press while the first is on its way is the same message, and so are the same words sent again.
    if (isSending) return;
    isSending = true;
    const text = /** @type {HTMLTextAreaElement} */ (answer).value;
    if (last.text !== text) last = { text, id: crypto.randomUUID() };
    const made = await ask("reply", { id: last.id, receipt, text });
    const sent = made.id ? (await ask("sent", { id: made.id })).sent : "";
    isSending = false;
    if (sent === "sent") return open(home, receipt, "Your message has been sent.");
    if (sent === "waiting" && made.saved) return open(home, receipt, "Your message will be sent when this device is online.");
    problem(made.problem ?? (sent === "refused" ? REFUSED : sent === "halted" ? HALTED : UNSAVED));
  });
  show([
    h1("Your report"),
    noted(note),
    p(`Your school got it on ${when(received)}. `, seen ? `It was first opened on ${when(seen)}.` : "It has not been opened yet."),
    h2("Messages"),
    messages.length > 0 ? el("ul", { class: "messages" }, ...messages.map(line)) : p("There is no reply yet."),
    form,
  ]);
}
