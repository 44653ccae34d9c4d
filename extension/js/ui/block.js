// @ts-check
//! The block page, which is also the page of a warning: what was stopped, why, whose decision it is, and the way back.

import { accessBox } from "./access.js";
import { ask, button, h1, p, show } from "./dom.js";
import { helpNow } from "./help.js";
import { about, back, decided, mark, reason, where, whoDecided } from "./stopped.js";

const found = await reason();
if (found?.page.action === "support") location.replace(`support.html?k=${found.key}`);
else if (found) draw(found);

/** @param {{page: any, main: boolean, key: string}} found */
function draw({ page, main, key }) {
  const thing = page.search ? "search" : "site";
  const warned = page.action === "warn";
  const why = about(page)
    ? `This ${thing} is about ${about(page)}.`
    : `This ${thing} is on your school’s own list.`;
  const goOn = async () => {
    const { goTo } = await ask("goOn", { key });
    if (goTo) location.replace(goTo);
  };
  document.title = `${warned ? "Stop and think" : "Not open here"} – Lapwing`;
  show([
    mark(),
    page.support && helpNow(),
    h1(warned ? `Do you want to open this ${thing}?` : `This ${thing} is not open here`),
    where(page),
    p(why),
    decided(page),
    whoDecided(page),
    main && page.ask && accessBox(key, page.ask),
    main && back(),
    main && warned && button("Go on", goOn, "plain"),
    main && warned && p("If you go on, your school may see that you did."),
  ]);
}
