import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { Deployment } from "../deployment.ts";
import type { Event } from "../deployment-machine.ts";
import type { UrlConfig } from "../host.ts";
import type { Outside } from "../ports.ts";
import type { Service } from "../service.ts";
import type { ClaimedStep } from "../store/steps.ts";

export type StepContext = {
  sql: Sql;
  /** Of variables and releases' environments. */
  keys: Keyring;
  outside: Outside;
  baseDomain: string;
  /** What addresses of services are made of. */
  urls: UrlConfig;
};

/** One look at a deployment, under a lease: what it is by now, and all that is needed to take it on. */
export type Step = StepContext & { claim: ClaimedStep; deployment: Deployment; service: Service };

/** What a call brought. */
export type Answer = {
  event: Event;
  /** What belongs to the event and is written with it. */
  within?: (tx: Tx) => Promise<void>;
  /** Undoes the call when the event was not written, because somebody else has the deployment or it is gone. */
  lost?: () => Promise<void>;
};

/** How long until a deployment is looked at again when no event pokes it. */
export const POLL_MS = 5_000;
/** The next step is due at once. */
export const NOW_MS = 0;
