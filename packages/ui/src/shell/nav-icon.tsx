import type { ReactNode } from "react";
import { Box, type LucideIcon } from "../icons.ts";

/** Apps name icons freely, so the number kept is bounded by the number of lucide's icons; wrong names are not kept. */
const loaded = new Map<string, LucideIcon>();

/** Any lucide icon by its name, one module at a time; a box for a name that lucide does not have. Server only. */
export function NavIcon({ name, className }: { name: string; className?: string | undefined }): ReactNode {
  const Icon = findIcon(name);
  return <Icon aria-hidden className={className} />;
}

function findIcon(name: string): LucideIcon {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  // The name comes from another app's registration: only a plain name may become part of a module path.
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) return Box;
  try {
    const icon = (import.meta.require(`lucide-react/icons/${name}`) as { default: LucideIcon }).default;
    loaded.set(name, icon);
    return icon;
  } catch {
    return Box;
  }
}
