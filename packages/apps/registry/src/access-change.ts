import { z } from "zod";

/**
 * Somebody may do other things since the event number `seq` (`auth.access.changed`). What is given narrows it down: to a
 * token, a person or service account, or to one organisation; without anything it is about everybody.
 */
export const AccessChange = z.object({
  seq: z.number().int(),
  organisationId: z.string().nullable(),
  data: z.object({
    personId: z.string().optional(),
    serviceAccountId: z.string().optional(),
    sessionId: z.string().optional(),
    tokenId: z.string().optional(),
  }),
});
export type AccessChange = z.infer<typeof AccessChange>;

/** Who a token of the registry was given to. */
export type Holder = {
  /** An organisation's id, or a word that is none. */
  organisation: string | null;
  id: string;
  tokenId: string | null;
};

const EVERYBODY = "everybody";

/** Under what a change is remembered; null when it touches nobody here: sessions get no tokens of the registry. */
export const keyOfChange = ({ organisationId, data }: AccessChange): string | null => {
  if (data.sessionId !== undefined) return null;
  const id = data.tokenId ?? data.personId ?? data.serviceAccountId ?? organisationId;
  return id ?? EVERYBODY;
};

/** Under what changes are remembered that are about a holder. Ids of all kinds are UUIDs, so they are one space. */
export const keysOfHolder = ({ organisation, id, tokenId }: Holder): string[] =>
  [EVERYBODY, id, organisation, tokenId].filter((key) => key !== null);
