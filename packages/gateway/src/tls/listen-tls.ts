import { createSecureContext, type SecureContext } from "node:tls";
import type { Certificate } from "./certificate.ts";
import type { CertificateStore } from "./certificate-store.ts";
import { tlsLog } from "./log.ts";

/** How long a handshake may take, however its bytes drip in. */
const HANDSHAKE_SECONDS = 12;
/** How long a client may take to fetch the last bytes of a connection that was ended, and to close it in turn. */
const LINGER_SECONDS = 60;

/** The one protocol that the data plane speaks, as RFC 7301 section 3.1 writes it: a length byte, then the name. */
const ALPN = Buffer.from("\x08http/1.1", "latin1");

/**
 * Forward secrecy and authenticated encryption only: the list of Mozilla's "intermediate" without finite-field
 * Diffie-Hellman, https://wiki.mozilla.org/Security/Server_Side_TLS. The suites of TLS 1.3 are all of that kind.
 */
const CIPHERS = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** RFC 8446 section 4.2.1. */
const TLS_1_2 = 0x0303;

export type TlsListenerOptions<Data> = {
  /** Absent: every address, IPv6 and IPv4. */
  hostname?: string;
  /** 0: any free one. */
  port: number;
  reusePort: boolean;
  store: Pick<CertificateStore, "find">;
  /**
   * As `Bun.listen` takes them, and called as for a plain socket. `open` comes after the handshake and has to set
   * `socket.data`: by it the others are known to be meant. Connections that fail before that are never seen.
   */
  handlers: Bun.SocketHandler<Data>;
  /** 1 to 240 each. They are counted in ticks of 4 s, rounded up, and the first tick may come at once. */
  handshakeSeconds?: number;
  lingerSeconds?: number;
};

export type TlsListener = {
  readonly port: number;
  /** Accepts no more; connections that are up stay. Safe to call twice. */
  stop(): void;
};

/** What node:tls hands to `Bun.listen` for its SNICallback: undocumented, and typed here for lack of types in Bun. */
type TlsInternals = {
  reusePort: boolean;
  tls: { minVersion: number };
  socket: { serverName(listener: unknown, name: string): unknown };
};

/**
 * Listens with TLS: 1.2 or later, HTTP/1.1, sessions resumed by tickets, and for each connection the certificate that the
 * store has for its name at that moment. So a certificate is replaced by replacing it in the store: the next handshake has
 * the new one, no connection is touched, and there is no second listener whose queue could lose any.
 *
 * A name without a certificate is refused before anything of a site is shown, like nginx does it with
 * `ssl_reject_handshake`, and so is a client that sends no name: there is no certificate to fall back on. Tickets belong to
 * a certificate, so none opens another name, or its own after the certificate is gone.
 *
 * `Bun.listen` with the hook that node:tls is built on in Bun, because (measured on 1.4.5): its own `tls` option takes one
 * certificate, and nothing can change it while it listens; `tls` as an array, as `Bun.serve` has it, is refused. The public
 * way to that hook, node:tls with SNICallback, is as correct, but its streams cost 10.5 µs a request here instead of 9.2
 * (plain TCP 7.4, nginx with TLS 11.4), buffer a second time and have other handlers. Should the hook ever be renamed, no
 * handshake succeeds, which the tests notice.
 *
 * On plain TCP and here alike: `write` takes what fits and says how much, and 0 while a reader stalls (200 MB, no growth);
 * `pause`, `resume`, `terminate`, `shutdown`, and clients that close, half-close or reset. Different is `end`: plain, the
 * kernel has the last bytes and the socket is closed at once; here they may be in the TLS library, and Bun's own `end` drops
 * them after 12 s. So `end` is ours: it sends the rest and close_notify, and `close` follows when the client has closed or
 * fetched all, at the latest after `lingerSeconds`; what the client sends meanwhile is still delivered. After `pause` in
 * `open`, so is what came in one segment with the end of the handshake.
 *
 * @throws {Error} when the port can't be listened on.
 */
export function listenTls<Data>(given: TlsListenerOptions<Data>): TlsListener {
  const { hostname, port, reusePort, store, handlers } = given;
  const { handshakeSeconds = HANDSHAKE_SECONDS, lingerSeconds = LINGER_SECONDS } = given;
  const isUp = (socket: Bun.Socket<Data>): boolean => socket.data !== undefined;
  const ended = new WeakSet<Bun.Socket<Data>>();

  /** Takes the place of a socket's `end`. */
  function end(this: Bun.Socket<Data>, last?: string | Bun.BufferSource, from?: number, length?: number): number {
    const written = last === undefined ? 0 : this.write(last, from, length);
    ended.add(this);
    this.shutdown(); // alone `close` would send no close_notify, and what it ends looks cut off (RFC 8446 section 6.1)
    this.timeout(lingerSeconds);
    return written;
  }
  const options: Bun.TCPSocketListenOptions<Data> & TlsInternals = {
    hostname: hostname ?? "::",
    port,
    reusePort,
    // NOTE: an empty object would mean plain TCP.
    tls: { ALPNProtocols: ALPN, minVersion: TLS_1_2 },
    socket: {
      ...handlers,
      serverName: (_listener, name) => contextFor(store, name),
      open: (socket) => socket.timeout(handshakeSeconds),
      handshake(socket, isSuccess) {
        if (!isSuccess) return; // it is closed by itself
        socket.timeout(0);
        socket.end = end;
        return handlers.open?.(socket);
      },
      timeout(socket) {
        if (!isUp(socket)) socket.terminate();
        else if (ended.has(socket)) socket.close();
        else return handlers.timeout?.(socket);
      },
      drain(socket) {
        if (ended.has(socket))
          socket.close(); // all is with the kernel
        else if (isUp(socket)) return handlers.drain?.(socket);
      },
      end: (socket) => (isUp(socket) ? handlers.end?.(socket) : undefined),
      error: (socket, err) => (isUp(socket) ? handlers.error?.(socket, err) : undefined),
      close: (socket, err) => (isUp(socket) ? handlers.close?.(socket, err) : undefined),
    },
  };
  const listener = Bun.listen<Data>(options);
  return { port: listener.port, stop: () => listener.stop(false) };
}

/**
 * The hook's answer: a native context. Undefined means the listener's own, which has no certificate: the handshake fails
 * there, with an alert. (An error fails it too, but closes without a word, which looks like a server that is down.)
 */
function contextFor(store: Pick<CertificateStore, "find">, name: string): unknown {
  const certificate = store.find(name);
  if (certificate === null) return undefined;
  const known = contexts.get(certificate);
  const context = known === undefined ? createContext(certificate) : known;
  if (known === undefined) contexts.set(certificate, context);
  return context?.context;
}

/** Null for one that the TLS library refuses although it was checked: logged once, and refused. */
const contexts = new WeakMap<Certificate, SecureContext | null>();

function createContext({ chain, privateKey, fingerprint }: Certificate): SecureContext | null {
  try {
    return createSecureContext({ cert: chain, key: privateKey, ciphers: CIPHERS });
  } catch (err) {
    tlsLog.error({ err, fingerprint }, "a certificate cannot be used");
    return null;
  }
}
