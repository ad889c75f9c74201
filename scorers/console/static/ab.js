"use strict";
// Keys, and nothing else: 1 and 2 choose an answer, 0 is a tie, s skips. The page works without this file.
(() => {
  const buttons = new Map([...document.querySelectorAll("button[data-key]")].map((each) => [each.dataset.key, each]));
  let voted = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || voted) return;
    const button = buttons.get(event.key.toLowerCase());
    if (!button) return;
    voted = true;
    event.preventDefault();
    button.click();
  });
})();
