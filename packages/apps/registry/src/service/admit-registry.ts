import type { Sql } from "@homeport/kit/db/connect.ts";
import type { AccessAction } from "../access.ts";
import { OciError, TokenNeeded } from "../errors.ts";
import { isRepositoryName, type Repository } from "../repository.ts";
import { findRepository } from "../store/repositories.ts";
import type { Caller, RegistryTokens } from "./tokens.ts";

/** A request that may go on: in `name`, with the repository if it exists (it always does, unless the action is push). */
export type Admission = { caller: Caller; name: string; repository: Repository | null };

export type AdmitRegistry = {
  /** Somebody with a token of ours. @throws {TokenNeeded} */
  caller(authorization: string | null, scope?: string | null): Promise<Caller>;
  /** Somebody who may do this there. @throws {OciError} */
  request(authorization: string | null, name: string, action: AccessAction): Promise<Admission>;
  /** A repository that the caller may also read, or null. */
  source(caller: Caller, name: string): Promise<Repository | null>;
};

/**
 * The one place where a request below /v2 is allowed or not. To the kit these routes are public, because they carry a
 * token of the registry's own, issued by /v2/token to whoever proved who they are and listing what they may do.
 *
 * A repository of others and one that does not exist look alike: the decision is made from the name and the token, and
 * only then is the repository looked up. What a token was never asked for gets the challenge to fetch one that was.
 */
export const createAdmission = (sql: Sql, tokens: RegistryTokens): AdmitRegistry => {
  const visible = async ({ reach }: Caller, name: string): Promise<Repository | "hidden" | null> => {
    const repository = await findRepository(sql, name);
    if (repository === null) return null;
    return reach === "*" || repository.organisationId === reach ? repository : "hidden";
  };
  const admit: AdmitRegistry = {
    async caller(authorization, scope = null) {
      const token = /^Bearer +([A-Za-z0-9._~+/=-]{1,8192})$/i.exec(authorization ?? "")?.[1];
      const caller = token === undefined ? null : await tokens.verify(token);
      if (caller === null) throw new TokenNeeded(scope);
      return caller;
    },
    async request(authorization, name, action) {
      const isName = isRepositoryName(name);
      const scope = isName ? scopeFor(name, action) : null;
      const caller = await admit.caller(authorization, scope);
      if (!isName) throw new OciError("NAME_INVALID", "A repository is named <organisation>/<name>, in lower case.");
      const grant = caller.grants.find((each) => each.name === name);
      if (grant === undefined || !grant.asked.includes(action)) throw new TokenNeeded(scope, true);
      if (!grant.granted.includes(action)) throw refusal(grant.granted);
      const repository = await visible(caller, name);
      if (repository === "hidden") throw unknownName();
      if (repository === null && action !== "push") throw unknownName();
      return { caller, name, repository };
    },
    async source(caller, name) {
      const mayPull = caller.grants.some((grant) => grant.name === name && grant.granted.includes("pull"));
      const repository = mayPull ? await visible(caller, name) : null;
      return repository === "hidden" ? null : repository;
    },
  };
  return admit;
};

/** Who may pull may know that they may not push. */
const refusal = (granted: readonly AccessAction[]): OciError =>
  granted.length > 0 ? new OciError("DENIED", "Your role does not allow this in this repository.") : unknownName();

export const unknownName = (): OciError => new OciError("NAME_UNKNOWN", "There is no such repository.");

const scopeFor = (name: string, action: AccessAction): string =>
  `repository:${name}:${action === "push" ? "pull,push" : action}`;
