import { Empty, LinkButton, PageHeader } from "@homeport/ui";
import { Layers, Plus } from "@homeport/ui/icons";
import type { ReactNode } from "react";

export function EmptyPage(): ReactNode {
  return (
    <>
      <PageHeader title="Projects" description="What belongs together: its services, variables and environments." />
      <Empty
        title="No projects yet"
        icon={<Layers aria-hidden />}
        cli="homeport deploy . --project shop --service api"
        action={
          <LinkButton href="/forms" variant="primary" icon={<Plus aria-hidden />}>
            New project
          </LinkButton>
        }
      >
        A project holds the services that you deploy. The first one takes a minute.
      </Empty>
    </>
  );
}
