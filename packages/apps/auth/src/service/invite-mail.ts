import type { Invite } from "../invite.ts";
import type { Mail } from "../mail.ts";

/** What somebody reads who is invited. */
export const inviteMail = (
  { email, role, expiresAt }: Invite,
  { organisation, inviter, link }: { organisation: string; inviter: string; link: string },
): Mail => ({
  to: email,
  subject: `${oneLine(inviter)} invites you to ${oneLine(organisation)} on Homeport`,
  text: `${inviter} invites you to the organisation ${organisation} on Homeport, as ${role}.

Open this link to accept; it works once, until ${expiresAt.toUTCString()}:

${link}

If you did not expect this, do nothing: the link ends by itself.
`,
});

/** Names are people's own words; a header is one line. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ");
