/** One public entry. */
export function CatalogEntry() {
  return null
}
