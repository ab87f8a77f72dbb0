import { type Certificate, validityProblem } from "./certificate.ts";
import { wildcardOf } from "./certificate-names.ts";

/**
 * The best of several certificates for a name (lower-case), or null when none covers it: one that is valid now before one
 * that is not, then an exact name before a wildcard, then the one that ends last. An expired one is better than nothing:
 * people then read what is wrong, and can go on.
 */
export function chooseCertificate(candidates: readonly Certificate[], name: string, now: Date): Certificate | null {
  const covering = candidates.filter((certificate) => isExact(certificate, name) || isWildcardFor(certificate, name));
  const [best = null] = covering.toSorted(
    (a, b) =>
      Number(isValid(b, now)) - Number(isValid(a, now)) ||
      Number(isExact(b, name)) - Number(isExact(a, name)) ||
      b.notAfter.getTime() - a.notAfter.getTime() ||
      b.notBefore.getTime() - a.notBefore.getTime() ||
      (a.fingerprint < b.fingerprint ? -1 : 1), // so that every process chooses the same
  );
  return best;
}

const isExact = ({ names }: Certificate, name: string): boolean => names.includes(name);
const isValid = (certificate: Certificate, now: Date): boolean => validityProblem(certificate, now) === null;

function isWildcardFor({ names }: Certificate, name: string): boolean {
  const wildcard = wildcardOf(name);
  return wildcard !== null && names.includes(wildcard);
}
