import { createSignal } from "@homeport/kit/lease/signal.ts";
import { type Heartbeat, startHeartbeat } from "@homeport/kit/registry/heartbeat.ts";
import {
  appKey,
  POLICIES_KEY,
  POLICIES_META_FIELD,
  WORKLOADS_KEY,
  WORKLOADS_META_FIELD,
} from "@homeport/kit/registry/keys.ts";
import type { HostPolicy } from "@homeport/kit/registry/policy.ts";
import { createHashPublisher, holdsRevision, type PublishedHash } from "@homeport/kit/registry/publish-hash.ts";
import type { AppRecord, WorkloadRoute } from "@homeport/kit/registry/record.ts";
import { connectValkey, type Redis } from "@homeport/kit/valkey.ts";
import { log } from "../../src/log.ts";
import type { Fixture } from "../fixture.ts";

const WORKLOADS: PublishedHash = { key: WORKLOADS_KEY, metaField: WORKLOADS_META_FIELD, kind: "workloads" };
const POLICIES: PublishedHash = { key: POLICIES_KEY, metaField: POLICIES_META_FIELD, kind: "policies" };
export const BEAT_MS = 3_000;

/**
 * The part of the platform that writes the registry, as it runs in production: heartbeats of apps and publishers of the two
 * hashes. Only the truth that they publish is in memory instead of Postgres.
 */
export class Platform {
  readonly revision = 1;
  private readonly valkey: Redis;
  private readonly apps = new Map<string, Heartbeat>();

  constructor(fixture: Fixture, workloads: readonly WorkloadRoute[], policies: readonly HostPolicy[]) {
    this.valkey = connectValkey(fixture.valkey.socketPath);
    const ending = new AbortController();
    const running = [
      this.publish(WORKLOADS, new Map(workloads.map((route) => [route.workloadId, route])), ending.signal),
      this.publish(POLICIES, new Map(policies.map((policy) => [policy.host, policy])), ending.signal),
    ];
    fixture.defer(async () => {
      ending.abort();
      await Promise.all([...running, ...[...this.apps.values()].map((app) => app.leave())]);
      this.valkey.disconnect();
    });
  }

  /** Resolves when Valkey has the record, or when it is away, and the heartbeat goes on trying. */
  async startApp(record: AppRecord): Promise<void> {
    const heartbeat = startHeartbeat(this.valkey, record, log, BEAT_MS);
    this.apps.set(appKey(record.id, record.instance), heartbeat);
    await heartbeat.announce("ready");
  }

  /** Whether Valkey has all that it should have. */
  async isWhole(): Promise<boolean> {
    const keys = [...this.apps.keys()];
    try {
      const [records, ...hashes] = await Promise.all([
        this.valkey.mget(keys),
        holdsRevision(this.valkey, WORKLOADS, this.revision),
        holdsRevision(this.valkey, POLICIES, this.revision),
      ]);
      return !records.includes(null) && hashes.every(Boolean);
    } catch {
      return false; // away, or it holds something else there
    }
  }

  private publish(hash: PublishedHash, records: ReadonlyMap<string, unknown>, until: AbortSignal): Promise<void> {
    const { revision } = this;
    const fields = new Map(Array.from(records, ([field, record]) => [field, JSON.stringify(record)]));
    const source = {
      read: async () => ({ revision, fields }),
      revision: async () => revision,
      raiseRevisionAbove: async () => undefined,
      highestHeld: async () => 0,
    };
    return createHashPublisher(this.valkey, hash, source, log).run(createSignal(), until);
  }
}
