/** Waiting time before try number `failures` + 1: 1 s, 2 s, 4 s, ... up to a minute. 0 failures wait for nothing. */
export const backoffMs = (failures: number): number =>
  failures <= 0 ? 0 : Math.min(1000 * 2 ** Math.min(failures - 1, 10), 60_000);
