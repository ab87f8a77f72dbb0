import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { afterCommit } from "@homeport/kit/db/connect.ts";
import { isId, type JobId, type WorkloadId } from "@homeport/kit/ids.ts";
import { ciBuilds } from "./adapters/builds.ts";
import { registryImages } from "./adapters/images.ts";
import { loggingStreams } from "./adapters/log-streams.ts";
import { clusterRollouts } from "./adapters/rollouts.ts";
import { handlers } from "./api/handlers.ts";
import { contract } from "./contract.ts";
import { manifest } from "./manifest.ts";
import { pages } from "./pages/index.tsx";
import { createDeploys } from "./service/deploy.ts";
import { SEALED } from "./service/env.ts";
import { createEnvironments } from "./service/environments.ts";
import { loaders } from "./service/loaders.ts";
import { createProjects } from "./service/projects.ts";
import { createReads } from "./service/reads.ts";
import { createRedeployUsers } from "./service/redeploy-users.ts";
import { createReveals } from "./service/reveal.ts";
import { createSecretAttachments } from "./service/secret-attachments.ts";
import { createSecretGroups } from "./service/secret-groups.ts";
import { SEALED_SECRETS } from "./service/secret-seals.ts";
import { createServices } from "./service/services.ts";
import { type Stepper, startStepper } from "./service/stepper.ts";
import { createVariables } from "./service/variables.ts";
import { pokeJob, pokeWorkload } from "./store/deployments.ts";

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  sealed: [...SEALED, ...SEALED_SECRETS],
  start(context) {
    const { sql, config, keys } = context;
    const outside = {
      builds: ciBuilds(context),
      rollouts: clusterRollouts(context),
      images: registryImages(context),
      logs: loggingStreams(context),
    };
    let stepper: Stepper | null = null;
    const wake = () => stepper?.wake();
    const useCases = {
      projects: createProjects(sql),
      environments: createEnvironments(sql),
      services: createServices(sql, outside),
      deploys: createDeploys(sql, wake),
      secretGroups: createSecretGroups(sql, keys),
      secretAttachments: createSecretAttachments(sql),
      redeployUsers: createRedeployUsers(sql, wake),
      reveals: createReveals(sql, keys),
      variables: createVariables(sql, keys),
      reads: createReads(sql),
      urls: config,
    };
    return {
      handlers: handlers(useCases),
      loaders: loaders(sql),
      pages: pages(useCases),
      // Events only say that there is something to look at; what is so is asked of the app that owns it.
      consumers: [
        {
          name: "builds",
          types: ["ci.job.succeeded", "ci.job.failed", "ci.job.cancelled"],
          handle: async ({ subject }, tx) => {
            if (subject === null || !isId(subject)) return;
            await pokeJob(tx, subject as JobId);
            afterCommit(tx, wake);
          },
        },
        {
          name: "rollouts",
          types: ["clusters.rollout.*"],
          handle: async ({ subject }, tx) => {
            if (subject === null || !isId(subject)) return;
            await pokeWorkload(tx, subject as WorkloadId);
            afterCommit(tx, wake);
          },
        },
      ],
      run: () => {
        stepper = startStepper(context, outside);
      },
      stop: async () => stepper?.done,
    };
  },
});
