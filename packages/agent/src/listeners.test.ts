import { expect, test } from "bun:test";
import { listenersOf, parseListening } from "./listeners.ts";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const row = (address: string, state: string, inode: string) =>
  `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000 100`;

test("listening sockets are read with their addresses, whatever family they have, and others are left out", () => {
  const text = [
    HEAD,
    row("0100007F:0BB8", "0A", "11"),
    row("00000000:1F90", "0A", "12"),
    row("00000000000000000000000000000000:0050", "0A", "13"),
    row("00000000000000000000000001000000:0051", "0A", "14"),
    row("B80D0120000000000000000001000000:0052", "0A", "15"),
    row("0100007F:1234", "01", "16"),
  ].join("\n");
  expect(parseListening(text).map(({ host, port }) => `${host} ${port}`)).toEqual([
    "127.0.0.1 3000",
    "0.0.0.0 8080",
    ":: 80",
    "::1 81",
    "2001:db8:0:0:0:0:0:1 82",
  ]);
});

test("of a network that is shared only the sockets of the given processes count", () => {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  try {
    expect(listenersOf([process.pid], false)).toContainEqual({ host: "127.0.0.1", port: server.port });
    expect(listenersOf([process.ppid], false)).not.toContainEqual({ host: "127.0.0.1", port: server.port });
  } finally {
    server.stop(true);
  }
});

test("of a process that is gone nothing is known", () => {
  expect(listenersOf([4_194_999], true)).toEqual([]);
  expect(listenersOf([], false)).toEqual([]);
});
