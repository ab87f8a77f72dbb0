import { type ListRefsResult, type ListRefsSpec, MAX_REFS } from "../build-spec.ts";
import { KIB } from "../bytes.ts";
import { defaultBranchIn } from "./fetch-target.ts";
import { parseAddress, type RepositoryOptions, withRepository } from "./open-repository.ts";

/** What a listing may take of a report to the platform, which has 1024 KiB altogether. */
const MAX_BYTES = 1000 * KIB;
/** Of `{"name":…,"commit":"…"},` without the values. */
const FRAME_BYTES = 22;
const MAX_NAME = 255;

/**
 * The branches and tags of a repository, and which one is its default. Nothing of it is fetched.
 *
 * @throws {BuildFailure} source_invalid, repository_unreachable, repository_private, credential_refused, host_key_refused
 */
export const listRefs = async (
  { source, patterns = [] }: ListRefsSpec,
  options: RepositoryOptions,
  signal: AbortSignal,
): Promise<ListRefsResult> => {
  const url = parseAddress(source.url, options.credential);
  const { value, hostKey } = await withRepository(url, options, signal, async ({ git, address }) => {
    const head = defaultBranchIn(await git.run(["ls-remote", "--symref", "--", address, "HEAD"]));
    const refs = collectRefs();
    await git.read(["ls-remote", "--heads", "--tags", "--", address, ...patterns], refs.take);
    return { ...refs.result(), defaultBranch: head?.slice("refs/heads/".length) ?? null };
  });
  return hostKey === null ? value : { ...value, hostKey };
};

/** What `ls-remote` prints, as it comes: `<id>\t<name>`, and for an annotated tag its commit under `<name>^{}`. */
export const collectRefs = () => {
  const commits = new Map<string, string>();
  let bytes = 0;
  let isTruncated = false;
  return {
    take(line: string): void {
      const [, id = "", name = "", peeled] = LINE.exec(line) ?? [];
      if (name === "" || name.length > MAX_NAME) return;
      if (commits.has(name)) {
        if (peeled !== undefined) commits.set(name, id);
        return;
      }
      const more = Buffer.byteLength(JSON.stringify(name)) + id.length + FRAME_BYTES;
      if (commits.size === MAX_REFS || bytes + more > MAX_BYTES) {
        isTruncated = true;
        return;
      }
      bytes += more;
      commits.set(name, id);
    },
    result() {
      const names = [...commits.keys()].sort();
      return { refs: names.map((name) => ({ name, commit: commits.get(name) ?? "" })), isTruncated };
    },
  };
};

/** Names with characters that git forbids are those of a server that is no git. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there
const LINE = /^([0-9a-f]{40}|[0-9a-f]{64})\t(refs\/(?:heads|tags)\/[^\u0000-\u0020\u007f~^:?*[\\]+)(\^\{\})?$/;
