/** Where fuzzing starts from, as latin1 text: messages of real clients and servers, and the pieces that attacks are made of. */

const lines = (...parts: string[]): string => `${parts.join("\r\n")}\r\n\r\n`;

export const REQUEST_HEADS = [
  lines("GET / HTTP/1.1", "Host: shop.example"),
  lines("GET /a/b%2fc/..;/d?q=1&r=%zz HTTP/1.1", "Host: shop.example:8080", "User-Agent: curl/7.88.1", "Accept: */*"),
  lines("POST /form HTTP/1.1", "Host: shop.example", "Content-Length: 17", "Expect: 100-continue"),
  lines(
    "PUT /blob HTTP/1.1",
    "host: [::1]:3000",
    "transfer-encoding: chunked",
    "connection: keep-alive, X-Hop",
    "x-hop: 1",
  ),
  lines("HEAD /old HTTP/1.0", "Host: shop.example", "Connection: Keep-Alive"),
  lines(
    "GET /ws HTTP/1.1",
    "Host: shop.example",
    "Connection: keep-alive, Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
  ),
  lines(
    "GET /\xe9 HTTP/1.1",
    "Host: shop.example",
    "Cookie: a=1; b=\xfc",
    "X-Forwarded-For: 192.0.2.1",
    "X_Forwarded_For: 192.0.2.2",
    "Content_Length: 3",
    "Forwarded: for=x",
    "X-Homeport-User: root",
    "Empty:",
    "Blank: \t ",
  ),
  `\r\n${lines("DELETE /x HTTP/1.1", "Host: a", "TE: trailers", "Proxy: b", "Keep-Alive: timeout=5", "Connection: close")}`,
];

export const RESPONSE_HEADS = [
  lines("HTTP/1.1 200 OK", "Content-Type: text/html", "Content-Length: 12", 'ETag: "a"', "Vary: Cookie"),
  lines("HTTP/1.1 200 ", "transfer-encoding: chunked", "content-type: text/event-stream; charset=utf-8"),
  lines("HTTP/1.0 200 OK", "Server: old"),
  lines("HTTP/1.1 204", "Content-Length: 0"),
  lines("HTTP/1.1 304 Not Modified", "Content-Length: 500"),
  lines("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"),
  lines("HTTP/1.1 103 Early Hints", "Link: </a.css>; rel=preload"),
  lines("HTTP/1.1 599 \xfcber \tall", "Set-Cookie: a=1", "Set-Cookie: b=2", "Connection: close, X-Hop", "X-Hop: 1"),
];

export const CHUNKED_BODIES = [
  "0\r\n\r\n",
  "5\r\nhello\r\n0\r\n\r\n",
  "A;name=value\r\n0123456789\r\n00b;\r\nabcdefghijk\r\n000;last\r\n\r\n",
  "3\r\n\r\n\r\r\n0\r\nX-Checksum: 1\r\nX-Empty:\r\n\r\n",
  "1\r\n0\r\n2\r\n\r\n\r\n0\r\n\r\n",
];

/** Bytes that end something, and those next to them. */
export const BYTES = [..."\r\n \t:;,/?#%_-+0159aAfFgxX\0\x0b\x1f\x7f\x80\xa0\xff"];

export const PIECES = [
  "\r\n",
  "\r\n\r\n",
  "\r\n ",
  "\n\n",
  "\r\nHost: evil.test",
  "\r\nContent-Length: 5",
  "\r\nContent-Length: 5, 5",
  "\r\nContent-Length:\t5",
  "\r\nContent_Length: 5",
  "\r\nTransfer-Encoding: chunked",
  "\r\nTransfer-Encoding:\t chunked",
  "\r\nTransfer-Encoding: chunked \t",
  "\r\nTransfer-Encoding: xchunked",
  "\r\nTransfer_Encoding: chunked",
  "\r\nConnection: close",
  "\r\nConnection: host, content-length",
  "\r\nConnection: upgrade\r\nUpgrade: websocket",
  "\r\nExpect: 100-continue",
  " HTTP/1.0",
  " HTTP/1.2",
  "HTTP/2.0",
  "GET /evil HTTP/1.1\r\nHost: evil.test\r\n\r\n",
  "0\r\n\r\n",
  "FFFFFFFFFFFFF\r\n",
  "10000000000000003\r\n",
  ";a=b",
  "\r\n0\r\nContent-Length: 3\r\n",
  "\r\n0\r\nX-Forwarded-For: 192.0.2.1\r\n",
];
