import { announce } from "./announce.ts";

/** Says above the page that something did not work. The page stays as it is: what was typed is not lost. */
export function showProblem(title: string, detail: string): void {
  clearProblem();
  const box = document.createElement("div");
  box.id = "hp-problem";
  box.className = "mb-5 rounded-md border-s-3 border-s-danger-solid bg-danger-soft px-3.5 py-3 text-danger";
  const strong = document.createElement("p");
  strong.className = "font-medium";
  strong.textContent = title;
  const text = document.createElement("p");
  text.textContent = detail;
  box.append(strong, text);
  document.getElementById("main")?.prepend(box);
  box.scrollIntoView({ block: "nearest" });
  announce(`${title} ${detail}`);
}

/** The same with what an error page says that cannot take the place of the page: the answer to a form. */
export function showProblemOf(status: number, page: Document | null): void {
  const error = page?.querySelector("[data-hp-error]") ?? null;
  const title = error?.querySelector("[data-hp-error-title]")?.textContent;
  if (error === null || !title) {
    showProblem(`The server answered ${status}.`, page?.title ?? "The answer is not a page.");
    return;
  }
  const requestId = error.getAttribute("data-hp-error") ?? "";
  const detail = error.querySelector("[data-hp-error-detail]")?.textContent ?? "";
  showProblem(title, requestId === "" ? detail : `${detail} Request ${requestId}.`.trimStart());
}

export function clearProblem(): void {
  document.getElementById("hp-problem")?.remove();
}
