// @ts-check
//! “I need this for school work”: asks staff for a blocked site, says what became of it, and looks from time to time
//! whether the site opens by now.

import { ask, button, el, h2, p, say, when } from "./dom.js";

/** How often an open page looks whether the site opens by now, in milliseconds. It asks the worker, not the relay. */
const LOOK = 5_000;
const LONGEST = 300;

/**
 * The part of a block page where a pupil asks for the site.
 * @param {string} key
 * @param {string} host
 */
export function accessBox(key, host) {
  const box = el("section", { class: "access", "aria-label": "Ask for this site" });
  draw(box, key, host).catch(() => undefined);
  return box;
}

/**
 * @param {HTMLElement} box
 * @param {string} key
 * @param {string} host
 */
async function draw(box, key, host) {
  const { request } = await ask("accessState", { host });
  if (request?.answered === "open") return wait(box, key, host, request);
  const answer = request?.answered === "refused" ? refused(request) : [];
  const label = answer.length > 0 ? "Ask again" : "I need this for school work";
  box.replaceChildren(...answer, button(label, () => form(box, key, host), "plain"));
}

/** @param {string} text */
const heading = (text) => el("h2", { tabindex: "-1" }, text);

/** @param {any} request */
const refused = (request) => [
  heading("Your school has answered"),
  p("You asked for this site. It stays blocked."),
  ...(request.words ? [el("p", { class: "said", dir: "auto" }, request.words)] : []),
];

/**
 * @param {HTMLElement} box
 * @param {string} key
 * @param {string} host
 */
function form(box, key, host) {
  const field = /** @type {HTMLInputElement} */ (
    el("input", { type: "text", id: "access-reason", maxlength: LONGEST, autocomplete: "off", "aria-describedby": "access-hint" })
  );
  const news = el("div", { role: "alert" });
  let sending = false;
  const send = async () => {
    // A slow line must not make anybody wonder whether the button was pressed.
    if (sending) return;
    sending = true;
    news.replaceChildren(p("Sending …"));
    const answer = await ask("access", { key, reason: field.value });
    sending = false;
    if (answer.sent) {
      await draw(box, key, host);
      // What had the focus is gone.
      return box.querySelector("h2")?.focus();
    }
    const minutes = Math.ceil((answer.later ?? 0) / 60);
    const words = answer.later
      ? `You have asked for many sites. Try again in ${minutes} minutes, or ask a teacher.`
      : (answer.problem ?? "This could not be sent. Check that you are online, and press the button again.");
    news.replaceChildren(el("div", { class: "problem" }, p(words)));
  };
  box.replaceChildren(
    h2("Ask for this site"),
    el("label", { for: "access-reason" }, "What do you need it for?"),
    el("p", { id: "access-hint", class: "quiet" }, `You may leave it empty. Staff will see ${host}, what you write, and which account and computer you use.`),
    field,
    news,
    button("Ask", send),
  );
  field.addEventListener("keydown", (event) => event.key === "Enter" && send());
  field.focus();
}

/**
 * @param {HTMLElement} box
 * @param {string} key
 * @param {string} host
 * @param {any} request
 */
function wait(box, key, host, request) {
  const sent = `Sent on ${when(request.asked_at)}. When somebody answers, you will see it here. You can close this page and come back to it.`;
  box.replaceChildren(heading("You have asked for this site"), p(sent));
  say("You have asked for this site.");
  const look = setInterval(async () => {
    const answer = await ask("stopped", { key });
    if (answer.goTo) location.replace(answer.goTo);
    const { request: now } = await ask("accessState", { host });
    if (now?.answered === "open") return;
    clearInterval(look);
    await draw(box, key, host);
    if (now?.answered === "refused") say("Your school has answered: the site stays blocked.");
  }, LOOK);
}
