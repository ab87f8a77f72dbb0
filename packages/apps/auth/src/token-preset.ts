/** What a token is for, as the form asks it; `custom` is what somebody typed. */
export const PRESETS = ["everything", "read", "deploy", "custom"] as const;
export type Preset = (typeof PRESETS)[number];

/** Looks at everything that runs, and changes nothing. */
const READ = [
  "profile:read",
  "project:read",
  "service:read",
  "variable:read",
  "deployment:read",
  "release:read",
  "workload:read",
  "log:read",
  "event:read",
  "job:read",
  "repository:read",
  "image:pull",
];

/** What `homeport deploy` does, with variables and rollbacks, in projects that are there. */
const DEPLOY = [
  "profile:read",
  "project:read",
  "service:*",
  "variable:*",
  "deployment:*",
  "release:*",
  "upload:*",
  "log:read",
  "event:read",
  "job:read",
  "repository:read",
  "image:pull",
  "image:push",
];

/** The scopes that a preset stands for; in one project when that is named, except where a scope names its own place. */
export const scopesOf = (preset: Preset, typed: string, project: string): string[] =>
  scopesOfPreset(preset, typed).map((scope) =>
    project === "" || scope.includes("@") ? scope : `${scope}@project/${project}`,
  );

const scopesOfPreset = (preset: Preset, typed: string): string[] => {
  switch (preset) {
    case "everything":
      return ["*"];
    case "read":
      return READ;
    case "deploy":
      return DEPLOY;
    case "custom":
      return typed.split(/[\s,]+/).filter((scope) => scope !== "");
  }
};
