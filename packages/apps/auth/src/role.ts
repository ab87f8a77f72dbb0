import type { Role } from "@homeport/kit/principal.ts";

/**
 * Whether who has the role `own` in an organisation may give `role` there, and take it: owners everything, admins
 * everything but owner. So nobody makes somebody who is more than themselves, or unmakes one.
 */
export const mayManage = (own: Role, role: Role): boolean => own === "owner" || (own === "admin" && role !== "owner");
