/** What a job is told and what it answers. The ci app owns these shapes; the runner only works with them. */
export { BuildResult, BuildSource, BuildSpec, Reason } from "@homeport/ci/contract/build.ts";
export type { JobKind } from "@homeport/ci/contract/job.ts";
export { ListRefsResult, ListRefsSpec, MAX_REFS } from "@homeport/ci/contract/list-refs.ts";
