import { createContext } from "react";

/** What the islands of one page need to know of the page that is being rendered. */
export interface IslandScope {
  /** URL of the island's module, or null when the build has no such island. */
  sourceOf(name: string): string | null;
  /** Told once for every island that was rendered, so that the page can preload its module. */
  used(src: string, start: string): void;
  failed(name: string, err: unknown): void;
}

export const IslandScopeContext = createContext<IslandScope | null>(null);

/** True below an island: a component that is itself an island is then plain, it belongs to the outer one's root. */
export const InsideIslandContext = createContext(false);
