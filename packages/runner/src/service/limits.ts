import { GIB, MIB } from "../bytes.ts";
import type { ArchiveLimits } from "../source/extract-archive.ts";
import type { GitLimits } from "../source/git-source.ts";

/** What one build may take of its machine. */
export type Limits = {
  buildMs: number;
  maxLogBytes: number;
  maxWorkspaceBytes: number;
  maxEntries: number;
  maxFileBytes: number;
  maxProcesses: number;
  maxImageBytes: number;
  /** What package managers may keep for an organisation between builds. */
  maxCacheBytes: number;
  buildMemoryBytes: number;
  git: GitLimits;
  archive: ArchiveLimits;
};

const MINUTE_MS = 60_000;

/** Enough for any service we know, and an end for everything that has none. */
export const DEFAULT_LIMITS: Limits = {
  buildMs: 30 * MINUTE_MS,
  maxLogBytes: 100 * MIB,
  maxWorkspaceBytes: 10 * GIB,
  maxEntries: 1_000_000,
  maxFileBytes: 4 * GIB,
  maxProcesses: 2_000,
  maxImageBytes: 4 * GIB,
  maxCacheBytes: 4 * GIB,
  buildMemoryBytes: 4 * GIB,
  git: { maxRepositoryBytes: 2 * GIB, maxEntries: 200_000, fetchTimeoutMs: 10 * MINUTE_MS, listTimeoutMs: 50_000 },
  archive: { maxEntries: 100_000, maxBytes: 2 * GIB, maxRatio: 200 },
};
