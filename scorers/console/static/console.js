"use strict";
// Keys, and nothing else: every page works without this file.
// Lists: j and k walk the rows, Enter opens. A sample: j and k older and newer, y, n, u label the chosen output,
// the digits choose one. "?" shows this help.
(() => {
  const rows = [...document.querySelectorAll("[data-row]")];
  const outputs = [...document.querySelectorAll("[data-output]")];
  const help = document.getElementById("keys");
  let row = -1;

  const choose = (output) => {
    outputs.forEach((each) => each.classList.toggle("chosen", each === output));
    if (output) output.scrollIntoView({ block: "nearest" });
  };
  const walk = (step) => {
    if (!rows.length) return;
    row = Math.max(0, Math.min(rows.length - 1, row + step));
    const link = rows[row].querySelector("a[href]");
    if (link) link.focus();
    rows[row].scrollIntoView({ block: "nearest" });
  };
  const follow = (rel) => {
    const link = document.querySelector(`a[rel~="${rel}"]`);
    if (link) link.click();
  };
  const label = (verdict) => {
    const chosen = document.querySelector("[data-output].chosen");
    const button = chosen && chosen.querySelector(`button[name="verdict"][value="${verdict}"]`);
    if (button) button.click();
  };
  const actions = {
    j: () => (outputs.length ? follow("next") : walk(1)),
    k: () => (outputs.length ? follow("prev") : walk(-1)),
    y: () => label("yes"),
    n: () => label("no"),
    u: () => label("unsure"),
    "?": () => help && (help.open ? help.close() : help.showModal()),
  };

  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const typing = target instanceof Element && target.closest("input, select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[1-9]$/.test(event.key) && outputs[event.key - 1]) choose(outputs[event.key - 1]);
    else if (actions[event.key]) actions[event.key]();
    else return;
    event.preventDefault();
  });

  outputs.forEach((output) => output.addEventListener("focusin", () => choose(output)));
  const named = outputs.find((output) => output.id && `#${encodeURIComponent(output.id)}` === location.hash);
  if (outputs.length) choose(named || outputs[0]);
  document.querySelectorAll("[data-help]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", actions["?"]);
  });
  if (help) help.addEventListener("click", (event) => event.target === help && help.close());
})();
