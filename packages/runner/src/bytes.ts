export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

/** A size for people: `1.5 MiB`. */
export const describeBytes = (bytes: number): string => {
  if (bytes < KIB) return `${bytes} bytes`;
  const [unit, name] = bytes >= GIB ? [GIB, "GiB"] : bytes >= MIB ? [MIB, "MiB"] : [KIB, "KiB"];
  return `${Number((bytes / unit).toFixed(1))} ${name}`;
};

/** A span of time for people. */
export const describeMs = (ms: number): string => {
  const [value, unit] = ms < 60_000 ? [ms / 1000, "second"] : [ms / 60_000, "minute"];
  const rounded = Number(value.toFixed(1));
  return `${rounded} ${unit}${rounded === 1 ? "" : "s"}`;
};
