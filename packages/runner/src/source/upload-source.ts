import { join } from "node:path";
import { DomainError } from "@homeport/kit/errors.ts";
import { BuildFailure } from "../build-failure.ts";
import { describeBytes } from "../bytes.ts";
import type { ClaimedBuild, JobSource } from "../ports.ts";
import { runCommand } from "../run/run-command.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { JobLog } from "../service/job-log.ts";
import { type ArchiveLimits, extractArchive } from "./extract-archive.ts";

/**
 * Unpacks the uploaded folder of a job into the sandbox's /app, which has to be empty.
 *
 * @throws {BuildFailure} upload_missing, archive_invalid, archive_too_large
 */
export const fetchUpload = async (
  uploadId: string,
  options: { jobs: JobSource; job: ClaimedBuild; sandbox: Sandbox; jobDir: string; limits: ArchiveLimits; log: JobLog },
  signal: AbortSignal,
): Promise<void> => {
  const { jobs, job, sandbox, jobDir, limits, log } = options;
  const root = join(jobDir, "app");
  log.phase("Unpacking the uploaded folder");
  const body = await jobs.openUpload(job, uploadId, signal).catch((err: unknown) => {
    if (!(err instanceof DomainError) || err.code === "unavailable") throw err;
    throw new BuildFailure("upload_missing", "The uploaded folder is no longer there. Upload it again.", {
      cause: err,
    });
  });
  const { entryCount, sizeBytes } = await extractArchive(body, root, limits, signal);
  if (sandbox.user !== null) await giveTo(sandbox.user.uid, root, signal);
  log.say(`${entryCount} entries, ${describeBytes(sizeBytes)}`);
};

/** The build has to be able to change its own files. chown(1) does not follow the links among them. */
const giveTo = async (uid: number, root: string, signal: AbortSignal): Promise<void> => {
  const argv = ["chown", "--recursive", "--no-dereference", "--", `${uid}:${uid}`, root];
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };
  const { exitCode, lastLines } = await runCommand({ argv, env }, { onLine: () => {}, signal });
  if (exitCode !== 0) throw new Error(`chown failed: ${lastLines.join(" ")}`);
};
