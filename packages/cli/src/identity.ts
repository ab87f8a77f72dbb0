import { type Client, clientError } from "@homeport/sdk";

type Me = Awaited<ReturnType<Client["auth"]["me"]>>;

/**
 * Whose credential this is. `person` and the roles are null for a service account, and for a token whose scopes leave out
 * who it belongs to; then the organisation can be unknown, too.
 */
export type Identity = {
  person: Me["person"] | null;
  organisation: Me["organisation"] | null;
  role: Me["role"] | null;
  instanceRole: Me["instanceRole"];
};

/** @throws {DomainError} unauthenticated, when it is nobody's */
export const identify = async (client: Client): Promise<Identity> => {
  const me = await unlessForbidden(client.auth.me({}));
  if (me !== null) {
    const { person, organisation, role, instanceRole } = me;
    return { person, organisation, role, instanceRole };
  }
  const found = await unlessForbidden(client.auth.organisations.get({}));
  const organisation = found === null ? null : { id: found.id, slug: found.slug, name: found.name };
  return { person: null, organisation, role: null, instanceRole: null };
};

/** `as ada@example.com, owner of home` */
export const tellIdentity = ({ person, organisation, role }: Identity): string => {
  if (person !== null) return `as ${person.email}, ${role} of ${organisation?.slug}`;
  const where = organisation === null ? "" : `in ${organisation.slug} `;
  return `${where}with the token of a service account, or one that may not say whose it is`;
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
