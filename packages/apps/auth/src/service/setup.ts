import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { newId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { hashPassword } from "../password.ts";
import type { Membership } from "../person.ts";
import type { TokenFile } from "../ports.ts";
import { countPeople, insertMembership, insertOrganisation, insertPerson } from "../store/people.ts";
import { claimSetupToken, findSetupTokenHash, putSetupToken, removeSetupToken } from "../store/setup-tokens.ts";
import { hashToken, newOpaqueToken, sameHash } from "../token.ts";

export type Claim = { token: string; email: string; name: string; password: string; organisation?: string | undefined };

const DEFAULT_ORGANISATION = "home";

/**
 * The one-time way in. The token is in a file that only the server's owner can read; the database has its hash, and
 * claiming deletes that row in the transaction that makes the first admin.
 */
export const createSetup = (sql: Sql, tokenFile: TokenFile) => ({
  /** Makes sure that a token waits as long as there is nobody, and none afterwards. Safe to repeat at every start. */
  async prepare(): Promise<void> {
    if ((await countPeople(sql)) > 0) {
      await removeSetupToken(sql);
      tokenFile.remove();
      return;
    }
    const known = await findSetupTokenHash(sql);
    const onDisk = tokenFile.read();
    if (known !== null && onDisk !== null && sameHash(known, hashToken(onDisk))) return;
    const token = newOpaqueToken();
    if (await putSetupToken(sql, hashToken(token))) tokenFile.write(token);
  },

  async isNeeded(): Promise<boolean> {
    return (await findSetupTokenHash(sql)) !== null;
  },

  /** @throws {DomainError} forbidden, when the token is wrong or was used */
  async claim(claim: Claim): Promise<Membership> {
    const hash = hashToken(new Secret(claim.token.trim()));
    const known = await findSetupTokenHash(sql);
    if (known === null || !sameHash(known, hash)) throw refused(); // before the costly password hash
    const passwordHash = await hashPassword(claim.password);
    const personId = newId<PersonId>();
    const organisationId = newId<OrganisationId>();
    const slug = claim.organisation ?? DEFAULT_ORGANISATION;
    await sql.begin(async (tx) => {
      // A process that starts while somebody claims may have put a new one: it makes no second owner.
      if (!(await claimSetupToken(tx, hash)) || (await countPeople(tx)) > 0) throw refused();
      await insertPerson(tx, {
        id: personId,
        email: claim.email,
        name: claim.name,
        passwordHash,
        instanceRole: "owner",
      });
      await insertOrganisation(tx, { id: organisationId, slug, name: slug });
      await insertMembership(tx, personId, organisationId, "owner");
      const subject = { kind: "person", id: personId, name: claim.name };
      const what = {
        app: "auth",
        action: "setup:claim",
        subject,
        after: { role: "owner", organisation: slug },
        actor: { ...subject, kind: "person", credential: null } as const,
      };
      await audit(tx, { ...what, organisationId });
      await audit(tx, { ...what, organisationId: null });
      await emit(tx, {
        type: "auth.setup.claimed",
        source: "auth",
        organisationId,
        subject: personId,
        data: { personId, organisationId, organisationSlug: slug },
        actor: { kind: "person", id: personId, name: claim.name },
      });
    });
    tokenFile.remove();
    const { email, name } = claim;
    return { personId, email, name, organisationId, organisationSlug: slug, organisationName: slug, role: "owner" };
  },
});

export type Setup = ReturnType<typeof createSetup>;

const refused = () => new DomainError("forbidden", "The setup token is wrong, or somebody has already used it.");
