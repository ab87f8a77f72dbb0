import { readdir, readFile, readlink } from "node:fs/promises";

const LISTENING = "0A";

/**
 * The descriptors under which this process listens on TCP ports. Bun tells it for `Bun.listen` only, and who holds the
 * listeners need not tell us.
 */
export async function findListeners(): Promise<number[]> {
  const tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map((file) => readFile(file, "utf8").catch(() => ""));
  const inodes = new Set((await Promise.all(tables)).flatMap(listeningInodes));
  const found: number[] = [];
  for (const fd of await readdir("/proc/self/fd")) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => ""); // closed meanwhile
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && inodes.has(inode)) found.push(Number(fd));
  }
  return found;
}

/** proc(5), /proc/net/tcp: `sl local_address rem_address st tx_queue:rx_queue tr:when retrnsmt uid timeout inode`. */
function listeningInodes(table: string): string[] {
  return table.split("\n").flatMap((line) => {
    const [, , , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === LISTENING && inode !== undefined ? [inode] : [];
  });
}
