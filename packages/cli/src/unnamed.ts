/** For the help of a command that no login can do: a login is `*`, which never covers it. */
export const needsNamed = (action: string): string =>
  `\nA login does not cover this. Do it in the browser, or make a token there that names ${action}: Account > API tokens,\n"Only these scopes". Then: HOMEPORT_URL=... HOMEPORT_TOKEN=... homeport ...`;

/** For the error of one that was tried. */
export const tellWhereToName = (url: string): string =>
  `Do it in the browser, or make a token there that names it, under "Only these scopes": ${new URL("/account/tokens", url).href}`;
