import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { Client } from "../client.ts";
import {
  DEVICE_CODE_MS,
  DEVICE_TOKEN_DAYS,
  deviceTokenName,
  FIRST_INTERVAL_SECONDS,
  MAX_DEVICE_CODES,
  MAX_WRONG_USER_CODES,
  newUserCode,
  readUserCode,
  type WaitingDevice,
} from "../device-code.ts";
import { deviceAddressSubject, userCodeSubject } from "../sign-in-limit.ts";
import {
  decideDevice,
  findDeviceState,
  findWaitingDevice,
  insertDeviceCode,
  pollDevice,
  removeEndedDeviceCodes,
  spendDeviceCode,
} from "../store/device-codes.ts";
import { findMembership } from "../store/people.ts";
import { findSignInPerson } from "../store/sign-in-people.ts";
import { hashToken, newOpaqueToken } from "../token.ts";
import type { ApiTokens, MadeApiToken } from "./api-tokens.ts";
import type { Attempts } from "./attempts.ts";

export type StartedDevice = {
  deviceCode: Secret;
  userCode: string;
  /** Where its person types the code, and the same with the code in it. */
  page: URL;
  pageWithCode: URL;
  expiresInSeconds: number;
  intervalSeconds: number;
};

export type PolledDevice =
  | { state: "pending" | "slow_down"; intervalSeconds: number }
  | { state: "denied" | "expired" }
  | { state: "approved"; made: MadeApiToken; organisationSlug: string };

/** Another is drawn when a code is taken; of 20^8 that happens to nobody twice. */
const DRAWS = 5;

/** Signing in a command line that has no browser: its person says yes in one (RFC 8628). */
export const createDevices = (sql: Sql, tokens: ApiTokens, attempts: Attempts, appUrl: URL) => {
  /** What a typed code stands for; wrong ones count. @throws {DomainError} invalid; rate_limited */
  const get = async (member: HumanPrincipal, typed: string): Promise<WaitingDevice> => {
    const subject = userCodeSubject(member.personId);
    await attempts.take(subject, MAX_WRONG_USER_CODES, "wrong codes");
    const userCode = readUserCode(typed);
    const device = userCode === null ? null : await findWaitingDevice(sql, userCode);
    if (device === null) throw wrongUserCode();
    await attempts.forget(subject);
    return device;
  };

  return {
    /** @throws {DomainError} rate_limited */
    async start(clientName: string, client: Client): Promise<StartedDevice> {
      await attempts.take(deviceAddressSubject(client.address), MAX_DEVICE_CODES, "codes were asked for from here");
      const deviceCode = newOpaqueToken();
      const expiresAt = new Date(Date.now() + DEVICE_CODE_MS);
      for (let draw = 0; draw < DRAWS; draw += 1) {
        const userCode = newUserCode();
        const code = { deviceHash: hashToken(deviceCode), userCode, clientName, address: client.address, expiresAt };
        if (await insertDeviceCode(sql, code)) {
          return {
            deviceCode,
            userCode,
            page: new URL("/device", appUrl),
            pageWithCode: new URL(`/device?code=${userCode}`, appUrl),
            expiresInSeconds: DEVICE_CODE_MS / 1000,
            intervalSeconds: FIRST_INTERVAL_SECONDS,
          };
        }
      }
      throw new DomainError("unavailable", "No code is free. Try again.");
    },

    get,

    /** Says yes or no, once. Only in a session: a token that made tokens of its own would not end. */
    async decide(member: HumanPrincipal, typed: string, isApproved: boolean): Promise<WaitingDevice> {
      if (member.kind !== "person") throw new DomainError("forbidden", "Sign in with a browser to do this.");
      const { userCode } = await get(member, typed);
      const by = {
        personId: member.personId as PersonId,
        organisationId: member.organisationId as OrganisationId,
      };
      return sql.begin(async (tx) => {
        const decided = await decideDevice(tx, userCode, isApproved ? by : null);
        if (decided === null) throw wrongUserCode();
        await audit(tx, {
          app: "auth",
          action: isApproved ? "device:approve" : "device:deny",
          organisationId: member.organisationId,
          subject: { kind: "person", id: member.personId, name: member.name },
          after: { clientName: decided.clientName, address: decided.address },
        });
        return decided;
      });
    },

    /** @throws {DomainError} conflict, when its person has as many tokens as one may */
    async poll(deviceCode: Secret): Promise<PolledDevice> {
      const hash = hashToken(deviceCode);
      const polled = await pollDevice(sql, hash);
      const found = polled === null ? null : await findDeviceState(sql, hash);
      if (polled === null || found === null) return { state: "expired" };
      const { intervalSeconds, tooEarly } = polled;
      if (tooEarly) return { state: "slow_down", intervalSeconds };
      if (found.state === "pending") return { state: "pending", intervalSeconds };
      const spent = await spendDeviceCode(sql, hash);
      if (spent === null) return { state: "expired" }; // another look was faster
      if (found.state === "denied") return { state: "denied" };
      const member = await asMember(sql, found.personId, found.organisationId);
      if (member === null) return { state: "denied" }; // suspended or gone since
      const wanted = { name: deviceTokenName(spent.clientName), scopes: ["*"], expiresInDays: DEVICE_TOKEN_DAYS };
      const made = await tokens.create(member, wanted);
      return { state: "approved", made, organisationSlug: member.organisationSlug };
    },

    tidy: (): Promise<void> => removeEndedDeviceCodes(sql),
  };
};

export type Devices = ReturnType<typeof createDevices>;

/** Who said yes, as the maker of the token: in a session just then, so with all that they may do. */
const asMember = async (
  sql: Sql,
  personId: PersonId,
  organisationId: OrganisationId,
): Promise<HumanPrincipal | null> => {
  const person = await findSignInPerson(sql, { id: personId });
  const membership = await findMembership(sql, personId, organisationId);
  if (person === null || person.suspendedAt !== null || membership === null) return null;
  const { name, email, instanceRole } = person;
  const { organisationSlug, role } = membership;
  return {
    kind: "person",
    sessionId: personId,
    verifiedAt: 0,
    personId,
    email,
    name,
    instanceRole,
    organisationId,
    organisationSlug,
    role,
    grants: [],
  };
};

const wrongUserCode = () =>
  new DomainError("invalid", "There is no such code that waits.", {
    issues: [{ path: "code", message: "there is no such code that waits: it works for ten minutes, and once" }],
  });
