/** The value below which `share` of the sample lies. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};

/** Welch's t of two samples: how far their means are apart, in their own noise. Beyond 4.5 a difference can be measured. */
export const welchT = (a: readonly number[], b: readonly number[]): number => {
  const [one, other] = [momentsOf(a), momentsOf(b)];
  return (one.mean - other.mean) / Math.sqrt(one.variance / a.length + other.variance / b.length);
};

/** The slowest and fastest tenths are the machine's, not the code's. */
export const trimmed = (values: readonly number[]): number[] => {
  const cut = Math.floor(values.length / 10);
  return values.toSorted((a, b) => a - b).slice(cut, values.length - cut);
};

const momentsOf = (values: readonly number[]): { mean: number; variance: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / Math.max(1, values.length - 1) };
};
