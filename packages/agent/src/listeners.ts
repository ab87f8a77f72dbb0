import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Listener } from "./ports.ts";

/** A program with more sockets than this is not looked at to the end. */
const MAX_SOCKETS = 4096;
/** include/net/tcp_states.h */
const LISTEN = "0A";
/** In every container's network, and no service's. */
const DOCKER_DNS = "127.0.0.11";

/**
 * Sockets on which processes wait for connections. `pids` are the processes; those that are gone or not ours to look at
 * add nothing. With `alone`, the first one's network belongs to no other replica, and everything in it counts.
 */
export const listenersOf = (pids: readonly number[], alone: boolean): Listener[] => {
  const [first] = pids;
  if (first === undefined) return [];
  const inodes = alone ? null : new Set(pids.flatMap(socketsOf));
  const found = ["tcp", "tcp6"].flatMap((file) => parseListening(read(`/proc/${first}/net/${file}`)));
  return found
    .filter(({ host, inode }) => (inodes === null ? host !== DOCKER_DNS : inodes.has(inode)))
    .map(({ host, port }) => ({ host, port }));
};

type Listening = Listener & { inode: string };

/** Rows of /proc/net/tcp and tcp6 in state LISTEN. Source: kernel documentation, networking/proc_net_tcp. */
export const parseListening = (text: string): Listening[] =>
  text
    .split("\n")
    .slice(1, MAX_SOCKETS)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [address, port] = (fields[1] ?? "").split(":");
      if (fields[3] !== LISTEN || address === undefined || port === undefined) return [];
      return [{ host: hostOf(address), port: Number.parseInt(port, 16), inode: fields[9] ?? "" }];
    });

/** Words of 32 bits in the machine's own order, which is little endian wherever we run. */
const hostOf = (hex: string): string => {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join(".");
  if (bytes.every((byte) => byte === "00")) return "::";
  if (bytes.slice(0, 15).every((byte) => byte === "00") && bytes[15] === "01") return "::1";
  const groups = Array.from({ length: 8 }, (_, at) => Number.parseInt(`${bytes[2 * at]}${bytes[2 * at + 1]}`, 16));
  return groups.map((group) => group.toString(16)).join(":");
};

const socketsOf = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .slice(0, MAX_SOCKETS)
      .flatMap((fd) => {
        const inode = /^socket:\[(\d+)\]$/.exec(linkAt(`/proc/${pid}/fd/${fd}`))?.[1];
        return inode === undefined ? [] : [inode];
      });
  } catch {
    return [];
  }
};

const linkAt = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
};

const read = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
};
