// Makes long forms safer; every form works without it. It warns before written words are lost by leaving, or by sending
// another form of the page; sends one form once however often its button is pressed; and moves the reader to what must be
// put right.
(() => {
  "use strict";
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  const forms = [...document.querySelectorAll("form[data-guard]")];
  // Those with words that nobody has kept. What came back is such a form, too.
  const written = new Set(forms.filter((form) =>
    form.dataset.guard === "written" || (summary && form.querySelector("[aria-invalid]"))));
  if (summary && written.size === 0) for (const form of forms) written.add(form);
  // The one that is on its way. A second one would take its place, and nobody could tell which of them arrived.
  let sent = null;
  for (const form of forms) {
    form.addEventListener("input", () => { written.add(form); });
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      else sent = form;
    });
  }
  window.addEventListener("beforeunload", (event) => {
    if (![...written].some((form) => form !== sent)) return;
    event.preventDefault();
    // Whoever stays has sent nothing yet. For whoever leaves this comes too late, or the form's own id sees to it.
    setTimeout(() => { sent = null; });
  });
  // A page that comes back from the browser's cache can be sent again.
  window.addEventListener("pageshow", () => { sent = null; });
})();
