import type { ComponentType, ReactElement } from "react";
import type { Root } from "react-dom/client";

interface IslandModule {
  default: ComponentType<object>;
}

/**
 * `<hp-island>`: starts its React root when it enters the document, whether it came with the page or was swapped in, and unmounts
 * it when it leaves. New `props` are a new rendering of the same root. React itself is loaded with the first island.
 */
class IslandElement extends HTMLElement {
  static observedAttributes = ["props"];

  #root: Root | null = null;
  #createElement: (() => ReactElement) | null = null;
  #left: AbortController | null = null;

  connectedCallback(): void {
    this.#left?.abort();
    this.#left = new AbortController();
    const { signal } = this.#left;
    void whenDue(this, this.getAttribute("when") ?? "load", signal).then(() => this.#start(signal));
  }

  disconnectedCallback(): void {
    this.#left?.abort();
    // After the current work: an element that is only moved enters again at once, and keeps its root.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#root?.unmount();
      this.#root = null;
      this.setAttribute("mode", "client");
    });
  }

  attributeChangedCallback(): void {
    if (this.#root !== null && this.#createElement !== null) this.#root.render(this.#createElement());
  }

  async #start(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#root !== null) return;
    try {
      const [island, react, dom] = await loadModules(this.getAttribute("src") ?? "", signal);
      if (signal.aborted || this.#root !== null) return;
      this.#createElement = () =>
        react.createElement(island.default, JSON.parse(this.getAttribute("props") ?? "{}") as object);
      const options = { identifierPrefix: this.getAttribute("prefix") ?? "" };
      if (this.getAttribute("mode") === "hydrate") {
        this.#root = dom.hydrateRoot(this, this.#createElement(), options);
      } else {
        this.#root = dom.createRoot(this, options);
        this.#root.render(this.#createElement());
      }
      this.setAttribute("data-started", "");
    } catch (err) {
      if (signal.aborted) return;
      console.error(`island ${this.getAttribute("name")} did not start`, err);
      if (this.getAttribute("mode") !== "hydrate")
        this.textContent = "This part could not be loaded. Reload the page to try again.";
    }
  }
}

const RETRY_AFTER_MS = [500, 2_000];

/** A phone that changes networks, or a server that restarts, fails an import that works a moment later. */
async function loadModules(src: string, signal: AbortSignal) {
  for (const waitMs of RETRY_AFTER_MS) {
    try {
      return await importModules(src);
    } catch (err) {
      if (signal.aborted) throw err;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
  return importModules(src);
}

const importModules = (src: string) =>
  Promise.all([import(src) as Promise<IslandModule>, import("react"), import("react-dom/client")]);

function whenDue(element: HTMLElement, start: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (start === "idle") {
      if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve(), { timeout: 2000 });
      else setTimeout(resolve, 200);
    } else if (start === "visible") {
      const observer = new IntersectionObserver(
        (entries) => {
          if (!entries.some((entry) => entry.isIntersecting)) return;
          observer.disconnect();
          resolve();
        },
        { rootMargin: "200px" },
      );
      // The element itself has no box (`display: contents`): its content is watched, or its parent while it is empty.
      observer.observe(element.firstElementChild ?? element.parentElement ?? element);
      signal.addEventListener("abort", () => observer.disconnect());
    } else {
      resolve();
    }
  });
}

export function startIslands(): void {
  customElements.define("hp-island", IslandElement);
}
