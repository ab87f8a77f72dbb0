import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import type { RunId } from "@homeport/kit/ids.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import { runStream } from "../log-stream.ts";
import type { OneOff } from "../run.ts";
import { serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import type { Service } from "../service.ts";

export const runHandlers = ({ oneOffs }: UseCases): Handlers<typeof contract.runs> => ({
  create: async (context, { command, argv, timeoutSeconds, release }) => {
    const service = serviceOf(context);
    const wanted = { command, argv, timeoutSeconds, release };
    return runToWire(await oneOffs.create(service, wanted, actorOf(memberOf(context))), service);
  },
  list: async (context, page) => {
    const service = serviceOf(context);
    const { items, nextCursor } = await oneOffs.list(service, page);
    return { items: items.map((run) => runToWire(run, service)), nextCursor };
  },
  get: async (context, { run }) => {
    const service = serviceOf(context);
    return runToWire(await oneOffs.get(service, run as RunId), service);
  },
  cancel: async (context, { run }) => {
    const service = serviceOf(context);
    return runToWire(await oneOffs.cancel(service, run as RunId), service);
  },
});

export const cronHandlers = ({ crons }: UseCases): Handlers<typeof contract.cron> => ({
  get: async (context) => {
    const service = serviceOf(context);
    const { settings, nextTimes, latest } = await crons.look(service, new Date());
    const { schedule = null, timeZone, concurrency, paused } = settings;
    return {
      schedule,
      timeZone,
      concurrency,
      paused,
      nextTimes: nextTimes.map((at) => at.toISOString()),
      latest: latest === null ? null : runToWire(latest, service),
    };
  },
  run: async (context) => {
    const service = serviceOf(context);
    return runToWire(await crons.runNow(service, actorOf(memberOf(context))), service);
  },
});

const runToWire = (run: OneOff, service: Service) => ({
  id: run.id,
  kind: run.kind,
  state: run.state,
  environment: service.environmentSlug,
  command: run.command,
  release: run.releaseNumber,
  timeoutSeconds: run.timeoutSeconds,
  scheduledFor: run.scheduledFor?.toISOString() ?? null,
  exitCode: run.exitCode,
  reason: run.reason,
  log: runStream(run.id),
  cancelRequested: run.cancelRequestedAt !== null,
  createdBy: run.createdBy.name,
  createdAt: run.createdAt.toISOString(),
  startedAt: run.startedAt?.toISOString() ?? null,
  finishedAt: run.finishedAt?.toISOString() ?? null,
});
