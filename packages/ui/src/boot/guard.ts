/** Forms marked `data-hp-guard` that were typed in and not sent. */
const DIRTY = "form[data-hp-guard][data-hp-dirty]";

export function startGuard(): void {
  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element ? event.target.closest("form[data-hp-guard]") : null;
    form?.setAttribute("data-hp-dirty", "");
  });
  addEventListener("beforeunload", (event) => {
    if (document.querySelector(DIRTY) !== null) event.preventDefault();
  });
}

/** Whether the page may be left; asks when something typed would be lost. */
export const mayLeave = (): boolean =>
  document.querySelector(DIRTY) === null || confirm("Leave this page? What you typed here was not saved.");
