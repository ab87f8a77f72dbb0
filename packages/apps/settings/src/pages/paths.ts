/** Every address of this app's pages; nothing else builds one. */
export const paths = {
  /** With an app's id: where its settings are on the page. */
  settings: (app?: string) => (app === undefined ? "/admin/settings" : `/admin/settings#${app}`),
  values: () => "/admin/settings/values",
  reset: () => "/admin/settings/reset",
  transfer: () => "/admin/settings/transfer",
  exportFile: () => "/admin/settings/transfer/export",
  keys: () => "/admin/settings/keys",
  rotateKey: () => "/admin/settings/keys/rotate",
  /** A page of the auth app. */
  auditLog: () => "/admin/audit",
  removeKey: (id: number) => `/admin/settings/keys/${id}/remove`,
};
