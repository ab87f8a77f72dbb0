/** Says something to people who hear the page. The same words twice are said twice. */
export function announce(words: string): void {
  const region = document.getElementById("hp-announcer");
  if (region === null) return;
  region.textContent = "";
  requestAnimationFrame(() => {
    region.textContent = words;
  });
}
