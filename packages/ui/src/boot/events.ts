/** Events on `document` between islands and the runtime; events because the two are separate bundles. */
export const VISIT = "hp:visit";
export const REFRESH = "hp:refresh";
export const MUTATED = "hp:mutated";
/** Sent by the runtime after a page was swapped in. */
export const NAVIGATED = "hp:navigated";
