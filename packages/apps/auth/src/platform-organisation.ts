import type { OrganisationId } from "@homeport/kit/ids.ts";

/** An organisation as those who run the platform see it: that it is there, and nothing that is in it. */
export type PlatformOrganisation = {
  id: OrganisationId;
  slug: string;
  name: string;
  memberCount: number;
  projectCount: number;
  createdAt: Date;
};
