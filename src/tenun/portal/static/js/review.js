// Keys for the review of links. Everything works without this file: it only saves reaching for the mouse.
// Single keys can be switched off on the page (WCAG 2.2, 2.1.4), and are never taken from a field one types in.
(() => {
  "use strict";
  const form = document.getElementById("judge");
  if (!form) return;
  const desk = form.closest(".review");
  const panel = form.querySelector(".review-keys");
  const box = panel.querySelector("[data-keys]");
  const reason = form.querySelector("select[name=reason]");
  const save = form.querySelector("[data-submit]");
  const KEY = "tenun-review-keys";

  const apply = () => desk.classList.toggle("has-keys", box.checked);
  panel.hidden = false;
  box.checked = localStorage.getItem(KEY) !== "off";
  apply();
  box.addEventListener("change", () => {
    localStorage.setItem(KEY, box.checked ? "on" : "off");
    apply();
  });

  document.addEventListener("keydown", (event) => {
    if (!box.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const at = event.target;
    if (at.closest("select, textarea, input:not([type=radio]):not([type=checkbox])")) return;
    const chosen = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!chosen) return;
    event.preventDefault();
    if (chosen.type === "radio") {
      chosen.checked = true;
      // Saying no, or not knowing, needs a reason; a yes is saved with Enter. Nothing is saved by one key alone.
      (chosen.value === "same" ? save : reason).focus();
    } else {
      chosen.click();
    }
  });

  // Enter in the reason saves, once something is chosen: a select alone does not send its form.
  reason.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && reason.value) {
      event.preventDefault();
      save.click();
    }
  });
})();
