import { defineSettings } from "@homeport/kit/settings/declaration.ts";

export const settings = defineSettings([
  {
    key: "max-upload-mib",
    group: "Uploads",
    label: "At most",
    description: "The largest source archive that is taken.",
    type: "integer",
    default: 512,
    min: 1,
    max: 65_536,
    unit: "MiB",
  },
  {
    key: "upload-days",
    group: "Uploads",
    label: "Kept for",
    description: "Days that an uploaded archive is kept after its last use, so that it can be deployed again.",
    type: "integer",
    default: 7,
    min: 1,
    max: 365,
    unit: "days",
  },
  {
    key: "job-days",
    group: "Jobs",
    label: "Kept for",
    description:
      "Days that a job is kept after its end, for looking into one that went wrong. Deployments keep what became of it.",
    type: "integer",
    default: 30,
    min: 1,
    max: 3650,
    unit: "days",
  },
]);
