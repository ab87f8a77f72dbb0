/** Hints of disabled controls open towards the middle of the window, so that they are never cut off. */
export function startReasons(): void {
  const place = (event: Event): void => {
    const reason = event.target instanceof Element ? event.target.closest("[data-hp-reason]") : null;
    if (reason === null) return;
    const box = reason.getBoundingClientRect();
    reason.setAttribute("data-side", box.left + box.width / 2 > innerWidth / 2 ? "end" : "start");
  };
  document.addEventListener("pointerover", place, { passive: true });
  document.addEventListener("focusin", place);
}
