import type { AppContext } from "@homeport/kit/app.ts";
import { contract } from "@homeport/registry/contract.ts";
import type { Images } from "../ports.ts";
import { calling } from "./calling.ts";

/** Images in the platform's registry app. */
export const registryImages = (context: Pick<AppContext, "client" | "config" | "signal">): Images => {
  const registry = context.client(contract, "registry");
  const call = calling(context.signal);
  return {
    async resolve(organisationId, organisationSlug, reference) {
      const local = localReference(
        reference,
        organisationSlug,
        context.config.registryHost,
        context.config.appUrl.host,
      );
      if (local === null) return null;
      const found = await call((options) => registry.manifests.resolve({ organisationId, reference: local }, options));
      return { repository: found.repository, digest: found.digest };
    },
    async pin(key, organisationId, image) {
      if (!("digest" in image)) return;
      const { repository, digest } = image;
      await call((options) => registry.pins.put({ key, organisationId, repository, digest }, options));
    },
    async unpin(key) {
      await call((options) => registry.pins.remove({ key }, options));
    },
  };
};

/** The reference inside our registry, or null for somebody else's: `localhost:3000/home/x:1` and `home/x:1` are ours. */
export const localReference = (reference: string, organisationSlug: string, ...ourHosts: string[]): string | null => {
  const slash = reference.indexOf("/");
  const first = slash === -1 ? "" : reference.slice(0, slash);
  const port = ourHosts[0]?.split(":").at(-1);
  const ours = new Set([...ourHosts, `localhost:${port}`, `127.0.0.1:${port}`]);
  if (ours.has(first)) return reference.slice(slash + 1);
  return first === organisationSlug ? reference : null;
};
