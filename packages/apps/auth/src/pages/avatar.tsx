import { hueOf, initialsOf } from "../avatar.ts";

/** Somebody's initials on a colour of their own. Drawn, because a page may have no styles of its own beside it. */
export const Avatar = ({ id, name }: { id: string; name: string }) => (
  <svg viewBox="0 0 40 40" aria-hidden className="size-9 shrink-0">
    <circle cx="20" cy="20" r="20" fill={`hsl(${hueOf(id)} 45% 36%)`} />
    <text x="20" y="20" dy="0.36em" textAnchor="middle" fontSize="15" fontWeight="600" fill="#fff">
      {initialsOf(name)}
    </text>
  </svg>
);
