import { mayLeave } from "./guard.ts";
import { forgetPrefetched } from "./prefetch.ts";
import { visit } from "./visit.ts";

/** Plain forms become soft: a GET is a visit, a POST is a visit with a body. Uploads and other origins are the browser's. */
export function startForms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    if (form.hasAttribute("data-pending")) {
      // The second press of an impatient finger.
      event.preventDefault();
      return;
    }
    const sent = describe(form, event.submitter);
    if (!sent.soft) {
      form.removeAttribute("data-hp-dirty");
      if (sent.post) forgetPrefetched();
      if (sent.stays) form.setAttribute("data-pending", "");
      return;
    }
    event.preventDefault();
    if (!sent.post && !mayLeave()) return;
    void send(form, sent.url, sent.post ? sent.body : undefined);
  });
  // A page that comes back from the browser's cache is no longer sending.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-pending]")) form.removeAttribute("data-pending");
  });
}

async function send(form: HTMLFormElement, url: URL, body: URLSearchParams | undefined): Promise<void> {
  const wasDirty = body !== undefined && form.hasAttribute("data-hp-dirty");
  if (wasDirty) form.removeAttribute("data-hp-dirty");
  form.setAttribute("data-pending", "");
  form.setAttribute("aria-busy", "true");
  const isAnswered = await visit(url, { history: "push", scroll: "top", body });
  if (wasDirty && !isAnswered) form.setAttribute("data-hp-dirty", ""); // what was typed is still only here
  form.removeAttribute("data-pending");
  form.removeAttribute("aria-busy");
}

interface Sent {
  url: URL;
  body: URLSearchParams;
  post: boolean;
  soft: boolean;
  /** The answer comes into this window. */
  stays: boolean;
}

/** Attributes are read as attributes: a field named `action` hides the property of that name. */
function describe(form: HTMLFormElement, submitter: HTMLElement | null): Sent {
  const read = (name: string): string | null => submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name);
  const url = new URL(read("action") || location.href, location.href);
  const post = (read("method") ?? "get").toLowerCase() === "post";
  const body = new URLSearchParams();
  let hasFile = false;
  for (const [name, value] of new FormData(form, submitter)) {
    if (typeof value === "string") body.append(name, value);
    else hasFile = true;
  }
  const target = read("target") ?? "";
  const stays = target === "" || target === "_self";
  const soft =
    stays &&
    !hasFile &&
    url.origin === location.origin &&
    !form.hasAttribute("data-hp-reload") &&
    (read("enctype") ?? "") !== "multipart/form-data" &&
    (read("method") ?? "get").toLowerCase() !== "dialog";
  if (!post) url.search = body.toString();
  return { url, body, post, soft, stays };
}
