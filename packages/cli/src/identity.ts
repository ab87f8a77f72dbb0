import { type Client, clientError } from "@homeport/sdk";

type Me = Awaited<ReturnType<Client["auth"]["me"]>>;
type Holder = Awaited<ReturnType<Client["auth"]["whoami"]>>;

/** Whose credential this is. `person` is null for a service account, and for a token that may not read who it belongs to. */
export type Identity = {
  person: Me["person"] | null;
  /** The name of the service account whose token this is. */
  serviceAccount: string | null;
  organisation: Me["organisation"];
  role: Me["role"];
  instanceRole: Me["instanceRole"];
  /** What a token may do of what its owner may. */
  scopes: Holder["scopes"];
};

/** @throws {DomainError} unauthenticated, when it is nobody's */
export const identify = async (client: Client): Promise<Identity> => {
  const { kind, name, organisation, role, instanceRole, scopes } = await client.auth.whoami({});
  const place = { organisation, role, instanceRole, scopes };
  if (kind === "service") return { person: null, serviceAccount: name, ...place };
  const me = await unlessForbidden(client.auth.me({}));
  return { person: me?.person ?? null, serviceAccount: null, ...place };
};

/** `as ada@example.com, owner of home` */
export const tellIdentity = ({ person, serviceAccount, organisation, role }: Identity): string => {
  if (person !== null) return `as ${person.email}, ${role} of ${organisation.slug}`;
  return serviceAccount === null
    ? `with a token of somebody who is ${role} of ${organisation.slug}; it does not cover profile:read`
    : `as service account ${serviceAccount} of ${organisation.slug}, role ${role}`;
};

/** Null where the caller is known and may not ask: a part of the platform that is not theirs looks missing to them. */
export const unlessForbidden = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer;
  } catch (err) {
    const { code } = clientError(err);
    if (code === "forbidden" || code === "not_found") return null;
    throw err;
  }
};
