// @ts-check
//! Report a concern: whom to tell, what happened, how to handle it, and the receipt. What is written stays in this
//! window's memory until it is sent; every screen has a way out that leaves nothing behind.

import { button, el, h1, p, problemBox, show } from "./dom.js";
import { send } from "./receipt.js";

/**
 * @typedef {{id: string, name: string, role: string}} Adult
 * @typedef {object} Draft
 * @property {string} adult
 * @property {string} about
 * @property {string} story
 * @property {string} mode
 * @property {string} name
 * @property {string} wish
 * @typedef {{words: string, id: string, random: number[]}} Attempt What was sent before, and as what.
 * @typedef {{school: any, draft: Draft, leave: () => void, attempt?: Attempt, isSending?: boolean}} Report
 */

/**
 * @param {any} school
 * @param {() => void} home
 * @param {string} [adult]
 */
export function startReport(school, home, adult = "") {
  const draft = { adult, about: "", story: "", mode: "", name: "", wish: "" };
  whom({ school, draft, leave: home });
}

/** @param {Report} report @returns {Adult | undefined} */
export const chosenAdult = ({ school, draft }) =>
  (school?.adults ?? []).find((/** @type {Adult} */ adult) => adult.id === draft.adult);

/**
 * @param {string} name
 * @param {string} value
 * @param {string} chosen
 * @param {string} text
 * @param {string} [more]
 */
const choice = (name, value, chosen, text, more) =>
  el(
    "label",
    { class: "choice" },
    el("input", { type: "radio", name, value, checked: chosen === value, id: `${name}-${value || "any"}` }),
    el("span", null, text, more ? el("span", { class: "quiet" }, more) : null),
  );

/**
 * One screen: its fields, a way on, a way back and a way out.
 * @param {{report: Report, step: number, title: string, next: string, fields: Node[], problems: {field: string, text: string}[],
 *   take: (form: FormData) => void, on: () => void, back?: () => void}} screen
 */
function screen({ report, step, title, next, fields, problems, take, on, back }) {
  const form = /** @type {HTMLFormElement} */ (el("form", { novalidate: true }, ...fields));
  const keep = () => take(new FormData(form));
  form.append(
    el("button", { type: "submit" }, next),
    back ? button("Back", () => (keep(), back()), "plain") : "",
    button("Stop and clear", report.leave, "plain"),
    el("p", { class: "quiet" }, "Nothing is kept if you stop, or if you close this window."),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep();
    on();
  });
  const box = problemBox(problems);
  show([el("p", { class: "quiet" }, `Step ${step} of 3`), h1(title), box, form]);
}

/** A toolbar popup closes when somebody clicks beside it, and takes the words with it; a tab does not. */
async function offerTab() {
  if (await chrome.tabs.getCurrent()) return;
  const tab = el("a", { href: "popup.html#report", target: "_blank" }, "Write it in a tab instead");
  document.querySelector("form")?.append(p(tab, ". It stays open if you click somewhere else."));
}

/** @param {Report} report */
function whom(report) {
  const { school, draft } = report;
  const adults = (school?.adults ?? []).map((/** @type {Adult} */ adult) =>
    choice("adult", adult.id, draft.adult, adult.name, adult.role),
  );
  const anyone = choice("adult", "", draft.adult, "Anyone in the safeguarding team", "Staff whose job is to keep pupils safe.");
  screen({
    report,
    step: 1,
    title: "Who do you want to tell?",
    next: "Next",
    problems: [],
    fields: [
      p("If you are in danger now, call 999."),
      el("fieldset", null, el("legend", null, "Choose one"), anyone, ...adults),
    ],
    take: (form) => (draft.adult = String(form.get("adult") ?? "")),
    on: () => what(report),
  });
  offerTab();
}

/**
 * @param {Report} report
 * @param {{field: string, text: string}[]} [problems]
 */
function what(report, problems = []) {
  const { draft } = report;
  const story = el("textarea", { id: "story", name: "story", rows: 6, maxlength: 10000, "aria-describedby": "story-more" });
  /** @type {HTMLTextAreaElement} */ (story).value = draft.story;
  screen({
    report,
    step: 2,
    title: "What happened?",
    next: "Next",
    problems,
    fields: [
      el("label", { class: "label", for: "story" }, "Tell us in your own words"),
      el("p", { class: "quiet", id: "story-more" }, "You are not in trouble. A few words are enough."),
      story,
      el(
        "fieldset",
        null,
        el("legend", null, "Who is it about?"),
        choice("about", "me", draft.about, "Me"),
        choice("about", "friend", draft.about, "A friend or another pupil"),
        choice("about", "other", draft.about, "Something else, or I would rather not say"),
      ),
    ],
    take: (form) => {
      draft.story = String(form.get("story") ?? "");
      draft.about = String(form.get("about") ?? "");
    },
    back: () => whom(report),
    on: () => {
      const missing = [];
      if (draft.story.trim() === "") missing.push({ field: "story", text: "Write what happened." });
      if (draft.about === "") missing.push({ field: "about-me", text: "Choose who it is about." });
      if (missing.length > 0) what(report, missing);
      else how(report);
    },
  });
}

/**
 * @param {Report} report
 * @param {{field: string, text: string}[]} [problems]
 */
export function how(report, problems = []) {
  const { draft } = report;
  const adult = chosenAdult(report);
  if (!adult && draft.mode === "confidant") draft.mode = "";
  const named = adult ? `${adult.name} and the safeguarding team will see your name.` : "The safeguarding team will see your name.";
  const only = `${adult?.name} will see your name. If they think that somebody is not safe, they must tell others who can help. If they have left, the safeguarding team sees it.`;
  const none = "Nobody is told your name or which computer this is. Your words may still show who you are, and it is harder to help.";
  const name = el("input", { type: "text", id: "name", name: "name", autocomplete: "off", maxlength: 300, value: draft.name });
  const wish = el("textarea", { id: "wish", name: "wish", rows: 3, maxlength: 10000 });
  /** @type {HTMLTextAreaElement} */ (wish).value = draft.wish;
  screen({
    report,
    step: 3,
    title: "How should we handle it?",
    next: "Send",
    problems,
    fields: [
      el(
        "fieldset",
        null,
        el("legend", null, "Your name"),
        choice("mode", "named", draft.mode, "Send it with my name", named),
        adult ? choice("mode", "confidant", draft.mode, `My name only to ${adult.name}`, only) : el("span", { hidden: true }),
        choice("mode", "anonymous", draft.mode, "Send it without my name", none),
      ),
      el("label", { class: "label", for: "name" }, "Your name, if you want to give it"),
      name,
      el("label", { class: "label", for: "wish" }, "What would you like to happen? You can leave this empty."),
      wish,
    ],
    take: (form) => {
      draft.mode = String(form.get("mode") ?? "");
      draft.name = String(form.get("name") ?? "");
      draft.wish = String(form.get("wish") ?? "");
    },
    back: () => what(report),
    on: () => {
      const missing = [];
      if (draft.mode === "") missing.push({ field: "mode-named", text: "Choose what to do about your name." });
      else if (draft.mode !== "anonymous" && draft.name.trim() === "") {
        missing.push({ field: "name", text: "Write your name, or choose to send it without." });
      }
      if (missing.length > 0) how(report, missing);
      else send(report, how);
    },
  });
}
