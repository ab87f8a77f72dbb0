import { expect, test } from "bun:test";
import type { Certificate } from "./certificate.ts";
import { chooseCertificate } from "./choose-certificate.ts";

const NOW = new Date("2026-06-15T12:00:00Z");

/** From one day of 2026 to another, as month-day. */
function certificate(fingerprint: string, name: string, from: string, to: string): Certificate {
  const [notBefore, notAfter] = [from, to].map((day) => new Date(`2026-${day}T00:00:00Z`)) as [Date, Date];
  return { chain: "", privateKey: "", issuer: "", names: ["decoy.test", name], fingerprint, notBefore, notAfter };
}

const exact = certificate("exact", "a.shop.test", "01-01", "08-01");
const longer = certificate("longer", "a.shop.test", "01-01", "09-01");
const fresher = certificate("fresher", "a.shop.test", "05-01", "09-01");
const wildcard = certificate("wildcard", "*.shop.test", "01-01", "12-01");
const expired = certificate("expired", "a.shop.test", "01-01", "06-15");
const longExpired = certificate("long expired", "a.shop.test", "01-01", "03-01");
const future = certificate("future", "a.shop.test", "07-01", "12-31");

const CHOICES = [
  { name: "the exact name before a wildcard that ends later", from: [wildcard, exact], is: exact },
  { name: "the one that ends last", from: [exact, longer], is: longer },
  { name: "of those the fresher one", from: [longer, fresher], is: fresher },
  { name: "one that is valid before one that has expired", from: [expired, exact], is: exact },
  { name: "a valid wildcard before an exact name that has expired", from: [expired, wildcard], is: wildcard },
  { name: "one that is valid before one that is not yet", from: [future, exact], is: exact },
  { name: "an expired one when there is nothing else", from: [longExpired, expired], is: expired },
  { name: "none that is for another name", from: [certificate("other", "b.shop.test", "01-01", "12-01")], is: null },
  { name: "no wildcard of another domain", from: [certificate("other", "*.blog.test", "01-01", "12-01")], is: null },
  { name: "no wildcard of a domain above", from: [certificate("other", "*.test", "01-01", "12-01")], is: null },
  { name: "none of none", from: [], is: null },
];

test.each(CHOICES)("for a.shop.test: $name", ({ from, is }) => {
  expect(chooseCertificate(from, "a.shop.test", NOW)).toBe(is);
  expect(chooseCertificate(from.toReversed(), "a.shop.test", NOW)).toBe(is);
});

test("a wildcard is not for the domain itself", () => {
  expect(chooseCertificate([wildcard], "shop.test", NOW)).toBeNull();
});
