import type { RoutePolicy } from "@homeport/kit/registry/policy.ts";
import type { PolicyInput } from "../contract/policy.ts";
import { hashPassword } from "../password.ts";
import { refuse } from "../refuse.ts";

/**
 * A policy with hashes in place of passwords. Who is listed without a password keeps the hash they have in `known`.
 *
 * @throws {DomainError} invalid, naming who has none yet
 */
export const withPasswordHashes = async (input: PolicyInput, known: RoutePolicy | null): Promise<RoutePolicy> => {
  const { basicAuth, ...policy } = input;
  if (basicAuth === undefined) return policy;
  const hashes = new Map(known?.basicAuth?.users.map(({ name, passwordHash }) => [name, passwordHash]));
  refuse(
    basicAuth.users.flatMap(({ name, password }, index) =>
      password !== undefined || hashes.has(name)
        ? []
        : [{ path: `basicAuth.users.${index}.password`, message: `${name} has no password yet; give one` }],
    ),
  );
  const users: { name: string; passwordHash: string }[] = [];
  for (const { name, password } of basicAuth.users) {
    const before = hashes.get(name);
    const passwordHash = password === undefined ? before : await hashPassword(password, before ?? null);
    if (passwordHash !== undefined) users.push({ name, passwordHash });
  }
  return { ...policy, basicAuth: { ...basicAuth, users } };
};
