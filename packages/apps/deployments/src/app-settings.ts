import { defineSettings } from "@homeport/kit/settings/declaration.ts";

export const appSettings = defineSettings([
  {
    key: "poll-minutes",
    group: "Sources",
    label: "Ask repositories every",
    description:
      "How often repositories that have no webhook are asked for new commits. 0 asks none: then only webhooks and people deploy.",
    type: "integer",
    default: 5,
    min: 0,
    max: 1440,
    unit: "minutes",
  },
]);
