import { cachedResolver } from "../packages/kit/src/http/authenticate.ts";
import { remoteResolver } from "../packages/kit/src/http/remote-resolver.ts";
import { Secret } from "../packages/kit/src/secret.ts";
import { type AuthApp, startAuth } from "./auth/start-auth.ts";
import { quantile, trimmed, welchT } from "./auth/statistics.ts";
import { Bed } from "./gateway/bed.ts";
import { report, timed } from "./report.ts";

/**
 * What every request pays for knowing its caller, whether a flood of sign-ins holds up others, and whether the time that a
 * refusal takes tells if there is an account. `--quick` is for developing.
 */
const isQuick = process.argv.includes("--quick");
const SAMPLES = isQuick ? 60 : 1_000;
const FLOOD = 50;
const FLOOD_MS = isQuick ? 3_000 : 20_000;
/** Above it, a difference of means can be measured (the usual limit of timing leak tests). */
const LEAK_T = 4.5;

const bed = new Bed();
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.once(name, () => void bed.close().then(() => process.exit(1)));

const us = (ms: number): string => (ms < 1 ? `${(ms * 1000).toFixed(1)} µs` : `${ms.toFixed(1)} ms`);

let address = 0;
/** Another address each time, so that what is measured is the account and not the limit of an address. */
const fromSomewhere = () => {
  address += 1;
  return { "x-forwarded-for": `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}` };
};

const signIn = (auth: AuthApp, email: string) =>
  auth.call("POST", "/sessions", fromSomewhere(), { email, password: "not the password" });

const measureResolution = async (auth: AuthApp): Promise<void> => {
  const remote = remoteResolver(auth.gatewayUrl, async () => auth.identity);
  const credential = { kind: "session", value: new Secret(auth.session) } as const;
  const cached = cachedResolver(remote);
  const sample = async (resolve: typeof remote): Promise<number[]> => {
    for (let i = 0; i < 50; i += 1) await resolve(credential);
    const times: number[] = [];
    for (let i = 0; i < SAMPLES; i += 1) times.push((await timed(() => resolve(credential))).ms);
    return times;
  };
  const [hit, miss] = [await sample(cached), await sample(remote)];
  report("Whose credential is this", {
    "remembered, p50": us(quantile(hit, 0.5)),
    "asked of the auth app, p50": us(quantile(miss, 0.5)),
    "asked ÷ remembered": (quantile(miss, 0.5) / quantile(hit, 0.5)).toFixed(0),
  });
};

const measureFlood = async (auth: AuthApp): Promise<void> => {
  const me = () => auth.call("GET", "/me", { cookie: `homeport=${auth.session}` });
  const watch = async (until: number): Promise<number[]> => {
    const times: number[] = [];
    while (performance.now() < until) times.push((await timed(me)).ms);
    return times;
  };
  await watch(performance.now() + 500);
  const idle = await watch(performance.now() + FLOOD_MS);
  const until = performance.now() + FLOOD_MS;
  let refused = 0;
  const attackers = Array.from({ length: FLOOD }, async (_, i) => {
    for (let n = 0; performance.now() < until; n += 1) {
      await signIn(auth, `p${i}-${n}@example.com`);
      refused += 1;
    }
  });
  const busy = await watch(until);
  await Promise.all(attackers);
  report(`GET /me while ${FLOOD} sign in at once with wrong passwords`, {
    "sign-ins refused per second": (refused / (FLOOD_MS / 1000)).toFixed(0),
    "p50 idle, flooded": `${us(quantile(idle, 0.5))}, ${us(quantile(busy, 0.5))}`,
    "p50 flooded ÷ idle": (quantile(busy, 0.5) / quantile(idle, 0.5)).toFixed(1),
    "p99 flooded ÷ idle": (quantile(busy, 0.99) / quantile(idle, 0.99)).toFixed(1),
  });
};

const measureTiming = async (auth: AuthApp): Promise<void> => {
  const times = { unknown: [] as number[], wrong: [] as number[], locked: [] as number[] };
  const email = { unknown: "unknown@example.com", wrong: "ada@example.com", locked: "ada@example.com" };
  const names = ["unknown", "wrong", "locked"] as const;
  const setCounts = async (count: number) => {
    await auth.sql`update auth.sign_in_failures set failure_count = ${count} where subject like 'account:%'`;
  };
  for (let i = 0; i < SAMPLES; i += 1) {
    for (const name of names.toSorted(() => Math.random() - 0.5)) {
      await setCounts(name === "locked" ? 1_000 : 0);
      const { ms, result } = await timed(() => signIn(auth, email[name]));
      if (result !== (name === "locked" ? 429 : 401)) throw new Error(`${name}: ${result}`);
      if (i > 5) times[name].push(ms);
    }
  }
  const t = (a: number[], b: number[]): string => {
    const value = welchT(trimmed(a), trimmed(b));
    if (Math.abs(value) >= LEAK_T) process.exitCode = 1;
    return `${value.toFixed(2)} (limit ±${LEAK_T})`;
  };
  report("Refused sign-ins: what the time tells, as Welch's t", {
    "p50 unknown, wrong, locked": names.map((name) => us(quantile(times[name], 0.5))).join(", "),
    "unknown account, wrong password": t(times.unknown, times.wrong),
    "locked account, wrong password": t(times.locked, times.wrong),
  });
};

try {
  const auth = await startAuth(bed);
  await measureResolution(auth);
  await measureFlood(auth);
  await measureTiming(auth);
} finally {
  await bed.close();
}
