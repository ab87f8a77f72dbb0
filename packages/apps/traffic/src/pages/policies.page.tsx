import type { FormErrors } from "@homeport/kit/form.ts";
import { PLATFORM_POLICY } from "@homeport/kit/registry/policy.ts";
import { Badge, Empty, Form, Section, SubmitButton, Table, TextField, Time } from "@homeport/ui";
import { describePolicy, type Policy } from "../policy.ts";
import { Frame } from "./frame.tsx";
import { paths } from "./paths.ts";

type Props = {
  policies: readonly Policy[];
  nextHref: string | null;
  now: Date;
  values: Record<string, string>;
  errors?: FormErrors | undefined;
};

export const PoliciesPage = ({ policies, nextHref, now, values, errors }: Props) => (
  <Frame
    tab="policies"
    description="What gateways do with requests of a host besides passing them on: redirects, access, maintenance, limits."
  >
    <Table
      caption="Policies"
      rows={policies}
      rowKey={({ host }) => host}
      rowHref={({ host }) => paths.policy(host)}
      empty={
        <Empty title="No policies yet">
          Every request is passed on as it comes. Name a host below to change that for it.
        </Empty>
      }
      columns={[
        { id: "host", header: "Host", cell: ({ host }) => host },
        { id: "does", header: "Does", cell: ({ policy }) => <Effects effects={describePolicy(policy)} /> },
        { id: "by", header: "Changed by", cell: ({ updatedBy }) => updatedBy.name },
        { id: "when", header: "Changed", cell: ({ updatedAt }) => <Time at={updatedAt} now={now} />, nowrap: true },
      ]}
    />
    {nextHref === null ? null : (
      <p className="pt-3">
        <a href={nextHref} className="underline">
          More policies
        </a>
      </p>
    )}
    <div className="mt-8 max-w-xl">
      <Section title="Set up a host">
        <Form method="get" action={paths.policies()} values={values} errors={errors}>
          <TextField
            name="host"
            label="Host"
            mono
            maxLength={260}
            hint={`A name such as shop.example; *.shop.example for every name with one label more; ${PLATFORM_POLICY} for the platform's own pages.`}
          />
          <div>
            <SubmitButton variant="secondary">Open its policy</SubmitButton>
          </div>
        </Form>
      </Section>
    </div>
  </Frame>
);

const Effects = ({ effects }: { effects: string[] }) =>
  effects.length === 0 ? (
    <span className="text-faint">nothing</span>
  ) : (
    <span className="inline-flex flex-wrap gap-1">
      {effects.map((effect) => (
        <Badge key={effect} tone={effect === "maintenance" ? "warning" : "neutral"}>
          {effect}
        </Badge>
      ))}
    </span>
  );
