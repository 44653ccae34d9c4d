// Remembers in this browser whether names and words are blurred; the blurring itself is the style sheet's.
// The B key turns it on and off.
(() => {
  "use strict";
  const box = document.getElementById("blur");
  if (!box) return;
  const KEY = "lapwing-blur";
  try {
    if (localStorage.getItem(KEY) === "on") box.checked = true;
  } catch {
    // Storage is turned off in this browser: the box still works on this page.
  }
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(KEY, box.checked ? "on" : "off");
    } catch {
      // As above.
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "b" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea, select")) return;
    box.click();
  });
})();
