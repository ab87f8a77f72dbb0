/** The variables of a release that people set, without those that every release gets. */
export const ownEnv = (env: Readonly<Record<string, unknown>> | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env ?? {}).flatMap(([name, value]) => (name.startsWith("HOMEPORT_") ? [] : [[name, String(value)]])),
  );
