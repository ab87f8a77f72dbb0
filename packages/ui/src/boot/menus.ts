/** `details` used as menus: Escape and a press elsewhere close them. */
export function startMenus(): void {
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) {
      if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = openMenus().at(-1);
    if (menu === undefined) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}

const openMenus = (): HTMLDetailsElement[] =>
  Array.from(document.querySelectorAll<HTMLDetailsElement>("details[data-hp-menu][open]"));
