import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { checkpointKey } from "@homeport/kit/audit/checkpoints.ts";
import { settingsOf } from "@homeport/kit/settings/app-settings.ts";
import { z } from "zod";
import { declaredActions } from "./adapters/declared-actions.ts";
import { smtpMailer } from "./adapters/smtp.ts";
import { tokenFile } from "./adapters/token-file.ts";
import { httpWebhooks } from "./adapters/webhooks.ts";
import { auditExportRoutes } from "./api/audit-export.ts";
import { handlers } from "./api/handlers.ts";
import { SEALED_AUTHENTICATORS } from "./authenticator.ts";
import { readAuthConfig } from "./config.ts";
import { contract } from "./contract.ts";
import { SEALED_MAILS } from "./mail.ts";
import { manifest } from "./manifest.ts";
import { pages } from "./pages/index.tsx";
import { paths } from "./pages/paths.ts";
import { createApiTokens } from "./service/api-tokens.ts";
import { createAuditLogs } from "./service/audit.ts";
import { resolveCredential } from "./service/credentials.ts";
import { deniedConsumer } from "./service/denied-consumer.ts";
import { refuseDenied } from "./service/denied-sign-ins.ts";
import { createDepartures } from "./service/departures.ts";
import { createEmailChanges } from "./service/email-changes.ts";
import { createGates } from "./service/gates.ts";
import { loaders } from "./service/loaders.ts";
import { createMails } from "./service/mails.ts";
import { createOrganisationUseCases } from "./service/organisation-use-cases.ts";
import { createPeople } from "./service/people.ts";
import { createPlatformOrganisations } from "./service/platform-organisations.ts";
import { createPlatformPeople } from "./service/platform-people.ts";
import { createProfiles } from "./service/profile.ts";
import { projectCopy } from "./service/projects.ts";
import { createSessions } from "./service/sessions.ts";
import { createSetup } from "./service/setup.ts";
import { createSignInUseCases, declareSignInJobs, tidySignIn } from "./service/sign-in-use-cases.ts";
import { lifetimeOf } from "./session.ts";
import { settings } from "./settings.ts";

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  jobs: true,
  sealed: [SEALED_AUTHENTICATORS, SEALED_MAILS],
  async start(context) {
    const { sql, config, jobs, log } = context;
    const setup = createSetup(sql, tokenFile(join(config.dataDir, "setup-token")));
    const setting = settingsOf(context, settings).get;
    const sessions = createSessions(sql, () =>
      lifetimeOf(setting("session-idle-days"), setting("session-absolute-days")),
    );
    const tokens = createApiTokens(sql, declaredActions(context.valkey));
    const gates = createGates(sql, sessions, tokens, config.appSecret);
    const auditLogs = createAuditLogs(sql, checkpointKey(config.appSecret), log);
    const mails = createMails(sql, context.keys, setting, smtpMailer());
    const emailChanges = createEmailChanges(sql, mails, {
      confirmEmail: (token) => new URL(paths.confirmEmailBy(token.reveal()), config.appUrl).href,
      signIn: () => new URL(paths.signIn, config.appUrl).href,
    });
    const organisations = createOrganisationUseCases(sql, {
      appUrl: config.appUrl,
      mails,
      areOpen: () => setting("open-organisations"),
      refuseDenied: (email, client) => refuseDenied(sql, email, client, "invite"),
    });
    const { appUrl } = config;
    const signInDeps = { appUrl, keys: context.keys, jobs, setting, mails, sessions, tokens };
    const ways = createSignInUseCases(sql, signInDeps);
    declareSignInJobs(sql, signInDeps, ways, httpWebhooks(readAuthConfig().allowPrivateHosts));
    let sending: Promise<void> = Promise.resolve();
    const useCases = {
      ...organisations,
      ...ways,
      setup,
      sessions,
      tokens,
      people: createPeople(sql),
      gates,
      auditLogs,
      mails,
      profiles: createProfiles(sql),
      emailChanges,
      departures: createDepartures(sql),
      platformPeople: createPlatformPeople(sql, mails),
      platformOrganisations: createPlatformOrganisations(sql),
    };
    await setup.prepare();
    jobs.handle("tidy", z.object({}), async () => {
      await sessions.tidy();
      await tokens.tidy();
      await gates.tidy();
      await organisations.invites.tidy();
      await emailChanges.tidy();
      await tidySignIn(ways);
      await mails.tidy();
    });
    jobs.schedule("tidy", "17 * * * *", {});
    jobs.handle("sign-audit", z.object({}), ({ signal }) => auditLogs.makeCheckpoints(signal));
    jobs.schedule("sign-audit", "*/5 * * * *", {});
    // Reads every entry that there is.
    jobs.handle("verify-audit", z.object({}), ({ signal }) => auditLogs.verifyAll(signal), { expireSeconds: 3_000 });
    jobs.schedule("verify-audit", "47 * * * *", {});
    return {
      handlers: handlers(useCases),
      loaders: loaders(sql),
      pages: pages(useCases),
      routes: auditExportRoutes(auditLogs, log),
      consumers: [projectCopy, deniedConsumer(jobs)],
      resolve: (credential) => resolveCredential(sessions, tokens, credential),
      run() {
        sending = mails.run(context.signal);
      },
      stop: () => sending,
    };
  },
});
