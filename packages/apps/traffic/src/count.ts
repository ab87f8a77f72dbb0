const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** `1,234`; one decimal below ten. */
export const formatCount = (count: number): string => (count < 10 ? TENTHS : WHOLE).format(count);

/** `1 route`, `2 routes`. */
export const countOf = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
