import ipaddr from "ipaddr.js";

/** Whether one of the ranges (`192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`) holds the address; text that is none is in no range. */
export const coversAddress = (ranges: readonly string[], address: string): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const wanted = ipaddr.process(address); // IPv4 that comes as IPv6 is IPv4
  return ranges.some((range) => {
    const [base, prefix] = range.includes("/") ? ipaddr.parseCIDR(range) : [ipaddr.process(range), null];
    if (base.kind() !== wanted.kind()) return false;
    return prefix === null ? base.toNormalizedString() === wanted.toNormalizedString() : wanted.match([base, prefix]);
  });
};
