import type { z } from "zod";
import type { PolicyView, TrafficView } from "../contract.ts";
import type { Policy } from "../policy.ts";
import type { Traffic } from "../traffic.ts";

/** Without the hashes of passwords. */
export const toPolicyView = ({ host, policy, revision, updatedAt, updatedBy }: Policy): z.input<typeof PolicyView> => {
  const { basicAuth, ...rest } = policy;
  const users = basicAuth?.users.map(({ name }) => ({ name })) ?? [];
  return {
    host,
    policy: basicAuth === undefined ? rest : { ...rest, basicAuth: { ...basicAuth, users } },
    revision,
    updatedAt: updatedAt.toISOString(),
    updatedBy,
  };
};

export const toTrafficView = (traffic: Traffic): z.input<typeof TrafficView> => ({
  ...traffic,
  workers: traffic.workers.map((worker) => ({
    ...worker,
    drift: worker.drift === null ? null : { ...worker.drift, since: worker.drift.since.toISOString() },
  })),
});
