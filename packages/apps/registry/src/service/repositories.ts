import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Repository } from "../repository.ts";
import { ensureRepository } from "../store/repositories.ts";
import { listTags } from "../store/tags.ts";
import { type Admission, unknownName } from "./admit-registry.ts";

export type Repositories = {
  /** The repository of a request; the first push makes it. @throws {OciError} NAME_UNKNOWN */
  ensure(admission: Admission): Promise<Repository>;
  /** Names in ASCII order from behind `after`, and whether there are more. */
  tags(repository: Repository, after: string, limit: number): Promise<{ tags: string[]; more: boolean }>;
};

export const createRepositories = (sql: Sql): Repositories => ({
  async ensure({ caller, name, repository }) {
    if (repository !== null) return repository;
    const { reach } = caller;
    if (reach === null || reach === "*") throw unknownName(); // nobody whose repository it would be
    const made = await ensureRepository(sql, name, reach);
    if (made.organisationId !== reach) throw unknownName();
    return made;
  },
  async tags(repository, after, limit) {
    const rows = await listTags(sql, repository.id, after, limit + 1);
    return { tags: rows.slice(0, limit).map(({ name }) => name), more: rows.length > limit };
  },
});
