/** Where a session was opened from, as its list shows it. */
export type Client = { userAgent: string; address: string };

const MAX_USER_AGENT = 300;

export const toClient = (context: { headers: Headers; clientAddress: string }): Client => ({
  userAgent: (context.headers.get("user-agent") ?? "").slice(0, MAX_USER_AGENT),
  address: context.clientAddress,
});
