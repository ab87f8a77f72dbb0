import type net from "node:net";
import tls from "node:tls";
import { until } from "./until.ts";

/** A client that never ends by itself is ended; the tests' own limit would leave it behind. */
const LIMIT_MS = 4_000;

export type SClient = {
  /** Everything that openssl said. */
  text: string;
  /** The fingerprint of the certificate that was shown, as `Certificate` has it; null when none was. */
  shown: string | null;
};

/** One handshake of `openssl s_client`, for the name unless it is null. `input` is sent after it, and the end awaited. */
export async function sClient(port: number, name: string | null, args: string[] = [], input = ""): Promise<SClient> {
  const server = name === null ? ["-noservername"] : ["-servername", name];
  const argv = ["openssl", "s_client", "-connect", `127.0.0.1:${port}`, ...server, "-ign_eof", ...args];
  const child = Bun.spawn(argv, { stdin: "pipe", stdout: "pipe", stderr: "pipe", timeout: LIMIT_MS });
  child.stdin.write(input === "" ? CLOSING_REQUEST : input);
  await child.stdin.flush();
  const text = (await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])).join("");
  await child.exited;
  const pem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(text)?.[0];
  return { text, shown: pem === undefined ? null : fingerprintOf(pem) };
}

export const REQUEST = "GET / HTTP/1.1\r\nHost: any\r\n\r\n";
export const CLOSING_REQUEST = "GET / HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n";

export async function curl(port: number, name: string, rootFile: string): Promise<string> {
  const resolve = ["--resolve", `${name}:${port}:127.0.0.1`];
  const argv = ["curl", "--silent", "--show-error", "--cacert", rootFile, ...resolve, `https://${name}:${port}/`];
  const child = Bun.spawn(argv, { stdout: "pipe", stderr: "pipe", timeout: LIMIT_MS });
  const text = (await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])).join("");
  await child.exited;
  return text;
}

/** A connection of node:tls that is up, with the certificate that it was shown. */
export class TlsClient {
  text = "";
  receivedBytes = 0;
  isClosed = false;
  hasEnded = false;
  error: string | null = null;

  private constructor(readonly socket: tls.TLSSocket) {
    socket.on("data", (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
      if (this.text.length < 10_000) this.text += chunk.toString("latin1");
    });
    socket.on("end", () => {
      this.hasEnded = true;
    });
    socket.on("error", (err) => {
      this.error = "code" in err ? String(err.code) : err.message;
    });
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  /** @throws when the handshake fails, or the certificate is not for the name. */
  static async connect(port: number, servername: string, ca: string): Promise<TlsClient> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const options = { port, host: "127.0.0.1", servername, ca, allowHalfOpen: true };
    const socket = tls.connect(options satisfies net.SocketConstructorOpts, resolve);
    socket.once("error", reject);
    const client = new TlsClient(socket);
    await promise;
    return client;
  }

  get shown(): string {
    return this.socket.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase();
  }

  /** Sends a request and waits for the fixed answer. */
  async ask(): Promise<void> {
    const before = this.text.length;
    this.socket.write(REQUEST);
    await until("the answer arrives", () => this.text.slice(before).endsWith("ok"));
  }
}

export function fingerprintOf(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
  return new Bun.CryptoHasher("sha256").update(der).digest("hex");
}
