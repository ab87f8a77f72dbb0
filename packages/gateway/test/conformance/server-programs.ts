/** Programs of the servers that the gateway is tried with, and the packages that bring them. */
const PACKAGES = { nginx: "nginx-light", haproxy: "haproxy", node: "nodejs" };

/** Debian keeps servers in a folder that is not on everybody's PATH. */
export function programPath(name: string): string | null {
  return Bun.which(name) ?? Bun.which(name, { PATH: "/usr/sbin:/usr/local/sbin" });
}

/** Null when all of them are here, else what to do about it. */
export function missingServers(): string | null {
  const missing = Object.entries(PACKAGES).filter(([program]) => programPath(program) === null);
  if (missing.length === 0) return null;
  const [programs, packages] = [0, 1].map((column) => missing.map((entry) => entry[column]).join(" "));
  return `Tests of the gateway with other servers need ${programs}: apt-get install ${packages}`;
}
