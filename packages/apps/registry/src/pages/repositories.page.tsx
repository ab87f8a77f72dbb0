import { type Column, Empty, LinkButton, PageHeader, Pagination, Section, Table, Time } from "@homeport/ui";
import { Container } from "@homeport/ui/icons";
import { formatBytes } from "../bytes.ts";
import type { RepositorySummary } from "../service/catalog.ts";
import { repositoryPath } from "./paths.ts";
import { PushInstructions } from "./push-instructions.tsx";

type Props = {
  repositories: RepositorySummary[];
  host: string;
  organisation: string;
  nextHref: string | undefined;
};

const COLUMNS: readonly Column<RepositorySummary>[] = [
  { id: "name", header: "Repository", cell: ({ name }) => name },
  { id: "tags", header: "Tags", align: "end", cell: ({ tagCount }) => tagCount },
  { id: "size", header: "Size", align: "end", nowrap: true, cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
  { id: "pushed", header: "Last push", nowrap: true, cell: ({ pushedAt }) => <Time at={pushedAt} /> },
];

export function RepositoriesPage({ repositories, host, organisation, nextHref }: Props) {
  const instructions = <PushInstructions host={host} organisation={organisation} />;
  const empty = (
    <Empty
      title="No images yet"
      icon={<Container aria-hidden />}
      action={<LinkButton href="/account">Create an API token</LinkButton>}
    >
      {instructions}
    </Empty>
  );
  return (
    <>
      <PageHeader title="Registry" description="Container images of this organisation: built here, or pushed by you." />
      <Table
        caption="Image repositories"
        columns={[...COLUMNS]}
        rows={repositories}
        rowKey={({ name }) => name}
        rowHref={({ name }) => repositoryPath(name)}
        empty={empty}
      />
      <Pagination {...(nextHref === undefined ? {} : { nextHref })} label="Repositories" />
      {repositories.length > 0 && <Section title="Push an image">{instructions}</Section>}
    </>
  );
}
