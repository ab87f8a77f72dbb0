/** The host of the workload that these tests serve. */
export const HOST = "Host: app.localhost\r\n";
export const CHUNKED = "Transfer-Encoding: chunked\r\n";

/** The head of a request to that workload: `requestOf("GET /x", "Accept: text/html")`. */
export const requestOf = (start: string, ...lines: string[]): string =>
  `${start} HTTP/1.1\r\n${HOST}${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
