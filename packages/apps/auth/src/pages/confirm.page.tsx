import type { FormErrors } from "@homeport/kit/form.ts";
import { Form, FormActions, LinkButton, PageHeader, SubmitButton, TextField } from "@homeport/ui";

type Props = {
  title: string;
  /** What will happen, and what cannot be undone. */
  body: string;
  action: string;
  /** What must be typed; a press is enough without. */
  typed?: string | undefined;
  confirmLabel: string;
  back: string;
  errors?: FormErrors | undefined;
};

/** A question that the server asks, where a button's own dialog did not. */
export const ConfirmPage = ({ title, body, action, typed, confirmLabel, back, errors }: Props) => (
  <>
    <PageHeader title={title} description={body} />
    <div className="max-w-xl">
      <Form action={action} errors={errors} hidden={typed === undefined ? { confirm: "yes" } : {}}>
        {typed === undefined ? null : (
          <TextField
            name="confirm"
            label="To confirm"
            hint={`Type ${typed}.`}
            mono
            autoComplete="off"
            maxLength={254}
          />
        )}
        <FormActions>
          <SubmitButton variant="danger">{confirmLabel}</SubmitButton>
          <LinkButton href={back}>Keep it</LinkButton>
        </FormActions>
      </Form>
    </div>
  </>
);
