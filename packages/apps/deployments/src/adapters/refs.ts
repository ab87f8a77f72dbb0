import { contract, type Job } from "@homeport/ci/contract.ts";
import type { AppContext } from "@homeport/kit/app.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { Refs, RefsAnswer } from "../source-provider.ts";
import { calling } from "./calling.ts";

/** A runner answers within a second or so; after some looks there is less hurry. */
const FIRST_LOOKS_MS = 150;
const LATER_LOOKS_MS = 1_000;
const FIRST_LOOKS = 10;

/** Has runners ask: they reach repositories' servers as builds do, past the same guards. */
export const ciRefs = (context: Pick<AppContext, "client" | "signal">): Refs => {
  const ci = context.client(contract, "ci");
  return {
    async list(key, { organisationId, url, credential, patterns }, timeoutMs, signal) {
      const call = calling(AbortSignal.any([context.signal, signal]));
      const started = await call((options) =>
        ci.jobs.create(
          {
            kind: "list_refs",
            key,
            organisationId,
            spec: { organisationId, source: { kind: "git", url }, ...(patterns === undefined ? {} : { patterns }) },
            ...(credential === null ? {} : { secrets: { git: credential.reveal() } }),
          },
          options,
        ),
      );
      const deadline = Date.now() + timeoutMs;
      let job: Job = started;
      for (let looks = 0; ; looks += 1) {
        const answer = answerOf(job);
        if (answer !== null) return answer;
        if (Date.now() >= deadline || signal.aborted || context.signal.aborted) break;
        const waitMs = looks < FIRST_LOOKS ? FIRST_LOOKS_MS : LATER_LOOKS_MS;
        await Bun.sleep(Math.min(waitMs, Math.max(0, deadline - Date.now())));
        job = await call((options) => ci.jobs.get({ id: started.id }, options));
      }
      // Nobody waits for it any more; should this not arrive, the job ends by its own time limit.
      await calling(context.signal)((options) => ci.jobs.cancel({ key, organisationId }, options)).catch(() => null);
      return { state: "late" };
    },
  };
};

/** Null while it is under way. */
const answerOf = (job: Job): RefsAnswer | null => {
  invariant(job.kind === "list_refs", "it was started as a listing");
  switch (job.state) {
    case "queued":
    case "running":
      return null;
    case "succeeded":
      return { state: "listed", refs: job.result };
    case "failed":
      return { state: "failed", reason: job.reason };
    case "cancelled":
      return { state: "late" };
  }
};
