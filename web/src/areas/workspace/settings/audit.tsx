/** What was changed, and by whom. */
export function WorkspaceAudit() {
  return null
}
