/** A quick answer needs no sign of waiting; source: the reference's state conventions. */
const SHOW_AFTER_MS = 150;

/** Shows the line on top when the work takes a while; the returned function ends it. */
export function startProgress(): () => void {
  const bar = document.getElementById("hp-progress");
  const timer = setTimeout(() => bar?.setAttribute("data-active", ""), SHOW_AFTER_MS);
  return () => {
    clearTimeout(timer);
    bar?.removeAttribute("data-active");
  };
}
