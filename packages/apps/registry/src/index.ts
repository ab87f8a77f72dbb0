import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { deriveKey } from "@homeport/kit/crypto.ts";
import { settingsOf } from "@homeport/kit/settings/app-settings.ts";
import { z } from "zod";
import { blobFilesIn } from "./adapters/blob-files.ts";
import { catalogHandlers, repositoryLoader } from "./api/catalog.ts";
import { ociRoutes } from "./api/oci/routes.ts";
import { contract } from "./contract.ts";
import { manifest } from "./manifest.ts";
import { registryPages } from "./pages/index.tsx";
import { createAdmission } from "./service/admit-registry.ts";
import { createBlobUploads } from "./service/blob-uploads.ts";
import { createBlobs } from "./service/blobs.ts";
import { createCatalog } from "./service/catalog.ts";
import { followAccess } from "./service/follow-access.ts";
import { createManifests } from "./service/manifests.ts";
import { createRepositories } from "./service/repositories.ts";
import { createRevocations } from "./service/revocations.ts";
import { createRegistryTokens, TOKEN_SECONDS } from "./service/tokens.ts";
import { sweepUploads } from "./service/upload-sweep.ts";
import { settings } from "./settings.ts";

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  jobs: true,
  async start(context) {
    const { config, sql, events, jobs, dataDir, identityKey, resolve } = context;
    const { get } = settingsOf(context, settings);
    const files = blobFilesIn(dataDir);
    const catalog = createCatalog(sql);
    const revocations = createRevocations(TOKEN_SECONDS * 1000);
    const unfollow = await followAccess(sql, events, revocations, TOKEN_SECONDS * 1000);
    const tokens = createRegistryTokens(deriveKey(config.appSecret, "registry-token"), manifest.actions, revocations);
    const services = {
      admit: createAdmission(sql, tokens),
      repositories: createRepositories(sql),
      blobs: createBlobs(sql, files),
      uploads: createBlobUploads(sql, files),
      manifests: createManifests(sql),
    };
    jobs.handle("uploads.sweep", z.object({}), () => sweepUploads(sql, files, get("upload-idle-hours")));
    jobs.schedule("uploads.sweep", "23 * * * *", {});
    return {
      handlers: catalogHandlers(catalog),
      loaders: { repository: repositoryLoader(catalog) },
      routes: ociRoutes({ services, tokens, identityKey, resolve, head: events.head }),
      pages: registryPages(catalog),
      stop: async () => unfollow(),
    };
  },
});
