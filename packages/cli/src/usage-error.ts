/** A command line that cannot be carried out as typed; exit code 2. */
export class UsageError extends Error {}

/** The work was done, and its answer is no: a deployment that failed; exit code 1. The reason has been printed. */
export class UnmetError extends Error {}
