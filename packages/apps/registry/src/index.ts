import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { deriveKey } from "@homeport/kit/crypto.ts";
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
import { createManifests } from "./service/manifests.ts";
import { createRepositories } from "./service/repositories.ts";
import { createRegistryTokens } from "./service/tokens.ts";
import { sweepUploads } from "./service/upload-sweep.ts";

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  jobs: true,
  start({ config, sql, jobs, dataDir, identityKey, resolve }) {
    const files = blobFilesIn(dataDir);
    const catalog = createCatalog(sql);
    const tokens = createRegistryTokens(deriveKey(config.appSecret, "registry-token"), manifest.actions);
    const services = {
      admit: createAdmission(sql, tokens),
      repositories: createRepositories(sql),
      blobs: createBlobs(sql, files),
      uploads: createBlobUploads(sql, files),
      manifests: createManifests(sql),
    };
    jobs.handle("uploads.sweep", z.object({}), () => sweepUploads(sql, files));
    jobs.schedule("uploads.sweep", "23 * * * *", {});
    return {
      handlers: catalogHandlers(catalog),
      loaders: { repository: repositoryLoader(catalog) },
      routes: ociRoutes({ services, tokens, identityKey, resolve }),
      pages: registryPages(catalog),
    };
  },
});
