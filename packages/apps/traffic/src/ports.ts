import type { GatewayStatus } from "@homeport/kit/registry/gateway-status.ts";
import type { PolicyTable } from "./policy.ts";

/** Now. A test turns it by hand. */
export type Clock = () => Date;

/** What gateway workers report. May be asked at any time. */
export type Statuses = {
  /** The reports of all live workers. @throws {DomainError} unavailable, within two seconds */
  list(): Promise<GatewayStatus[]>;
};

/** The truth that is published to gateways. All of it may run at any time and more than once. */
export type PolicySource = {
  /** Policies and revision as of one moment. */
  read(): Promise<PolicyTable>;
  revision(): Promise<number>;
  /** Makes the revision greater than `floor`. */
  raiseRevisionAbove(floor: number): Promise<void>;
};
