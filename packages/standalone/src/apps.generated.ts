// Generated from packages/apps/*/src/manifest.ts by `bun packages/kit/src/checks/cli.ts --write`. Do not edit.

/** Loads the entry of each app, by app id. */
export const APPS = {
  auth: () => import("../../apps/auth/src/index.ts"),
  ci: () => import("../../apps/ci/src/index.ts"),
  clusters: () => import("../../apps/clusters/src/index.ts"),
  dashboard: () => import("../../apps/dashboard/src/index.ts"),
  deployments: () => import("../../apps/deployments/src/index.ts"),
  logging: () => import("../../apps/logging/src/index.ts"),
  registry: () => import("../../apps/registry/src/index.ts"),
  settings: () => import("../../apps/settings/src/index.ts"),
  traffic: () => import("../../apps/traffic/src/index.ts"),
} as const;
