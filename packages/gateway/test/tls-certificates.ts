import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Pem = { pem: string; key: string };

export type CertificateRequest = {
  /** Subject alternative names as openssl writes them; `DNS:` is put in front of those without a kind. */
  names: string[];
  /** As `openssl req -newkey` takes it; `ec` is P-256. */
  key?: string;
  curve?: string;
  days?: number;
  /** Further extensions, `name=value`. */
  extensions?: string[];
  passphrase?: string;
};

/** A certificate authority of a test file, made with openssl, and what it has signed. `close` removes its files. */
export class CertificateAuthority {
  private constructor(
    private readonly dir: string,
    readonly root: Pem,
    /** For clients that want a file. */
    readonly rootFile: string,
  ) {}

  static async create(): Promise<CertificateAuthority> {
    const dir = await mkdtemp(join(tmpdir(), "homeport-tls-"));
    const root = await request(dir, { names: [], extensions: ["keyUsage=critical,keyCertSign"] }, "Test root", []);
    const rootFile = join(dir, "root.pem");
    await writeFile(rootFile, root.pem);
    await writeFile(join(dir, "root.key"), root.key);
    return new CertificateAuthority(dir, root, rootFile);
  }

  /** Signed by the root; the chain is the certificate alone. */
  issue(wanted: CertificateRequest): Promise<Pem> {
    const signer = ["-CA", this.rootFile, "-CAkey", join(this.dir, "root.key")];
    const extensions = ["basicConstraints=critical,CA:FALSE", ...(wanted.extensions ?? [])];
    return request(this.dir, { ...wanted, extensions }, "Test site", signer);
  }

  /** A folder for files of a test. */
  folder(): Promise<string> {
    return mkdtemp(join(this.dir, "folder-"));
  }

  close(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true });
  }
}

async function request(dir: string, wanted: CertificateRequest, subject: string, signer: string[]): Promise<Pem> {
  const { names, key = "ec", curve = "P-256", days = 30, extensions = [], passphrase } = wanted;
  const at = await mkdtemp(join(dir, "openssl-"));
  const files = { pem: join(at, "certificate.pem"), key: join(at, "key.pem") };
  const subjectAltName = names.map((name) => (/^[A-Za-z]+:/.test(name) ? name : `DNS:${name}`)).join(",");
  const all = [...(subjectAltName === "" ? [] : [`subjectAltName=${subjectAltName}`]), ...extensions];
  await run([
    ...["openssl", "req", "-x509", "-newkey", key, "-subj", `/CN=${subject}`, "-days", String(days)],
    ...(key === "ec" ? ["-pkeyopt", `ec_paramgen_curve:${curve}`] : []),
    ...(passphrase === undefined ? ["-nodes"] : ["-passout", `pass:${passphrase}`]),
    ...["-out", files.pem, "-keyout", files.key, ...signer],
    ...all.flatMap((extension) => ["-addext", extension]),
  ]);
  return { pem: await readFile(files.pem, "utf8"), key: await readFile(files.key, "utf8") };
}

/** @throws {Error} with what the program said, when it fails. */
async function run(argv: string[]): Promise<void> {
  const child = Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${argv.slice(0, 2).join(" ")} failed: ${said}`);
}
