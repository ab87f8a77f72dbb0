import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import { serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";

const NAMES = { ssh: "deploy-key", token: "git-token" } as const;

export const repositoryHandlers = ({ repositories }: UseCases): Handlers<typeof contract.repositories> => ({
  branches: async (context) => repositories.branches(serviceOf(context), context.signal),
  check: async (context, { ref }) => {
    const { credential, ...rest } = await repositories.check(serviceOf(context), ref, context.signal);
    return { ...rest, credential: credential === null ? "none" : NAMES[credential] };
  },
});
