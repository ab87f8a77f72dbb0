import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { z } from "zod";
import { tokenFile } from "./adapters/token-file.ts";
import { handlers } from "./api/handlers.ts";
import { contract } from "./contract.ts";
import { manifest } from "./manifest.ts";
import { pages } from "./pages/index.tsx";
import { createApiTokens } from "./service/api-tokens.ts";
import { resolveCredential } from "./service/credentials.ts";
import { createGates } from "./service/gates.ts";
import { loaders } from "./service/loaders.ts";
import { createPeople } from "./service/people.ts";
import { createSessions } from "./service/sessions.ts";
import { createSetup } from "./service/setup.ts";

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  jobs: true,
  async start({ sql, config, jobs }) {
    const setup = createSetup(sql, tokenFile(join(config.dataDir, "setup-token")));
    const sessions = createSessions(sql);
    const tokens = createApiTokens(sql);
    const gates = createGates(sql, sessions, tokens, config.appSecret);
    const useCases = { setup, sessions, tokens, people: createPeople(sql), gates };
    await setup.prepare();
    jobs.handle("tidy", z.object({}), async () => {
      await sessions.tidy();
      await tokens.tidy();
      await gates.tidy();
    });
    jobs.schedule("tidy", "17 * * * *", {});
    return {
      handlers: handlers(useCases),
      loaders: loaders(sql),
      pages: pages(useCases),
      resolve: (credential) => resolveCredential(sessions, tokens, credential),
    };
  },
});
