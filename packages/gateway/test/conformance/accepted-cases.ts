import { type AcceptedCase, accepted, get, postAbc, postChunks } from "./framing-case.ts";
import { HOST } from "./request-bytes.ts";

const path = (target: string): AcceptedCase => accepted(`the path ${target}`, `GET ${target} HTTP/1.1\r\n${HOST}\r\n`);
const withHost = (name: string, value: string): AcceptedCase =>
  accepted(name, `GET /host HTTP/1.1\r\nHost: ${value}\r\n\r\n`);
const smuggled = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;
const zero = (method: string): AcceptedCase =>
  accepted(
    `${method} whose body looks like a request`,
    `${method} /cl0 HTTP/1.1\r\n${HOST}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    { body: smuggled },
  );
const chunks = (name: string, bytes: string, body = "abc", trailers: AcceptedCase["trailers"] = []): AcceptedCase =>
  accepted(name, postChunks(bytes), { body, trailers });

const PATHS = [
  "//host/x",
  "///",
  "/%00",
  "/a%2Fb/../c//d?q=%zz&r=1",
  "/%2e%2e/x",
  "/..%2fx",
  "/%5c..%5cx",
  "/%252e%252e%252fx",
  "/a;b=c/..;/d",
  "/?",
  "/a?b?c=/../d",
  "/a'\"<>|^`{}[]",
  "/a\\..\\b",
].map(path);

const BODIES = [
  zero("GET"),
  zero("HEAD"),
  zero("OPTIONS"),
  zero("DELETE"),
  zero("POST"),
  accepted("a body of no bytes", `POST /empty HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`),
  accepted("POST without framing", `POST /none HTTP/1.1\r\n${HOST}\r\n`),
  accepted("a length between tabs", postAbc("Content-Length:\t3\t"), { body: "abc" }),
  accepted("a length with leading zeros", postAbc("Content-Length: 0003"), { body: "abc", orRefused: [400] }),
  accepted("every byte in a body", `${postAbc("Content-Length: 256").slice(0, -3)}${allBytes()}`, { body: allBytes() }),
  chunks("chunks", "3\r\nabc\r\n0\r\n\r\n"),
  chunks("no chunk but the last", "0\r\n\r\n", ""),
  chunks("sizes in both cases", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a"),
  chunks("leading zeros of a size", "0003\r\nabc\r\n000\r\n\r\n"),
  chunks("a request in a chunk", `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`, smuggled),
  chunks("line ends in a chunk", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "\r\n0\r\n\r\n"),
  chunks("an extension", "3;a=b\r\nabc\r\n0;c\r\n\r\n"),
  chunks("an extension in quotes", '3;a="b;c"\r\nabc\r\n0\r\n\r\n'),
  chunks("a trailer", "3\r\nabc\r\n0\r\nX-Sum: 6\r\nX-Sum: 7\r\n\r\n", "abc", [
    ["X-Sum", "6"],
    ["X-Sum", "7"],
  ]),
  accepted("Chunked in another case", postChunks("3\r\nabc\r\n0\r\n\r\n").replace(": chunked", ": Chunked"), {
    body: "abc",
    orRefused: [400, 501],
  }),
  accepted("chunked between tabs", postChunks("3\r\nabc\r\n0\r\n\r\n").replace(": chunked", ":\tchunked\t"), {
    body: "abc",
    orRefused: [400, 501],
  }),
];

const HOSTS = [
  withHost("Host with a port", "app.localhost:8080"),
  withHost("Host with an empty port", "app.localhost:"),
  withHost("Host with a trailing dot", "app.localhost."),
  withHost("Host in upper case", "APP.LOCALHOST"),
  withHost("Host between tabs", "\tapp.localhost\t"),
];

const FIELDS = [
  accepted("one empty line before the request line", `\r\n${get()}`),
  accepted("names and values as they are spelled", get("x-lower: 1", "X-UPPER:2", "X-Bytes: caf\xe9", "X-Empty:"), {
    fields: [
      ["x-lower", "1"],
      ["X-UPPER", "2"],
      ["X-Bytes", "caf\xe9"],
      ["X-Empty", ""],
    ],
  }),
  accepted("duplicate fields", get("X-A: 1", "Cookie: a=1", "X-A: 2", "Cookie: b=2"), {
    fields: [
      ["X-A", "1"],
      ["Cookie", "a=1"],
      ["X-A", "2"],
      ["Cookie", "b=2"],
    ],
  }),
  accepted("fields named by Connection", get("Connection: X-Hop, keep-alive", "X-Hop: 1", "X-Kept: 1"), {
    fields: [["X-Kept", "1"]],
  }),
  accepted("Connection: X-Forwarded-For", get("Connection: X-Forwarded-For", "X-Forwarded-For: 6.6.6.6")),
  accepted("Connection: Host", get("Connection: Host"), { orRefused: [400] }),
  accepted("Connection: Content-Length", postAbc("Connection: Content-Length", "Content-Length: 3"), {
    body: "abc",
    orRefused: [400],
  }),
  accepted(
    "Connection: Transfer-Encoding",
    postChunks("3\r\nabc\r\n0\r\n\r\n").replace(HOST, `${HOST}Connection: Transfer-Encoding\r\n`),
    { body: "abc", orRefused: [400] },
  ),
  accepted("framing fields spelled with _", get("Content_Length: 5", "Transfer_Encoding: chunked"), {
    orRefused: [400],
  }),
  accepted("framing fields spelled with _ beside real ones", postAbc("Content-Length: 3", "Content_Length: 0"), {
    body: "abc",
    orRefused: [400],
  }),
  accepted("fields of a proxy, forged", get(...forged())),
  accepted("an offer of h2c", get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")),
  accepted("an offer of h2c with a body", postAbc("Connection: Upgrade", "Upgrade: h2c", "Content-Length: 3"), {
    body: "abc",
  }),
  accepted("Expect of something else", get("Expect: miracles"), { fields: [["Expect", "miracles"]], orRefused: [417] }),
];

/** What a client must not be able to say; spelled with `_` it is the same to CGI and WSGI. */
function forged(): string[] {
  const names = ["X-Forwarded-For", "X_Forwarded_For", "X-Forwarded_For", "x-forwarded-proto", "X-Forwarded-Host"];
  const more = ["X-Forwarded-Anything", "Forwarded", "X-Real-IP", "X-Homeport-Principal", "x_homeport_principal"];
  return [...names, ...more, "X-HOMEPORT-ANYTHING", "X-Request-Id", "Proxy"].map((name) => `${name}: forged`);
}

function allBytes(): string {
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");
}

export const ACCEPTED: readonly AcceptedCase[] = [...PATHS, ...BODIES, ...HOSTS, ...FIELDS];
