/** The catalog, to add from. */
export function WorkspaceCatalog() {
  return null
}
