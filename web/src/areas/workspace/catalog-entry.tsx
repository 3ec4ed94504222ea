/** One entry of the catalog, to add it. */
export function WorkspaceCatalogEntry() {
  return null
}
