import type { ReactNode } from "react";

/** A harbour gate over the waterline, with a buoy in it. */
export function BrandMark({ className }: { className?: string | undefined }): ReactNode {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
      <rect width="32" height="32" rx="8.5" className="fill-accent" />
      <path
        d="M8 20v-4.5a8 8 0 0 1 16 0V20"
        fill="none"
        strokeWidth="2.5"
        strokeLinecap="round"
        className="stroke-on-accent"
      />
      <circle cx="16" cy="17" r="2.5" className="fill-buoy" />
      <path
        d="M6.5 24.5c1.9 0 1.9-1.5 3.8-1.5s1.9 1.5 3.8 1.5 1.9-1.5 3.8-1.5 1.9 1.5 3.8 1.5 1.9-1.5 3.8-1.5"
        fill="none"
        strokeWidth="2"
        strokeLinecap="round"
        className="stroke-on-accent"
      />
    </svg>
  );
}
