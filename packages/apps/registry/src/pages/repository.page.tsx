import { type Column, CommandLine, CopyChip, Empty, PageHeader, Pagination, Section, Table, Time } from "@homeport/ui";
import { formatBytes } from "../bytes.ts";
import type { TagRow } from "../service/catalog.ts";
import { REGISTRY_PATH } from "./paths.ts";

type Props = { name: string; tags: TagRow[]; host: string; nextHref: string | undefined };

const COLUMNS: readonly Column<TagRow>[] = [
  { id: "tag", header: "Tag", cell: ({ name }) => name },
  {
    id: "digest",
    header: "Digest",
    nowrap: true,
    cell: ({ digest }) => <CopyChip value={digest} label="digest" short={19} />,
  },
  { id: "size", header: "Size", align: "end", nowrap: true, cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
  { id: "pushed", header: "Pushed", nowrap: true, cell: ({ pushedAt }) => <Time at={pushedAt} /> },
];

export function RepositoryPage({ name, tags, host, nextHref }: Props) {
  const first = tags[0];
  return (
    <>
      <PageHeader title={name} breadcrumbs={[{ label: "Registry", href: REGISTRY_PATH }, { label: name }]} />
      <Table
        caption={`Tags of ${name}`}
        columns={[...COLUMNS]}
        rows={tags}
        rowKey={(tag) => tag.name}
        empty={
          <Empty title="No tags">
            Its images are used by their digest: builds of a service are not tagged, each release names its own.
          </Empty>
        }
      />
      <Pagination {...(nextHref === undefined ? {} : { nextHref })} label="Tags" />
      {first !== undefined && (
        <Section title="Pull">
          <CommandLine command={`docker pull ${host}/${name}:${first.name}`} label="Pull" />
        </Section>
      )}
    </>
  );
}
