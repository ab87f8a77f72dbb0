import type { Answer } from "../matrix/platform.ts";
import { bodyOf, type House } from "./house.ts";

export type Load = {
  /** Requests that were answered as they should. */
  done(): number;
  /** What was answered otherwise, in words. */
  failures: readonly string[];
  /** Ends it and looks once more at everything that was written. */
  end(): Promise<void>;
};

const PROJECTS = "/api/v1/deployments/projects";

/** Clients that write and read what is sealed, each one request after the other, until it ends. */
export const startLoad = async (house: House): Promise<Load> => {
  const { headers } = house.ada;
  const failures: string[] = [];
  let done = 0;
  let isOver = false;
  const slug = `load-${Bun.randomUUIDv7().slice(-8)}`;
  const inProject = `${PROJECTS}/${slug}`;

  const expectAnswer = async (what: string, wanted: number, asked: Promise<Answer>): Promise<Answer | null> => {
    const answer = await asked;
    if (answer.status === wanted) done += 1;
    else failures.push(`${what}: ${answer.status} ${answer.body.slice(0, 200)}`);
    return answer.status === wanted ? answer : null;
  };
  const send = (method: string, path: string, json: unknown, more: Record<string, string> = {}) =>
    house.ask(method, path, { headers: { ...headers, ...more }, json });

  /** What it says is what was written last. */
  const reveal = async (path: string, name: string, value: string): Promise<void> => {
    const revealed = await expectAnswer(`reveal of ${path}`, 200, send("POST", path, { names: [name] }));
    if (revealed === null) return;
    const told = bodyOf<{ values: Record<string, string> }>(revealed).values[name];
    if (told !== value) failures.push(`${path}: ${name} is ${told} and should be ${value}`);
  };

  await expectAnswer("project", 201, send("POST", PROJECTS, { slug }));
  const client = async (name: string): Promise<() => Promise<void>> => {
    const service = `${inProject}/services/${name}/variables`;
    const group = `${inProject}/secret-groups/${name}`;
    const first = { slug: name, values: { OLD: `${name} old` } };
    const kept = { "idempotency-key": `key-of-${name}` };
    await expectAnswer(
      "service",
      201,
      send("POST", `${inProject}/services`, { slug: name, source: { kind: "upload" } }),
    );
    const made = await expectAnswer("secret group", 201, send("POST", `${inProject}/secret-groups`, first, kept));
    await expectAnswer("variables", 200, send("PUT", service, { values: { OLD: `${name} old` } }));
    let turn = 0;
    const step = async (): Promise<void> => {
      const value = `${name} ${turn}`;
      turn += 1;
      await expectAnswer("variables", 200, send("PUT", service, { values: { NEW: value } }));
      await expectAnswer("items", 200, send("PUT", `${group}/items`, { values: { NEW: value } }));
      const setting = { "auth.denied-webhook-secret": value };
      await expectAnswer("settings", 200, send("PUT", "/api/v1/settings/values", { values: setting }));
      await look(value);
      const again = await expectAnswer("replay", 201, send("POST", `${inProject}/secret-groups`, first, kept));
      if (again !== null && again.body !== made?.body) failures.push(`the kept answer became ${again.body}`);
      const job = { slug: `${name}-${turn}`, values: { A: value } };
      const fresh = { "idempotency-key": `key-of-${name}-${turn}` };
      await expectAnswer("create", 201, send("POST", `${inProject}/secret-groups`, job, fresh));
      await expectAnswer("remove", 200, send("DELETE", `${inProject}/secret-groups/${job.slug}`, {}));
    };
    const look = async (value: string): Promise<void> => {
      await reveal(`${service}/reveal`, "OLD", `${name} old`);
      await reveal(`${service}/reveal`, "NEW", value);
      await reveal(`${group}/reveal`, "OLD", `${name} old`);
      await reveal(`${group}/reveal`, "NEW", value);
    };
    const running = (async () => {
      while (!isOver) await step();
    })();
    return async () => {
      await running;
      await look(`${name} ${turn - 1}`);
    };
  };
  const ends = await Promise.all(["one", "two", "three", "four"].map(client));
  return {
    done: () => done,
    failures,
    async end() {
      isOver = true;
      await Promise.all(ends.map((end) => end()));
    },
  };
};
