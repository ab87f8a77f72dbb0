import { defineSettings } from "@homeport/kit/settings/declaration.ts";

export const settings = defineSettings([
  {
    key: "upload-idle-hours",
    group: "Pushes",
    label: "Unfinished uploads are kept for",
    description: "Hours that a layer which stopped arriving can be resumed; then its bytes are removed.",
    type: "integer",
    default: 24,
    min: 1,
    max: 8760,
    unit: "hours",
  },
]);
