/** What a build is told and what it answers. The ci app owns these shapes; the runner only works with them. */
export { BuildResult, BuildSource, BuildSpec, Reason } from "@homeport/ci/contract/build.ts";
