import { join } from "node:path";
import { missingServers } from "../../../packages/gateway/test/conformance/server-programs.ts";
import { browserPath } from "../../../packages/kit/test/browser.ts";
import { missingForDocker } from "../../../packages/kit/test/docker.ts";
import type { Suite } from "./suites.ts";

/** What tests use and this machine does not have, in words; the tests that need it skip themselves. */
export const missingParts = (): string[] => [
  ...(missingForDocker() === null ? [] : [String(missingForDocker())]),
  ...(browserPath() === null ? ["Tests of pages need Chromium: apt-get install chromium"] : []),
  ...(missingServers() === null ? [] : [String(missingServers())]),
];

/** Whether one of the tests uses the daemon that a run shares, and it can be had. */
export const wantsDocker = async (root: string, suites: readonly Suite[]): Promise<boolean> => {
  if (missingForDocker() !== null) return false;
  for (const file of suites.flatMap(({ lanes }) => lanes.flat())) {
    if (/sharedDocker|docker\.ts"/.test(await Bun.file(join(root, file)).text())) return true;
  }
  return false;
};
