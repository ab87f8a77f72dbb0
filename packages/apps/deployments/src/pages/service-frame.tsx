import { InlineForm, LinkButton, PageHeader, StatusPill, SubmitButton, Tabs } from "@homeport/ui";
import type { ReactNode } from "react";
import { canCancel, type Deployment, isFinal } from "../deployment.ts";
import type { Service } from "../service.ts";
import LiveRefresh from "./live-refresh.island.tsx";
import { paths } from "./paths.ts";

export type ServiceView = {
  service: Service;
  latest: Deployment | null;
  /** Null for a database, which is reached within its project only. */
  url: string | null;
  /** Why the caller may not do something to the service; undefined when they may. */
  reasonAgainst: (action: string) => string | undefined;
};

type Tab = "overview" | "releases" | "variables" | "logs" | "settings";

const TABS: { id: Tab; label: string; href: (project: string, service: string) => string }[] = [
  { id: "overview", label: "Overview", href: paths.service },
  { id: "logs", label: "Logs", href: paths.logs },
  { id: "releases", label: "Releases", href: paths.releases },
  { id: "variables", label: "Variables", href: paths.variables },
  { id: "settings", label: "Settings", href: paths.settings },
];

/** What every page of a service has around it: name, state, address, the deploy button, tabs. */
export const ServiceFrame = ({ view, tab, children }: { view: ServiceView; tab: Tab; children: ReactNode }) => {
  const { service, latest, url, reasonAgainst } = view;
  const { projectSlug: project, slug } = service;
  const busy = latest !== null && !isFinal(latest.state);
  return (
    <>
      <LiveRefresh types={["deployments.*"]} serviceId={service.id} />
      <PageHeader
        title={slug}
        breadcrumbs={[
          { label: "Projects", href: paths.projects() },
          { label: project, href: paths.project(project) },
          { label: slug },
        ]}
        status={latest === null ? undefined : <StatusPill state={latest.state} />}
        description={service.currentReleaseId === null ? "Nothing is live yet." : url && <a href={url}>{url}</a>}
        actions={
          <>
            {service.currentReleaseId === null || url === null ? null : (
              <LinkButton href={url} variant="secondary">
                Open
              </LinkButton>
            )}
            {busy && canCancel(latest) ? (
              <InlineForm action={`${paths.deployment(project, slug, latest.id)}/cancel`}>
                <SubmitButton
                  variant="secondary"
                  pendingLabel="Stopping…"
                  disabledReason={reasonAgainst("deployment:cancel")}
                >
                  Cancel deployment
                </SubmitButton>
              </InlineForm>
            ) : null}
            <InlineForm action={`${paths.service(project, slug)}/deploy`}>
              <SubmitButton
                pendingLabel="Deploying…"
                disabledReason={
                  reasonAgainst("deployment:create") ??
                  (service.source.kind === "upload"
                    ? "This service is deployed from folders, with the command line."
                    : undefined)
                }
              >
                Deploy
              </SubmitButton>
            </InlineForm>
          </>
        }
      />
      <Tabs
        label={`Pages of ${slug}`}
        items={TABS.map(({ id, label, href }) => ({
          label,
          href: href(project, slug),
          current: id === tab,
          disabledReason: id === "settings" ? reasonAgainst("service:update") : undefined,
        }))}
      />
      <div className="grid gap-6">{children}</div>
    </>
  );
};
