import type { HookProvider } from "../src/hook.ts";
import { BODIES, headersFor, type Told } from "./deliveries.ts";
import { startWorld, type World } from "./world.ts";

type Answer = Awaited<ReturnType<World["get"]>>;
// biome-ignore lint/suspicious/noExplicitAny: a test asserts on what came back
type Hook = any;

/** The real app with webhooks: what a repository's server does, and what came of it. */
export type PushWorld = World & {
  /** A webhook of a project. */
  newHook(project: string, provider?: HookProvider, url?: string): Promise<Hook>;
  /** Sends what `provider` sends of a push, signed with the hook's secret. */
  deliver(hook: Hook, told: Told, options?: DeliverOptions): Promise<Answer>;
  /** The deployments of a service, newest first. */
  deploymentsOf(path: string, environment?: string): Promise<Hook[]>;
};

export type DeliverOptions = { id?: string; secret?: string; event?: string; body?: unknown; address?: string };

export const startPushWorld = async (): Promise<PushWorld> => {
  const world = await startWorld();
  return {
    ...world,
    async newHook(project, provider = "github", url = "https://example.com/shop/api.git") {
      const made = await world.post(`/projects/${project}/hooks`, { provider, url });
      if (made.status !== 201) throw new Error(`no hook: ${JSON.stringify(made.body)}`);
      return made.body;
    },
    async deliver(hook, told, options = {}) {
      const provider = hook.provider as HookProvider;
      const text = JSON.stringify(options.body ?? BODIES[provider](told));
      const { secret = hook.secret, id = Bun.randomUUIDv7(), event = "push", address } = options;
      const response = await world.request(new URL(hook.address).pathname, {
        method: "POST",
        headers: {
          ...headersFor(provider, text, secret, id, event),
          ...(address === undefined ? {} : { "x-forwarded-for": address }),
        },
        body: text,
      });
      return { status: response.status, body: await response.json(), headers: response.headers };
    },
    async deploymentsOf(path, environment) {
      const query = environment === undefined ? "" : `?environment=${environment}`;
      return (await world.get(`${path}/deployments${query}`)).body.items;
    },
  };
};
