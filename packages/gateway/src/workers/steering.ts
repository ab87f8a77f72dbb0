import { dlopen, FFIType, ptr } from "bun:ffi";
import type { Share } from "./messages.ts";

/** asm-generic/socket.h, which x86-64 and arm64 share. */
const SOL_SOCKET = 1;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const SO_DETACH_REUSEPORT_BPF = 68;

/** linux/bpf_common.h and linux/filter.h. */
const LOAD_WORD_AT = 0x20;
const MODULO = 0x94;
const ADD = 0x04;
const RETURN_ACCUMULATOR = 0x16;
const RANDOM = -0x1000 + 56;

type Instruction = [code: number, operand: number];

/**
 * Decides which of the sockets that listen on a port with SO_REUSEPORT get its new connections. The kernel keeps them in an
 * array, in the order of their `listen` calls; the last one takes the place of one that leaves. The program picks a place;
 * from a place that does not exist the kernel goes back to picking by hash among all (socket(7), SO_ATTACH_REUSEPORT_CBPF).
 *
 * Why: what a listener has in its queue when it is closed is reset, and so is every handshake under way. Measured on Linux
 * 6.18, two workers replaced by two, 1,000 connections a second: 19 resets per reload at a round trip of 40 ms and less than
 * one on loopback; none when new connections had been steered to the new workers before. `net.ipv4.tcp_migrate_req=1` does
 * as well, but takes root and changes the whole machine; Bun cannot listen on a socket that is handed to it.
 *
 * @throws {Error} when this system cannot do it, or `fd` does not listen with SO_REUSEPORT
 */
export function steer(fd: number, share: Share): void {
  const { setsockopt } = libc();
  if (share === null) {
    const nothing = Buffer.alloc(4);
    setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, ptr(nothing), nothing.length); // fails where nothing is attached
    return;
  }
  const instructions = encode(programFor(share));
  const program = Buffer.alloc(16); // struct sock_fprog
  program.writeUInt16LE(instructions.length / 8, 0);
  program.writeBigUInt64LE(BigInt(ptr(instructions)), 8);
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, ptr(program), program.length) !== 0) {
    throw new Error("The kernel does not let us choose among the listeners of this port.");
  }
}

const programFor = ({ first, count }: NonNullable<Share>): Instruction[] => [
  [LOAD_WORD_AT, RANDOM],
  [MODULO, count],
  [ADD, first],
  [RETURN_ACCUMULATOR, 0],
];

/** struct sock_filter: code, two jump offsets that we do not use, operand. */
function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeInt32LE(operand, index * 8 + 4);
  }
  return bytes;
}

const SETSOCKOPT = {
  setsockopt: {
    args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32],
    returns: FFIType.i32,
  },
} as const;
const MUSL_ARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" };

let symbols: ReturnType<typeof openLibc>["symbols"] | null = null;

function libc() {
  symbols ??= openLibc().symbols;
  return symbols;
}

/** Under its name in glibc, then in musl. */
function openLibc() {
  if (process.platform !== "linux") throw new Error("Only Linux lets us choose among the listeners of a port.");
  try {
    return dlopen("libc.so.6", SETSOCKOPT);
  } catch {
    return dlopen(`libc.musl-${MUSL_ARCH[process.arch]}.so.1`, SETSOCKOPT);
  }
}
