import type { RunningApp } from "./setting.ts";

/** Now. A test turns it by hand. */
export type Clock = () => Date;

/** The apps that run now. May be asked at any time. */
export type RunningApps = {
  /**
   * Each app once, as the instance that started last declares it; those with declarations that cannot be used are left
   * out. @throws {DomainError} unavailable, within two seconds
   */
  list(): Promise<RunningApp[]>;
};
