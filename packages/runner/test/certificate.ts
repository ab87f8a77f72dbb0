import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate for `localhost` that nobody signed but itself: who is given it as an authority trusts it. In PEM. */
export const makeCertificate = async (): Promise<{ cert: string; key: string }> => {
  const dir = await mkdtemp(join(tmpdir(), "homeport-certificate-"));
  try {
    const files = { cert: join(dir, "cert.pem"), key: join(dir, "key.pem") };
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    const names = ["-subj", "/CN=Test", "-addext", "subjectAltName=DNS:localhost"];
    const argv = ["openssl", "req", ...kind, ...names, "-keyout", files.key, "-out", files.cert];
    const child = Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    const [errors, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
    if (code !== 0) throw new Error(`openssl: ${errors}`);
    return { cert: await Bun.file(files.cert).text(), key: await Bun.file(files.key).text() };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};
