/** Pages whose address has a secret in it, as mails and invites have them. */
const pages = { invite: "/invite", signIn: "/sign-in/by-link", email: "/account/email/confirm" } as const;

export type Link = keyof typeof pages;
export const LINKS = Object.keys(pages) as Link[];

/** Without its secret. */
export const pageOf = (link: Link): string => pages[link];

export const linkTo = (link: Link, secret: string): string => `${pages[link]}?token=${encodeURIComponent(secret)}`;

/** What finds the secret of such a link in a text. */
export const secretIn = (link: Link): RegExp => new RegExp(`${pages[link]}\\?token=(\\S+)`);
