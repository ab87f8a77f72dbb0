import { OciError } from "../../errors.ts";
import type { Operation } from "./operation.ts";

/** Tags in one answer, whatever was asked for. */
const MAX_PAGE = 1000;

/** GET /v2/<name>/tags/list?n=&last= */
export const listTags: Operation = {
  action: "pull",
  async run({ repositories }, { query, repository }) {
    const limit = limitOf(query.get("n"));
    const last = query.get("last") ?? "";
    const page = limit === 0 ? { tags: [], more: false } : await repositories.tags(repository, last, limit);
    const end = page.tags.at(-1);
    const next =
      page.more && end !== undefined ? `</v2/${repository.name}/tags/list?n=${limit}&last=${end}>; rel="next"` : null;
    const body = { name: repository.name, tags: page.tags };
    return Response.json(body, { headers: next === null ? {} : { link: next } });
  },
};

const limitOf = (text: string | null): number => {
  if (text === null) return MAX_PAGE;
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text), MAX_PAGE);
  throw new OciError("PAGINATION_NUMBER_INVALID", "n: must be a whole number, not negative.");
};
