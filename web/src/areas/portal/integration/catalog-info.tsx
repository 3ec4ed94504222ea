/** The listing, beside how customers will see it. */
export function CatalogInfo() {
  return null
}
