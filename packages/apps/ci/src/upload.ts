/** An uploaded source archive. */
export type Upload = { id: string; sizeBytes: number; sha256: string };

/** Who may read an upload: the job that is built from it, or the runner that holds this job. */
export type UploadReader = { kind: "job"; jobId: string } | { kind: "runner"; runnerId: string };

export const MAX_UPLOAD_BYTES = 512 * 1024 * 1024;

/** Long enough to deploy the same upload again a few days later; the disk pays for more. */
export const UPLOAD_KEPT_DAYS = 7;
