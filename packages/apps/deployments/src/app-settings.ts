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
  {
    key: "releases-kept",
    group: "Releases",
    label: "Keep releases",
    description:
      "How many releases that were live are kept of each service in each environment, whatever their age. What is live, what was live before it and what is kept by hand are kept besides.",
    type: "integer",
    default: 20,
    min: 1,
    max: 1000,
    unit: "releases",
  },
  {
    key: "release-keep-days",
    group: "Releases",
    label: "Keep older releases for",
    description:
      "Releases before those are kept while they are younger than this, up to five times as many in all. A release that is not kept gives its image, variables and files back and cannot run again.",
    type: "integer",
    default: 30,
    min: 0,
    max: 3650,
    unit: "days",
  },
]);
