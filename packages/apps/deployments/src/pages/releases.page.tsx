import { CopyChip, Empty, InlineForm, StatusPill, SubmitButton, Table, Time } from "@homeport/ui";
import { digestOf, type Release } from "../release.ts";
import { paths } from "./paths.ts";
import { ServiceFrame, type ServiceView } from "./service-frame.tsx";

/** Every release; each that was live once can be again while it is kept. */
export const ReleasesPage = ({
  view,
  releases,
  next,
}: {
  view: ServiceView;
  releases: Release[];
  next: string | null;
}) => {
  const { projectSlug, slug } = view.service;
  return (
    <ServiceFrame view={view} tab="releases">
      <Table
        caption="Releases"
        rows={releases}
        rowKey={(release) => release.id}
        empty={
          <Empty title="No releases yet" cli={`homeport deploy --project ${projectSlug} --service ${slug}`}>
            Each deployment that is built makes one.
          </Empty>
        }
        columns={[
          { id: "number", header: "Release", cell: (release) => release.number },
          { id: "state", header: "State", cell: (release) => <ReleaseState state={release.state} /> },
          { id: "image", header: "Image", cell: (release) => <ImageText release={release} /> },
          {
            id: "commit",
            header: "Commit",
            cell: (release) => release.source.commitMessage ?? release.source.commit?.slice(0, 10) ?? "",
          },
          { id: "made", header: "Made", cell: (release) => <Time at={release.createdAt} /> },
          {
            id: "rollback",
            header: "Actions",
            hideHeader: true,
            align: "end",
            cell: (release) =>
              release.collectedAt !== null ? (
                "Not kept any more"
              ) : release.state === "superseded" ? (
                <InlineForm
                  action={`${paths.service(projectSlug, slug)}/rollback`}
                  hidden={{ to: String(release.number) }}
                >
                  <SubmitButton
                    variant="secondary"
                    pendingLabel="Rolling back…"
                    disabledReason={view.reasonAgainst("release:rollback")}
                  >
                    Roll back to {release.number}
                  </SubmitButton>
                </InlineForm>
              ) : null,
          },
        ]}
      />
      {next === null ? null : <a href={`?before=${next}`}>Older releases</a>}
    </ServiceFrame>
  );
};

const ReleaseState = ({ state }: { state: Release["state"] }) =>
  state === "pending" ? <StatusPill state="rolling_out" /> : <StatusPill state={state} />;

const ImageText = ({ release }: { release: Release }) => {
  const digest = digestOf(release.image);
  if (digest !== null) return <CopyChip value={digest} label="image digest" short={19} />;
  return <span className="break-all">{"reference" in release.image ? release.image.reference : ""}</span>;
};
