/** An uploaded source archive. */
export type Upload = { id: string; sizeBytes: number; sha256: string };

/** Who may read an upload: the job that is built from it, or the runner that holds this job. */
export type UploadReader = { kind: "job"; jobId: string } | { kind: "runner"; runnerId: string };

/** How large an upload may be, and how long one is kept that nothing needs; both may be others at each call. */
export type UploadLimits = () => { maxBytes: number; keptDays: number };
