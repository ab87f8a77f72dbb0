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

export function clearProblem(): void {
  document.getElementById("hp-problem")?.remove();
}
