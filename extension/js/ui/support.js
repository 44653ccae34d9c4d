// @ts-check
//! The support page: kind words and help first, then somebody at school, then quieter ways, then the way on.

import { ask, el, h1, h2, p, show } from "./dom.js";
import { helpNow } from "./help.js";
import { back, mark, reason } from "./stopped.js";

const QUIET = [
  { text: "Chat online with a Childline counsellor", url: "https://www.childline.org.uk/get-support/1-2-1-counsellor-chat/" },
  { text: "Papyrus HOPELINE247: call 0800 068 4141, or text 88247", url: "https://www.papyrus-uk.org/" },
  { text: "Beat, about food and eating: 0808 801 0677", url: "https://www.beateatingdisorders.org.uk/" },
];

const NHS = "https://www.nhs.uk/mental-health/";

const found = await reason();
if (found) draw(found.page, found.main, (await ask("status")).school);

/**
 * @param {any} page
 * @param {boolean} main
 * @param {any} school
 */
function draw(page, main, school) {
  const thing = page.search ? "that search" : "that site";
  show([
    mark(),
    h1("We are glad that you are here"),
    p(`We stopped ${thing} because it can hurt, and because you matter. You are not in trouble.`),
    p("Whatever is going on, you do not have to deal with it alone. Talking to somebody helps, and so does texting."),
    helpNow("Help now"),
    atSchool(school),
    h2("Quieter ways"),
    el("ul", { class: "ways" }, ...QUIET.map(({ text, url }) => el("li", null, el("a", { href: url, rel: "noreferrer" }, text)))),
    h2("Carry on"),
    el("ul", { class: "ways" }, el("li", null, el("a", { href: NHS, rel: "noreferrer" }, "Pages from the NHS that help"))),
    main && back(),
    el("p", { class: "quiet" }, "Someone who looks after pupils at your school may check that you are OK."),
  ]);
}

/** @param {any} school */
function atSchool(school) {
  /** @param {string} id @param {string} text */
  const link = (id, text) =>
    el("li", null, el("a", { href: `popup.html#report${id ? `/${encodeURIComponent(id)}` : ""}`, target: "_blank" }, text));
  const adults = (school?.adults ?? []).map((/** @type {any} */ adult) => link(adult.id, `${adult.name}, ${adult.role}`));
  return el(
    "section",
    null,
    h2("Talk to somebody at school"),
    p("You can tell any adult you trust. Or write to one of these now:"),
    el("ul", { class: "ways" }, ...adults, link("", "Anyone in the safeguarding team")),
  );
}
