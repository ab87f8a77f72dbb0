import type { ReactNode } from "react";
import { LogOut, User } from "../icons.ts";

export interface Person {
  name: string;
  email: string;
}

const ITEM =
  "flex h-9 w-full cursor-pointer items-center gap-2.5 rounded-md px-2.5 hover:bg-hover pointer-coarse:h-11 [&_svg]:size-4 [&_svg]:text-soft";

/** The account menu: a `details` element, so it opens without scripts; the runtime closes it on Escape and on a press elsewhere. */
export function UserMenu(props: { person: Person; accountHref: string; signOut: string }): ReactNode {
  const { person } = props;
  return (
    <details className="hp-menu relative" data-hp-menu="">
      <summary className="grid size-9 place-items-center rounded-full bg-accent-soft text-sm font-semibold text-accent-strong pointer-coarse:size-11">
        <span aria-hidden>{initials(person.name)}</span>
        <span className="sr-only">Account of {person.name}</span>
      </summary>
      <div className="absolute end-0 top-full z-30 mt-2 w-64 max-w-[calc(100vw-2rem)] rounded-lg border border-line bg-surface p-1.5 shadow-float">
        <div className="grid border-b border-line px-2.5 pt-1.5 pb-3">
          <span className="truncate font-medium">{person.name}</span>
          <span className="truncate text-sm text-faint">{person.email}</span>
        </div>
        <a href={props.accountHref} className={`mt-1.5 ${ITEM}`}>
          <User aria-hidden /> Account
        </a>
        <form action={props.signOut} method="post" data-hp-reload="">
          <button type="submit" className={ITEM}>
            <LogOut aria-hidden /> Sign out
          </button>
        </form>
      </div>
    </details>
  );
}

/** First letters of the first and the last word: "Ada Lovelace" is AL, "ada" is A. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toUpperCase() || "?";
}
