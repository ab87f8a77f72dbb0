import { contract as auth } from "@homeport/auth/contract.ts";
import { contract as ci } from "@homeport/ci/contract.ts";
import { contract as clusters } from "@homeport/clusters/contract.ts";
import { contract as deployments } from "@homeport/deployments/contract.ts";
import { type ClientOptions, clientOf } from "@homeport/kit/client.ts";
import { contract as logging } from "@homeport/logging/contract.ts";
import { contract as registry } from "@homeport/registry/contract.ts";
import { contract as settings } from "@homeport/settings/contract.ts";

export { type ClientOptions, clientError, errorFrom } from "@homeport/kit/client.ts";
export { DomainError } from "@homeport/kit/errors.ts";
export { exportAudit } from "./audit-export.ts";
export type { ServerSentEvent } from "./event-parser.ts";
export { readEvents } from "./events.ts";
export { openSocket } from "./socket.ts";
export { uploadArchive } from "./upload.ts";

/** A typed client of every app of a platform. Failures are thrown; `clientError` turns one into what the app said. */
export const createClient = (options: ClientOptions) => ({
  auth: clientOf(auth, "auth", options),
  ci: clientOf(ci, "ci", options),
  clusters: clientOf(clusters, "clusters", options),
  deployments: clientOf(deployments, "deployments", options),
  logging: clientOf(logging, "logging", options),
  registry: clientOf(registry, "registry", options),
  settings: clientOf(settings, "settings", options),
});

export type Client = ReturnType<typeof createClient>;
