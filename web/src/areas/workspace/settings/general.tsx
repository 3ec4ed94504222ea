/** Name, slug, id, deletion. */
export function WorkspaceGeneral() {
  return null
}
