/** What the machine trusts; git and the programs of builds go by the same file. */
const MACHINE = "/etc/ssl/certs/ca-certificates.crt";

let machine: Promise<string | null> | null = null;

const machineCertificates = (): Promise<string | null> => {
  machine ??= Bun.file(MACHINE)
    .text()
    .catch(() => null);
  return machine;
};

/** All certificates that are trusted, in PEM; undefined where the program's own have to do. Read once. */
export const trustedCertificates = async (more: string | undefined): Promise<string | undefined> => {
  const known = await machineCertificates();
  if (known === null) return more;
  return more === undefined ? known : `${known.trimEnd()}\n${more}`;
};
