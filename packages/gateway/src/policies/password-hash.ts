/** Whoever writes a policy chooses what a check costs; these are what the gateway is ready to pay for one: about a second. */
const MAX_BCRYPT_COST = 13;
const MAX_ARGON2_KIB = 131_072;
const MAX_ARGON2_PASSES = 8;
const MAX_ARGON2_LANES = 4;

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const ARGON2 = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,10})\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/;

/** Whether `Bun.password` can verify this hash at a bearable price. */
export function isAffordable(passwordHash: string): boolean {
  const cost = BCRYPT.exec(passwordHash)?.[1];
  if (cost !== undefined) return Number(cost) >= 4 && Number(cost) <= MAX_BCRYPT_COST;
  const [, kib, passes, lanes] = ARGON2.exec(passwordHash)?.map(Number) ?? [];
  if (kib === undefined || passes === undefined || lanes === undefined) return false;
  return kib <= MAX_ARGON2_KIB && passes <= MAX_ARGON2_PASSES && lanes <= MAX_ARGON2_LANES;
}
