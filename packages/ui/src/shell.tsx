import type { ReactNode } from "react";
import { BottomBar } from "./shell/bottom-bar.tsx";
import { BrandMark } from "./shell/brand.tsx";
import { type Flash, FlashMessage } from "./shell/flash.tsx";
import { currentNavItem, type NavItem, sortNav } from "./shell/nav.ts";
import { Sidebar } from "./shell/sidebar.tsx";
import { ThemeButton } from "./shell/theme-button.tsx";
import { type Person, UserMenu } from "./shell/user-menu.tsx";
import type { Theme } from "./theme.ts";
import Toaster from "./toast/toaster.island.tsx";

export interface ShellProps {
  /** What the person may see, from the registry; sorted here. */
  nav: readonly NavItem[];
  /** Path of the request: marks the current item. */
  path: string;
  person: Person;
  organisation: { name: string; slug: string };
  theme: Theme;
  flash?: Flash | undefined;
  /** Where the account menu leads. Default `/account`. */
  accountHref?: string | undefined;
  /** Receives the POST that signs out. Default `/sign-out`. */
  signOut?: string | undefined;
  children: ReactNode;
}

/**
 * The frame of every page: navigation, organisation, account. What carries `data-hp-swap` is exchanged by the soft navigation;
 * everything else, and every island in it, stays alive.
 */
export function Shell(props: ShellProps): ReactNode {
  const nav = sortNav(props.nav);
  const currentId = currentNavItem(nav, props.path)?.id ?? null;
  return (
    <>
      <a
        href="#main"
        className="hp-skip fixed start-3 top-3 z-40 rounded-md bg-accent px-4 py-2 font-medium text-on-accent"
      >
        Skip to content
      </a>
      <div id="hp-progress" aria-hidden />
      <div className="min-h-dvh md:grid md:grid-cols-[14.5rem_minmax(0,1fr)]">
        <Sidebar nav={nav} currentId={currentId} />
        <div className="flex min-w-0 flex-col">
          <header className="sticky top-0 z-20 flex h-14 items-center gap-2 border-b border-line bg-canvas px-4 md:px-8">
            <a href="/" aria-label="Homeport home" className="rounded-md md:hidden">
              <BrandMark className="size-8" />
            </a>
            <Organisation name={props.organisation.name} />
            <div className="ms-auto flex items-center gap-1.5">
              <ThemeButton theme={props.theme} />
              <UserMenu
                person={props.person}
                accountHref={props.accountHref ?? "/account"}
                signOut={props.signOut ?? "/sign-out"}
              />
            </div>
          </header>
          <main
            id="main"
            tabIndex={-1}
            data-hp-swap="main"
            className="mx-auto w-full max-w-6xl min-w-0 flex-1 px-4 pt-6 pb-28 md:px-8 md:pt-8 md:pb-16"
          >
            {props.flash === undefined ? null : <FlashMessage flash={props.flash} />}
            {props.children}
          </main>
        </div>
      </div>
      <BottomBar nav={nav} currentId={currentId} />
      <div id="hp-announcer" role="status" aria-live="polite" className="sr-only" />
      <Toaster />
    </>
  );
}

function Organisation({ name }: { name: string }): ReactNode {
  return (
    <div data-hp-swap="organisation" className="flex min-w-0 items-center gap-2">
      <span className="sr-only">Organisation</span>
      <span className="truncate font-medium">{name}</span>
    </div>
  );
}
