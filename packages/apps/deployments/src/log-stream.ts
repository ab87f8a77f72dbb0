/** Ids of log streams at the logging app. */
export const runtimeStream = (workloadId: string): string => `runtime.${workloadId}`;
export const buildStream = (jobId: string): string => `build.${jobId}`;
export const runStream = (runId: string): string => `run.${runId}`;
