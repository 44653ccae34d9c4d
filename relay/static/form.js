// Makes long forms safer; every form works without it. It warns before written words are lost by leaving, sends a
// form once however often the button is pressed, and moves the reader to what must be put right.
(() => {
  "use strict";
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  let sending = false;
  let changed = Boolean(summary);
  for (const form of document.querySelectorAll("form[data-guard]")) {
    form.addEventListener("input", () => { changed = true; });
    form.addEventListener("submit", (event) => {
      if (sending) event.preventDefault();
      sending = true;
    });
  }
  window.addEventListener("beforeunload", (event) => {
    if (changed && !sending) event.preventDefault();
  });
  // A page that comes back from the browser's cache can be sent again.
  window.addEventListener("pageshow", () => { sending = false; });
})();
