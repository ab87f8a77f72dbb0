/** Components for pages and islands. None of them needs a browser, and none loads a library that is only used in some places. */
export { Alert, type AlertProps } from "./components/alert.tsx";
export { Badge, type BadgeProps } from "./components/badge.tsx";
export {
  Button,
  type ButtonProps,
  LinkButton,
  type LinkButtonProps,
  SubmitButton,
  type SubmitButtonProps,
} from "./components/button.tsx";
export type { ButtonSize, ButtonVariant } from "./components/button-look.ts";
export { Card, CardGrid, type CardProps } from "./components/card.tsx";
export { CodeBlock, CommandLine } from "./components/code.tsx";
export { CopyChip, type CopyChipProps } from "./components/copy-chip.tsx";
export { Empty, type EmptyProps } from "./components/empty.tsx";
export { ErrorState, type ErrorStateProps } from "./components/error-state.tsx";
export { type ControlProps, Field, type FieldLabels, fieldId } from "./components/field.tsx";
export {
  CheckboxField,
  type CheckboxFieldProps,
  SelectField,
  type SelectFieldProps,
  type SelectOption,
  TextAreaField,
  type TextAreaFieldProps,
  TextField,
  type TextFieldProps,
} from "./components/fields.tsx";
export { type FieldErrors, Form, FormActions, type FormProps, InlineForm } from "./components/form.tsx";
export { FormColumn } from "./components/form-column.tsx";
export { KeyValue, type KeyValueProps, Secret } from "./components/key-value.tsx";
export { OneTimeSecret, type OneTimeSecretProps } from "./components/one-time-secret.tsx";
export { Breadcrumbs, type Crumb, PageHeader, type PageHeaderProps } from "./components/page-header.tsx";
export { Pagination, type PaginationProps } from "./components/pagination.tsx";
export { RowActions } from "./components/row-actions.tsx";
export { Section, type SectionProps } from "./components/section.tsx";
export { Skeleton, type SkeletonProps } from "./components/skeleton.tsx";
export { type DeploymentStatus, type ReplicaStatus, type Status, StatusPill } from "./components/status-pill.tsx";
export { type Column, Table, type TableProps } from "./components/table.tsx";
export { type TabItem, Tabs } from "./components/tabs.tsx";
export { Duration, formatDuration, Time, type TimeProps } from "./components/time.tsx";
export type { Tone } from "./components/tone.ts";
export { counted } from "./count.ts";
