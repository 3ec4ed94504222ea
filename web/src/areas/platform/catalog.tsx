/** Every listing, and what may be done with it. */
export function ManageCatalog() {
  return null
}
