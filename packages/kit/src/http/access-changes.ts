const listeners = new Set<() => void>();

/**
 * Calls `listener` whenever it became other who may do what: a session ended, a role changed, somebody left. The auth
 * app says so with an event (`auth.access.changed`), which every process sees within moments. What it gives back ends that.
 */
export const onAccessChange = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** For the platform, which hears the event; caches that were there first forget first. */
export const announceAccessChange = (): void => {
  for (const listener of [...listeners]) listener();
};
