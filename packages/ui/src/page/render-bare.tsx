import type { ReactNode } from "react";
import { ErrorState } from "../components/error-state.tsx";
import { BrandMark } from "../shell/brand.tsx";
import { ThemeButton } from "../shell/theme-button.tsx";
import { Waterline } from "../shell/waterline.tsx";
import { type DocumentOptions, renderDocument } from "./document.tsx";

export interface BareOptions extends DocumentOptions {
  /** For a page with more than one short form. */
  wide?: boolean | undefined;
  children: ReactNode;
}

/** A page outside the shell: setup, sign-in, an error before it is known who asks. One card under the brand. */
export function renderBare(options: BareOptions): string {
  return renderDocument(
    { ...options, title: `${options.title} · Homeport` },
    "bare",
    <BareFrame theme={options.theme} wide={options.wide === true}>
      {options.children}
    </BareFrame>,
  );
}

function BareFrame({
  theme,
  wide,
  children,
}: {
  theme: BareOptions["theme"];
  wide: boolean;
  children: ReactNode;
}): ReactNode {
  return (
    <>
      <div id="hp-progress" aria-hidden />
      <Waterline />
      <div className="relative grid min-h-dvh grid-rows-[auto_1fr_auto] px-4">
        <header className="flex justify-end py-3">
          <ThemeButton theme={theme} />
        </header>
        <main id="main" tabIndex={-1} data-hp-swap="main" className="mx-auto grid w-full content-center gap-6 py-6">
          <div className="flex items-center justify-center gap-2.5 text-xl font-semibold tracking-tight">
            <BrandMark className="size-9" /> Homeport
          </div>
          <div
            className={
              wide
                ? "mx-auto w-full max-w-2xl rounded-lg border border-line bg-surface p-6 shadow-float sm:p-8"
                : "mx-auto w-full max-w-sm rounded-lg border border-line bg-surface p-6 shadow-float sm:p-8"
            }
          >
            {children}
          </div>
        </main>
        <footer className="py-4 text-center text-sm text-soft">Your own cloud, on your own machines.</footer>
      </div>
      <div id="hp-announcer" role="status" aria-live="polite" className="sr-only" />
    </>
  );
}

export interface ErrorPageOptions extends Omit<BareOptions, "children" | "title"> {
  status: number;
  /** What failed, as a sentence; also the document's title. */
  title: string;
  detail?: ReactNode;
  requestId?: string | undefined;
  retryHref?: string | undefined;
}

/** An error where no shell can be shown. */
export function renderErrorPage(options: ErrorPageOptions): string {
  const { status, title, detail, requestId, retryHref } = options;
  return renderBare({
    ...options,
    children: (
      <>
        <h1 className="sr-only">Error {status}</h1>
        <ErrorState
          title={title}
          detail={detail}
          requestId={requestId}
          code={String(status)}
          retryHref={retryHref}
          framed={false}
        />
      </>
    ),
  });
}
