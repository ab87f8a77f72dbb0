import type { ReactNode } from "react";

/** Calm water along the lower edge of pages outside the shell. Decoration only. */
export function Waterline(): ReactNode {
  return (
    <svg
      viewBox="0 0 1440 220"
      preserveAspectRatio="none"
      aria-hidden="true"
      className="pointer-events-none fixed inset-x-0 bottom-0 h-[26dvh] w-full"
    >
      <path
        className="fill-water-1"
        d="M0 62c120 0 120-26 240-26s120 26 240 26 120-26 240-26 120 26 240 26 120-26 240-26 120 26 240 26v158H0Z"
      />
      <path
        className="fill-water-2"
        d="M0 104c90 0 90 22 180 22s90-22 180-22 90 22 180 22 90-22 180-22 90 22 180 22 90-22 180-22 90 22 180 22 90-22 180-22v116H0Z"
      />
      <path className="fill-water-3" d="M0 168c180 0 180-20 360-20s180 20 360 20 180-20 360-20 180 20 360 20v52H0Z" />
    </svg>
  );
}
