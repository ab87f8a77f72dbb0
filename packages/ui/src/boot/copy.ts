import { announce } from "./announce.ts";

const SHOWN_MS = 1800;

/** Presses on `[data-hp-copy]`: copies the value and says so. */
export function startCopy(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-hp-copy]") : null;
    if (!(button instanceof HTMLElement)) return;
    void copy(button.dataset["hpCopy"] ?? "").then((copied) => {
      announce(copied ? "Copied." : "Copying is not possible here. Select the text instead.");
      if (!copied) return;
      button.setAttribute("data-copied", "");
      setTimeout(() => button.removeAttribute("data-copied"), SHOWN_MS);
    });
  });
}

async function copy(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused, for example in a frame; the old way below may still be allowed.
    }
  }
  return copyBySelection(text);
}

/** Browsers hide the clipboard API from pages over plain http, which a machine in one's own network often is. */
function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("readonly", "");
  area.className = "sr-only";
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
